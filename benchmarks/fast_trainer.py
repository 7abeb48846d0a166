"""The reference trainer, faster, on any backend, and with what long runs need: what the benchmarks run."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Distribution

import rlhelpers
from benchmarks.clipped_normal import count_clipped
from benchmarks.recipe import ENV_ID
from solutions.ppo import Experience, PPOTrainer, make_env

ADDED = ("clipped_probabilities", "max_deviation", "rates")  # settings that change what is learned


class FastRewardScaler:
    """The reference's ``RewardScaler`` in NumPy: with so few numbers it is PyTorch's calls that take the time."""

    def __init__(self, num_envs: int, gamma: float) -> None:
        self.gamma = gamma
        self.returns = np.zeros(num_envs)
        self.mean, self.variance, self.count = 0.0, 1.0, 0

    def __call__(self, rewards: np.ndarray, dones: np.ndarray) -> np.ndarray:
        """Returns one step's rewards [B], scaled; ``dones`` [B] says which episodes ended with it."""
        self.returns = self.gamma * self.returns + rewards
        new, total = len(rewards), self.count + len(rewards)
        mean = self.returns.mean()
        shift, apart = mean - self.mean, self.returns - mean
        spread = self.variance * self.count + apart @ apart + shift**2 * self.count * new / total
        self.mean, self.variance, self.count = self.mean + shift * new / total, spread / total, total
        self.returns[dones] = 0.0
        scaled: np.ndarray = rewards / np.sqrt(self.variance + 1e-8)
        return scaled


@contextmanager
def unvalidated() -> Iterator[None]:
    """PyTorch's distributions do not look at their arguments in here: it takes as long as to compute with them."""
    Distribution.set_default_validate_args(False)
    try:
        yield
    finally:
        Distribution.set_default_validate_args(__debug__)  # PyTorch's default


class FastTrainer(PPOTrainer):
    """The reference on a backend and a device of one's choice; what it collects is the same, but for rounding.

    Unless settings ask for more: with those in ``ADDED`` it learns better in long runs.

    While the environments wait it chooses actions and little else: values and log-probabilities, which nothing needs
    before the update, come once for a whole rollout, but for values where an episode was cut off. It acts on the CPU,
    where the environments are, with a copy of the network if that is elsewhere: a rollout costs a copy of the weights
    to here and one of the experience back, nothing for each step. What a step brings goes straight to the rollout's
    storage. Adam is PyTorch's fused one.

    Args:
        backend: See ``rlhelpers.make_vec_env``.
        seed: Seed of everything.
        settings: Arguments of ``PPOTrainer``, and any of these: ``staggered_over``, see ``rlhelpers.make_vec_env``;
            ``clipped_probabilities``, whether actions count as the environment sees them (``ClippedNormal``);
            ``max_deviation``, a bound of the policy's standard deviations, kept by every step of the optimizer;
            ``rates``, pairs of a share of all transitions and a share of the learning rate, linear in between, in
            place of a fall from 1 to 0.
        device: Where the network learns.
    """

    def __init__(self, backend: Any, seed: int, settings: dict[str, Any], device: str = "cpu") -> None:
        given = dict(settings)
        staggered_over, self.rates = given.pop("staggered_over", 0), given.pop("rates", None)
        clipped_probabilities = given.pop("clipped_probabilities", False)
        self.max_deviation = given.pop("max_deviation", None)
        super().__init__(ENV_ID, seed=seed, device=device, **given)
        self.envs.close()
        self.envs = rlhelpers.make_vec_env(
            partial(make_env, ENV_ID),
            self.num_vec_envs,
            autoreset_mode="same_step",
            backend=backend,
            staggered_over=staggered_over,
        )
        if self.reward_scaler is not None:
            self.reward_scaler = FastRewardScaler(self.num_vec_envs, self.gamma)  # type: ignore[assignment]
        self.optimizer = torch.optim.Adam(self.actor.parameters(), lr=self.learning_rate, eps=1e-5, fused=True)
        if clipped_probabilities:
            count_clipped(self.actor)
        self.obs = self.to_tensor(self.envs.reset(seed=seed)[0])

    def to_tensor(self, array: np.ndarray) -> Tensor:
        """The array itself, without a copy and without a cast: both come when it is stored."""
        return torch.as_tensor(array)

    @unvalidated()
    @torch.no_grad()
    def collect(self) -> Experience:
        """See ``PPOTrainer.collect``; first the round's learning rate is set, where ``rates`` say which."""
        if self.rates is not None:
            share = self.num_transitions / self.total_timesteps
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * float(np.interp(share, *np.array(self.rates).T))
        steps, envs = self.num_env_steps, self.num_vec_envs
        actor = self.actor if self.device.type == "cpu" else copy.deepcopy(self.actor).cpu()
        observations, actions = torch.empty(steps + 1, envs, self.obs_dim), torch.empty(steps, envs, self.action_dim)
        rewards, dones = torch.empty(2, steps, envs)
        observations[0] = self.obs
        for t in range(steps):
            dist: Any = actor.get_action_dist(observations[t])  # its methods have no types
            actions[t] = dist.sample()
            obs, reward, terminated, truncated, infos = self.envs.step(actions[t].numpy())
            observations[t + 1] = self.to_tensor(obs)
            rewards[t] = self.record_step(reward, terminated | truncated)
            dones[t] = self.to_tensor(terminated | truncated)
            cut = truncated & ~terminated
            if cut.any():
                final_values = actor.get_value(torch.tensor(np.stack(infos["final_obs"][cut]), dtype=torch.float32))
                rewards[t, torch.as_tensor(cut)] += self.gamma * final_values
        self.obs = observations[steps]
        dist = actor.get_action_dist(observations[:-1])
        log_probs, values = dist.log_prob(actions).sum(-1), actor.get_value(observations)
        collected = (observations[:-1], actions, log_probs, rewards, dones, values)
        return Experience(*(each.to(self.device) for each in collected))

    @unvalidated()
    def update_epochs(self, *rollout: Tensor) -> None:
        """See ``PPOTrainer.update_epochs``; standard deviations are bounded after every step of the optimizer."""

        @torch.no_grad()
        def bound(*_: Any) -> None:
            self.actor.log_std.clamp_(max=float(np.log(self.max_deviation)))

        with self.optimizer.register_step_post_hook(bound) if self.max_deviation is not None else nullcontext():
            super().update_epochs(*rollout)
