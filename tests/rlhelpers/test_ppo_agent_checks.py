"""The visible checks of networks, environments and trainer tell right implementations from wrong ones."""

import gymnasium as gym
import numpy as np
import pytest
import torch

from rlhelpers.inline_checks import run_checks
from solutions import ppo


def table(exercise, solved, implementation):
    return run_checks("ppo", exercise, solved | {exercise: implementation})


# Actor


def test_wrong_actors_are_seen(solved):
    class ColumnOfValues(ppo.Actor):
        def get_value(self, obs):
            return super().get_value(obs).unsqueeze(-1)

    class LosesTheBatch(ppo.Actor):
        def get_value(self, obs):
            return super().get_value(obs).squeeze()

    class AlwaysGreedy(ppo.Actor):
        def get_action(self, obs, greedy=False):
            return super().get_action(obs, greedy=True)

    class NeverGreedy(ppo.Actor):
        def get_action(self, obs, greedy=False):
            return super().get_action(obs)

    class FixedNoise(ppo.Actor):
        def get_action_dist(self, obs):
            return torch.distributions.Normal(super().get_action_dist(obs).mean, 0.3)

    class FixedWidth(ppo.Actor):
        def __init__(self, obs_dim, action_dim, hidden_dim):
            super().__init__(obs_dim, action_dim, 8)

    class NoiseOfTheState(ppo.Actor):
        def get_action_dist(self, obs):
            dist = super().get_action_dist(obs)
            return torch.distributions.Normal(dist.mean, dist.stddev * (1 + obs[:, :1] ** 2))

    class WithGradient(ppo.Actor):
        def get_action(self, obs, greedy=False):
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.rsample()

    wrong = (
        ColumnOfValues, LosesTheBatch, AlwaysGreedy, NeverGreedy, FixedNoise, FixedWidth, NoiseOfTheState, WithGradient,
    )  # fmt: skip
    assert [actor.__name__ for actor in wrong if table("Actor", solved, actor).passed] == []


def test_a_plain_actor_without_normalisation_is_right(solved, monkeypatch):
    class Plain(ppo.Actor):
        def __init__(self, obs_dim, action_dim, hidden_dim):
            super().__init__(obs_dim, action_dim, hidden_dim)
            self.normalise = torch.nn.Identity()  # type: ignore[assignment]

    monkeypatch.setattr(ppo, "Actor", Plain)  # the trainer makes it by this name
    assert table("Actor", solved, Plain).passed
    assert table("PPOTrainer", solved, ppo.PPOTrainer).passed


# Environments


@pytest.mark.parametrize(
    ("wrong", "rows"),
    [
        (lambda env_id, render_mode=None: gym.make(env_id, render_mode=render_mode), [0]),
        (lambda env_id, render_mode=None: gym.wrappers.ClipAction(gym.make(env_id)), [2]),
        (
            lambda env_id, render_mode=None: gym.wrappers.RescaleAction(
                gym.make(env_id, render_mode=render_mode), np.float32(-1), np.float32(1)
            ),
            [0, 1],
        ),
    ],
)
def test_wrong_environments_are_seen(wrong, rows, solved):
    outcome = table("make_env", solved, wrong)
    assert [number for number, row in enumerate(outcome.rows) if row.verdict != "passed"] == rows


def play(env, actor, seed, device, greedy=True, last=True, stop_at=("terminated", "truncated")):
    obs, _ = env.reset(seed=seed)
    total = 0.0
    for _ in range(10):
        action = actor.get_action(torch.as_tensor(obs)[None], greedy=greedy)[0].numpy()
        obs, reward, terminated, truncated, _ = env.step(action)
        over = {"terminated": terminated, "truncated": truncated}
        done = any(over[name] for name in stop_at)
        total += reward if last or not done else 0.0
        if done:
            break
    return total


@pytest.mark.parametrize(
    "mistake",
    [{}, {"greedy": False}, {"last": False}, {"stop_at": ["terminated"]}, {"stop_at": ["truncated"]}],
)
def test_wrong_rollouts_are_seen(mistake, solved):
    assert table("rollout", solved, lambda *args: play(*args, **mistake)).passed == (mistake == {})


def test_wrong_evaluations_are_seen(solved):
    right = solved["evaluate"]

    def same_seed(actor, num_episodes, seed, device, env_id):
        return np.concatenate([right(actor, 1, seed, device, env_id) for _ in range(num_episodes)])

    def mean(actor, num_episodes, seed, device, env_id):
        return right(actor, num_episodes, seed, device, env_id).mean()

    def plain_list(actor, num_episodes, seed, device, env_id):
        return list(right(actor, num_episodes, seed, device, env_id))

    assert [wrong for wrong in (same_seed, mean, plain_list) if table("evaluate", solved, wrong).passed] == []


# Trainer


def test_wrong_trainers_are_seen(solved):
    class TruncationCut(ppo.PPOTrainer):
        def collect(self):
            experience = super().collect()
            return experience._replace(rewards=torch.ones_like(experience.rewards))

    class LeakingEpisodes(ppo.PPOTrainer):
        def collect(self):
            experience = super().collect()
            return experience._replace(dones=torch.zeros_like(experience.dones))

    class StepsOfOneEnvironment(ppo.PPOTrainer):
        def learn(self):
            self.total_timesteps *= self.num_vec_envs
            return super().learn()

    class NoResult(ppo.PPOTrainer):
        def learn(self):
            super().learn()

    class NoUpdate(ppo.PPOTrainer):
        def update_epochs(self, observations, actions, log_probs, returns, advantages):
            pass

    class WorseActions(ppo.PPOTrainer):
        def update_epochs(self, observations, actions, log_probs, returns, advantages):
            super().update_epochs(observations, actions, log_probs, returns, -advantages)

    class NormalisesInPlace(ppo.PPOTrainer):
        def update_epochs(self, observations, actions, log_probs, returns, advantages):
            advantages -= advantages.mean()
            super().update_epochs(observations, actions, log_probs, returns, advantages)

    class RawAdvantages(ppo.PPOTrainer):
        def update_epochs(self, observations, actions, log_probs, returns, advantages):
            for _ in range(self.num_update_epochs):
                dist, values = self.actor(observations)
                loss = ppo.actor_loss(dist.log_prob(actions).sum(-1), log_probs, advantages, self.eps)
                self.optimizer.zero_grad()
                (loss + ppo.critic_loss(returns, values)).backward()
                self.optimizer.step()

    wrong = (
        TruncationCut, LeakingEpisodes, StepsOfOneEnvironment, NoResult, NoUpdate, WorseActions, NormalisesInPlace,
        RawAdvantages,
    )  # fmt: skip
    assert [trainer.__name__ for trainer in wrong if table("PPOTrainer", solved, trainer).passed] == []
