"""Staggered starts: first episodes cut one copy after the other, on both backends."""

from functools import partial

import gymnasium as gym
import numpy as np
import pytest

from rlhelpers import make_vec_env
from solutions.ppo import PPOTrainer, make_env

LIMIT = 20


class Counting(gym.Env):
    """Observes the number of its episode and of the step in it; terminates after ``length`` steps."""

    observation_space = gym.spaces.Box(0.0, 99.0, (2,))
    action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, length=LIMIT):
        self.length, self.episode = length, 0

    def reset(self, *, seed=None, options=None):
        self.episode, self.steps = self.episode + 1, 0
        return self._observe(), {"first": True}

    def step(self, action):
        self.steps += 1
        return self._observe(), 1.0, self.steps == self.length, False, {"first": False}

    def _observe(self):
        return np.array([self.episode, self.steps], np.float32)


def cheetah():
    return gym.wrappers.ClipAction(gym.make("HalfCheetah-v5", max_episode_steps=LIMIT))


def ends(envs, steps):
    """In which steps the episodes of each copy ended, for either reason."""
    zeros = np.zeros(envs.action_space.shape, np.float32)
    found: list[list[int]] = [[] for _ in range(envs.num_envs)]
    for step in range(1, steps + 1):
        _, _, terminated, truncated, infos = envs.step(zeros)
        ended = terminated | truncated
        assert ended.any() == ("final_obs" in infos)
        if ended.any():
            assert [final is not None for final in infos["final_obs"]] == ended.tolist()
            assert infos["_final_obs"].tolist() == ended.tolist()
        for copy in np.flatnonzero(ended):
            found[copy].append(step)
    return found


@pytest.mark.parametrize("backend", ["sync", "mujoco"])
def test_first_episodes_are_cut_evenly_and_later_ones_have_their_full_length(backend):
    envs = make_vec_env(cheetah, 4, autoreset_mode="same_step", backend=backend, staggered_over=LIMIT)
    for seed in (0, None):  # a reset begins anew
        envs.reset(seed=seed)
        assert ends(envs, 60) == [[20, 40, 60], [5, 25, 45], [10, 30, 50], [15, 35, 55]]
    envs.close()


@pytest.mark.parametrize("backend", ["sync", "mujoco"])
def test_the_last_observation_is_the_old_episodes_and_the_next_one_a_first(backend):
    envs = make_vec_env(cheetah, 2, autoreset_mode="same_step", backend=backend, staggered_over=LIMIT)
    alone = make_vec_env(cheetah, 2, autoreset_mode="same_step", backend=backend)
    envs.reset(seed=5)
    alone.reset(seed=5)
    for _ in range(LIMIT // 2):
        expected, *_ = alone.step(np.ones((2, 6), np.float32))
        observations, _, terminated, truncated, infos = envs.step(np.ones((2, 6), np.float32))
    assert (terminated.tolist(), truncated.tolist()) == ([False, False], [False, True])
    np.testing.assert_array_equal(infos["final_obs"][1], expected[1])
    assert infos["final_obs"][0] is None
    np.testing.assert_array_equal(observations[0], expected[0])  # the other goes on as if nothing were
    assert abs(observations[1, :8]).max() <= 0.1 < abs(expected[1, :8]).max()  # HalfCheetah starts within 0.1
    envs.close()
    alone.close()


def test_copies_that_ended_by_themselves_are_not_cut():
    envs = make_vec_env(partial(Counting, 3), 4, autoreset_mode="same_step", staggered_over=LIMIT)
    envs.reset(seed=0)
    assert ends(envs, 9) == [[3, 6, 9]] * 4
    envs = make_vec_env(partial(Counting, 7), 4, autoreset_mode="same_step", staggered_over=LIMIT)
    envs.reset(seed=0)
    assert ends(envs, 14) == [[7, 14], [5, 12], [7, 14], [7, 14]]


def test_a_copy_that_its_user_resets_is_not_cut_in_the_new_episode():
    envs = make_vec_env(Counting, 2, autoreset_mode="same_step", staggered_over=LIMIT)
    envs.reset(seed=0)
    envs.step(np.zeros((2, 1), np.float32))
    observations, _ = envs.reset(options={"reset_mask": np.array([False, True])})
    assert observations.tolist() == [[1, 1], [2, 0]]
    assert ends(envs, 19) == [[19], []]


def test_more_copies_than_steps_share_their_cuts():
    envs = make_vec_env(Counting, 5, autoreset_mode="same_step", staggered_over=2)
    envs.reset(seed=0)
    assert ends(envs, 2) == [[], [], [], [1], [1]]


def test_the_trainer_bootstraps_what_was_cut(monkeypatch):
    trainer = PPOTrainer("HalfCheetah-v5", 0, 4, 10, 1, 16, 0.9, 0.2, scale_rewards=False)
    trainer.envs.close()
    trainer.envs = make_vec_env(partial(make_env, "HalfCheetah-v5"), 4, autoreset_mode="same_step", staggered_over=8)
    trainer.obs = trainer.to_tensor(trainer.envs.reset(seed=0)[0])
    monkeypatch.setattr(trainer.actor, "get_value", lambda obs: obs.new_full((len(obs),), 1e6))
    _, _, _, rewards, dones, _ = trainer.collect()
    assert dones.nonzero().tolist() == [[1, 1], [3, 2], [5, 3]]
    assert ((rewards > 8e5) == (dones == 1)).all()


def test_what_cannot_be_staggered_is_refused():
    with pytest.raises(ValueError, match="expected 0 or a number of steps, received -1"):
        make_vec_env(Counting, 2, autoreset_mode="same_step", staggered_over=-1)
    with pytest.raises(ValueError, match="expected one of same_step, received 'next_step'"):
        make_vec_env(Counting, 2, autoreset_mode="next_step", staggered_over=5)
