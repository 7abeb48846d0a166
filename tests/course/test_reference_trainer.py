"""The reference PPOTrainer, on environments whose right answers are known."""

import math
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from torch import nn

from solutions import ppo

TINY = "Tiny-v0"


class Corridor(gym.Env):
    """Episodes of two steps with rewards 1 and 2; the last observation is far from any first one."""

    observation_space = gym.spaces.Box(-np.inf, np.inf, (1,))
    action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, ending: str, render_mode: str | None = None) -> None:
        self.ends = ("terminated" in ending, "truncated" in ending)

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        self.position = 0.0
        return self.observe(), {}

    def step(self, action: Any) -> Any:
        self.position += 1.0
        over = self.position == 2.0
        return self.observe(), self.position, over and self.ends[0], over and self.ends[1], {}

    def observe(self):
        return np.array([self.position], np.float32)


class Target(gym.Env):
    """One step: the nearer the action to 0.7, the better."""

    observation_space = gym.spaces.Box(-1.0, 1.0, (1,))
    action_space = gym.spaces.Box(-1.0, 1.0, (1,))

    def __init__(self, render_mode: str | None = None) -> None:
        pass

    def reset(self, *, seed: int | None = None, options: Any = None) -> Any:
        return np.zeros(1, np.float32), {}

    def step(self, action: Any) -> Any:
        return np.zeros(1, np.float32), -float((action[0] - 0.7) ** 2), True, False, {}


class PlainActor(nn.Module):
    """As a student might write it: no normalisation, no given layers."""

    def __init__(self, obs_dim, action_dim, hidden_dim):
        super().__init__()
        self.mean = nn.Linear(obs_dim, action_dim)
        self.value = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, 1))
        self.log_std = nn.Parameter(torch.zeros(action_dim))

    def get_action_dist(self, obs):
        return torch.distributions.Normal(self.mean(obs), self.log_std.exp().expand(len(obs), -1))

    def get_value(self, obs):
        return self.value(obs)[:, 0]

    def forward(self, obs):
        return self.get_action_dist(obs), self.get_value(obs)

    @torch.no_grad()
    def get_action(self, obs, greedy=False):
        dist = self.get_action_dist(obs)
        return dist.mean if greedy else dist.sample()


def make_trainer(factory, *, steps=6, envs=2, rollouts=1, environment=None, **kwargs):
    gym.register(TINY, entry_point=factory, kwargs=environment, disable_env_checker=True)
    settings: dict[str, Any] = {"scale_rewards": False, **kwargs}
    try:
        return ppo.PPOTrainer(TINY, rollouts * steps * envs, envs, steps, 4, 16, 0.5, 0.2, **settings)
    finally:
        gym.registry.pop(TINY)


def value_at(trainer, position):
    with torch.no_grad():
        return trainer.actor.get_value(torch.tensor([[position]])).item()


def collected(trainer):
    """A rollout of which each environment has played three episodes."""
    for name, parameter in trainer.actor.named_parameters():
        if name.startswith("value"):
            nn.init.normal_(parameter)  # so that the values of different positions differ
    return trainer.collect()


def test_truncation_bootstraps_from_the_final_observation():
    learner = make_trainer(Corridor, environment={"ending": "truncated"})
    experience = collected(learner)
    last_reward = 2.0 + 0.5 * value_at(learner, 2.0)
    assert abs(value_at(learner, 2.0) - value_at(learner, 0.0)) > 1e-3
    torch.testing.assert_close(experience.rewards, torch.tensor([[1.0] * 2, [last_reward] * 2] * 3))
    assert experience.dones.tolist() == [[0.0] * 2, [1.0] * 2] * 3


@pytest.mark.parametrize("ending", ["terminated", "terminated and truncated"])
def test_termination_does_not_bootstrap(ending):
    experience = collected(make_trainer(Corridor, environment={"ending": ending}))
    assert experience.rewards.tolist() == [[1.0] * 2, [2.0] * 2] * 3
    assert experience.dones.tolist() == [[0.0] * 2, [1.0] * 2] * 3


def test_a_rollout_holds_what_the_policy_saw_did_and_thought():
    learner = make_trainer(Corridor, steps=5, environment={"ending": "terminated"})
    experience = collected(learner)
    assert experience.observations[..., 0].tolist() == [[0.0] * 2, [1.0] * 2, [0.0] * 2, [1.0] * 2, [0.0] * 2]
    dist, values = learner.actor(experience.observations.flatten(0, 1))
    log_probs = dist.log_prob(experience.actions.flatten(0, 1)).sum(-1)
    torch.testing.assert_close(experience.log_probs.flatten(), log_probs.detach())
    torch.testing.assert_close(experience.values[:-1].flatten(), values.detach())
    torch.testing.assert_close(experience.values[-1], torch.full((2,), value_at(learner, 1.0)))
    assert learner.history == [(4, 3.0)] * 2 + [(8, 3.0)] * 2
    assert learner.num_transitions == 10


def test_rollouts_go_on_where_the_last_one_ended():
    learner = make_trainer(Corridor, steps=3, environment={"ending": "terminated"})
    learner.collect()
    assert learner.collect().observations[:, 0, 0].tolist() == [1.0, 0.0, 1.0]


def test_scaled_rewards_keep_their_proportions_and_the_history_is_unscaled():
    learner = make_trainer(Corridor, steps=4, environment={"ending": "terminated"}, scale_rewards=True)
    rewards = learner.collect().rewards
    assert bool((rewards > 0).all())
    assert rewards[3, 0] != 2.0
    assert {total for _, total in learner.history} == {3.0}


def weights(learner):
    return torch.cat([parameter.detach().flatten() for parameter in learner.actor.parameters()])


@pytest.mark.parametrize("gae_lambda", [None, 0.95])
def test_one_update_changes_every_layer(gae_lambda):
    learner = make_trainer(Target, gae_lambda=gae_lambda)
    before = {name: parameter.detach().clone() for name, parameter in learner.actor.named_parameters()}
    assert learner.learn() is learner.actor
    # The observation is 0: weights of the first layers cannot learn from it, their biases can.
    unchanged = {name for name, parameter in learner.actor.named_parameters() if parameter.equal(before[name])}
    assert unchanged == {"policy.0.weight", "value.0.weight"}


def test_the_same_seed_gives_the_same_agent_and_another_one_does_not():
    agents = []
    for seed in (3, 3, 4):
        learner = make_trainer(Target, rollouts=2, seed=seed)
        learner.learn()
        agents.append(weights(learner))
    assert agents[0].equal(agents[1])
    assert not agents[0].equal(agents[2])


def test_learning_finds_the_best_action():
    learner = make_trainer(Target, steps=32, envs=4, rollouts=25, learning_rate=1e-2)
    start = learner.actor.get_action(torch.zeros(1, 1), greedy=True).item()
    actor = learner.learn()
    assert abs(start) < 0.1
    assert math.isclose(actor.get_action(torch.zeros(1, 1), greedy=True).item(), 0.7, abs_tol=0.15)
    returns = np.array([episode_return for _, episode_return in learner.history])
    assert returns[-128:].mean() > returns[:128].mean() + 0.2
    assert learner.num_transitions == len(returns) == 25 * 32 * 4


def test_an_actor_without_normalisation_learns_too(monkeypatch):
    monkeypatch.setattr(ppo, "Actor", PlainActor)
    learner = make_trainer(Target, steps=32, envs=4, rollouts=25, learning_rate=1e-2)
    actor = learner.learn()
    assert math.isclose(actor.get_action(torch.zeros(1, 1), greedy=True).item(), 0.7, abs_tol=0.15)


def test_statistics_of_observations_are_updated_after_the_update(monkeypatch):
    learner = make_trainer(Corridor, environment={"ending": "terminated"})
    counts = []
    monkeypatch.setattr(learner, "update_epochs", lambda *batch: counts.append(learner.actor.normalise.count.item()))
    learner.learn()
    assert counts == [0.0]
    assert learner.actor.normalise.count == 12
    torch.testing.assert_close(learner.actor.normalise.mean, torch.tensor([0.5]))


def test_running_statistics_of_parts_are_those_of_the_whole():
    data = torch.randn(50, 3, generator=torch.Generator().manual_seed(0)) * 4 + 7
    norm = ppo.RunningNorm(3)
    assert norm(data).equal(data.clamp(-10, 10))
    for part in data.split([1, 20, 29]):
        norm.update(part)
    torch.testing.assert_close(norm.mean, data.mean(0))
    torch.testing.assert_close(norm.variance, data.var(0, unbiased=False))
