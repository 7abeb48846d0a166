"""MuJoCo's vector environment against Gymnasium's own, step by step."""

from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.envs.mujoco.half_cheetah_v5 import HalfCheetahEnv

from rlhelpers import make_vec_env, mujoco_environments
from rlhelpers.mujoco_environments import MujocoVectorEnv
from solutions.ppo import make_env

STEPS = 30
cheetah = partial(make_env, "HalfCheetah-v5")


@pytest.fixture
def envs():
    made = make_vec_env(cheetah, 3, autoreset_mode="same_step", backend="mujoco")
    yield made
    made.close()


def gymnasiums(make, num_envs):
    return make_vec_env(make, num_envs, autoreset_mode="same_step")


def test_it_is_gymnasiums_even_for_actions_out_of_bounds(envs):
    peers = gymnasiums(cheetah, 3)
    np.testing.assert_array_equal(envs.reset(seed=3)[0], peers.reset(seed=3)[0])
    assert envs.observation_space == peers.observation_space
    assert envs.action_space == peers.action_space
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        actions = rng.uniform(-2.0, 2.0, (3, 6)).astype(np.float32)
        found, expected = envs.step(actions), peers.step(actions)
        for ours, theirs in zip(found[:4], expected[:4], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
            assert ours.dtype == theirs.dtype
        assert found[4] == {}


@pytest.mark.parametrize(
    "arguments",
    [
        {"forward_reward_weight": 2.0, "ctrl_cost_weight": 0.7},
        {"reset_noise_scale": 0.5, "exclude_current_positions_from_observation": False},
        {"frame_skip": 3, "max_episode_steps": 7},
    ],
)
def test_arguments_count_as_gymnasiums_do(arguments):
    def make():
        return gym.make("HalfCheetah-v5", **arguments)

    envs = make_vec_env(make, 2, autoreset_mode="same_step", backend="mujoco")
    peers = gymnasiums(make, 2)
    np.testing.assert_array_equal(envs.reset(seed=0)[0], peers.reset(seed=0)[0])
    for _ in range(10):
        actions = np.full((2, 6), 1.5)
        found, expected = envs.step(actions), peers.step(actions)
        for ours, theirs in zip(found[:4], expected[:4], strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert ("final_obs" in found[4]) == ("final_obs" in expected[4])
        for copy, final in enumerate(expected[4].get("final_obs", ())):
            np.testing.assert_allclose(found[4]["final_obs"][copy], final, atol=1e-5)
    envs.close()


def test_an_episode_is_cut_off_after_a_thousand_steps_and_goes_on_with_the_next_first_observation(envs):
    peers = gymnasiums(cheetah, 3)
    envs.reset(seed=0)
    peers.reset(seed=0)
    for step in range(1, 1001):
        obs, _, terminated, truncated, infos = envs.step(np.ones((3, 6)))
        first, *_ = peers.step(np.ones((3, 6)))
        assert not terminated.any()
        assert truncated.tolist() == [step == 1000] * 3
    final = np.stack(infos["final_obs"])
    assert infos["_final_obs"].all()
    np.testing.assert_array_equal(obs, first)  # each copy goes on with its own random numbers
    assert abs(final[:, :8]).max() > 0.1
    assert not envs.step(np.ones((3, 6)))[3].any()


def test_some_copies_are_reset_without_the_others(envs):
    envs.reset(seed=0)
    for _ in range(20):
        before, *_ = envs.step(np.ones((3, 6)))
    kept = before.copy()
    after, infos = envs.reset(options={"reset_mask": np.array([False, True, False])})
    assert infos == {}
    np.testing.assert_array_equal(after[[0, 2]], kept[[0, 2]])
    assert abs(after[1, :8]).max() <= 0.1 < abs(kept[1, :8]).max()
    np.testing.assert_array_equal(before, kept)  # what was returned before is not written to
    for step in range(21, 1001):
        obs, _, _, truncated, infos = envs.step(np.zeros((3, 6)))
        assert truncated.tolist() == [step == 1000, False, step == 1000]
    assert infos["_final_obs"].tolist() == [True, False, True]
    assert [final is None for final in infos["final_obs"]] == [False, True, False]
    assert abs(obs[:, 8:]).max(1)[1] < 0.05  # copy 1 lies still, where the others have a first state
    assert (abs(obs[[0, 2], 8:]).max(1) > 0.05).all()


def test_seeds_are_those_of_gymnasiums_vector_environments(envs):
    peers = gymnasiums(cheetah, 3)
    for seed in (7, [1, None, 3], None):  # a copy without one goes on with its own numbers
        np.testing.assert_array_equal(envs.reset(seed=seed)[0], peers.reset(seed=seed)[0])
    assert not np.array_equal(envs.reset()[0], envs.reset()[0])
    unseeded = make_vec_env(cheetah, 2, autoreset_mode="same_step", backend="mujoco")
    first, _ = unseeded.reset()
    assert not np.array_equal(first[0], first[1])


def test_a_seed_gives_the_same_episodes_whatever_the_cores(monkeypatch):
    runs = []
    for cores in (1, 2, 3):
        monkeypatch.setattr(mujoco_environments, "_usable_cores", lambda cores=cores: cores)
        envs = MujocoVectorEnv(make_env("HalfCheetah-v5"), 4)
        first, _ = envs.reset(seed=7)
        runs.append([first, *(envs.step(np.full((4, 6), 0.5))[0] for _ in range(5))])
        envs.close()
    np.testing.assert_array_equal(runs[0], runs[1])
    np.testing.assert_array_equal(runs[0], runs[2])


def test_what_is_returned_is_not_written_to_later(envs):
    envs.reset(seed=0)
    for _ in range(1000):
        found = envs.step(np.ones((3, 6)))
    *arrays, infos = found
    arrays += [*infos["final_obs"], infos["_final_obs"]]
    assert not any(np.shares_memory(a, b) for n, a in enumerate(arrays) for b in arrays[:n])
    kept = [each.copy() for each in arrays]
    envs.step(np.ones((3, 6)))
    envs.reset()
    for before, after in zip(kept, arrays, strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_shortest_time_limit_counts():
    def make():
        return gym.wrappers.TimeLimit(gym.make("HalfCheetah-v5", max_episode_steps=3), 5)

    envs = make_vec_env(make, 1, autoreset_mode="same_step", backend="mujoco")
    envs.reset()
    assert [envs.step(np.zeros((1, 6)))[3].item() for _ in range(6)] == [False, False, True] * 2


def test_one_copy_gone_wrong_leaves_the_others_alone(envs):
    """Actions that are no numbers: MuJoCo warns, and leaves the copy where it is."""
    peers = gymnasiums(cheetah, 3)
    envs.reset(seed=0)
    peers.reset(seed=0)
    actions = np.full((3, 6), 0.5)
    expected, *_ = peers.step(actions)
    actions[1] = np.nan
    obs, *_ = envs.step(actions)
    np.testing.assert_allclose(obs[[0, 2]], expected[[0, 2]], atol=1e-5)
    assert np.isfinite(obs).all()


class ClipAction(gym.ActionWrapper):
    """Of somebody else."""

    def action(self, action):
        return action.clip(-0.1, 0.1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: gym.wrappers.NormalizeObservation(gym.make("HalfCheetah-v5")), "received NormalizeObservation"),
        (lambda: ClipAction(gym.make("HalfCheetah-v5")), "but Gymnasium's ClipAction, received ClipAction"),
        (lambda: make_env("Hopper-v5"), r"expected HalfCheetah-v5 made by gym\.make, received Hopper-v5"),
        (HalfCheetahEnv, r"expected HalfCheetah-v5 made by gym\.make, received HalfCheetahEnv"),
        (
            lambda: gym.make("HalfCheetah-v5", render_mode="rgb_array"),
            "expected render_mode None, received 'rgb_array'",
        ),
    ],
)
def test_environments_that_it_cannot_step_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make_vec_env(make, 2, autoreset_mode="same_step", backend="mujoco")


def test_what_it_cannot_do_is_said(envs):
    unknown: Any = "ray"
    with pytest.raises(gym.error.ResetNeeded, match="every copy"):
        envs.step(np.zeros((3, 6)))
    envs.reset(seed=0)
    with pytest.raises(ValueError, match="expected one of same_step, received 'next_step'"):
        make_vec_env(cheetah, 2, autoreset_mode="next_step", backend="mujoco")
    with pytest.raises(ValueError, match="backend: expected one of sync, mujoco"):
        make_vec_env(cheetah, 2, autoreset_mode="same_step", backend=unknown)
    with pytest.raises(ValueError, match=r"expected shape \(3, 6\), received \(6,\)"):
        envs.step(np.zeros(6))
    with pytest.raises(ValueError, match="seed: expected one integer or 3 of them, received 2"):
        envs.reset(seed=[1, 2])
    for mask in (np.array([0, 2]), np.array([True, False])):
        with pytest.raises(ValueError, match="reset_mask: expected a bool for each of 3 copies"):
            envs.reset(options={"reset_mask": mask})
