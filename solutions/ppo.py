# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # PPO on HalfCheetah

# %% tags=["parameters"]
env_id = "HalfCheetah-v5"
total_timesteps = 300_000
num_vec_envs = 8
num_env_steps = 256
num_update_epochs = 10
batch_size = 64
seed = 0
device = "cpu"
num_eval_episodes = 10
video_seconds = 10.0
course_package = ""

# %% locked="setup"
import sys

if "google.colab" in sys.modules:
    from IPython import get_ipython

    get_ipython().run_line_magic("pip", f"install --quiet {course_package}")

# %% locked="imports"
from functools import partial
from typing import NamedTuple

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F
from tqdm.auto import tqdm

import rlhelpers

rlhelpers.silence_mujoco()
check = rlhelpers.inline_checks("ppo")

# %% [markdown]
# ## 1. The environment


# %% exercise="make_env"
def make_env(env_id: str, render_mode: str | None = None) -> gym.Env:
    """Makes one environment whose actions are clipped to the bounds of its action space.

    Args:
        env_id: Id of a registered environment with a ``Box`` action space, for example ``"HalfCheetah-v5"``.
        render_mode: Handed to ``gym.make``; ``"rgb_array"`` for filming.

    Returns:
        The environment, wrapped in ``gym.wrappers.ClipAction``; observations and rewards are untouched.
    """
    # BEGIN SOLUTION
    return gym.wrappers.ClipAction(gym.make(env_id, render_mode=render_mode))
    # END SOLUTION


# %% check="make_env"
check("make_env")

# %% [markdown]
# ## 2. The actor


# %% locked="given_networks"
class RunningNorm(nn.Module):
    """Shifts and scales inputs by the mean and variance of everything that ``update`` has seen.

    The statistics are buffers: saved with the network's weights, but not trained by gradients.
    """

    mean: Tensor
    variance: Tensor
    count: Tensor

    def __init__(self, size: int, clip: float = 10.0) -> None:
        super().__init__()
        self.clip = clip
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.zeros(()))

    @torch.no_grad()
    def update(self, batch: Tensor) -> None:
        """Merges a batch [N, size] into the statistics (Chan, Golub and LeVeque, 1979)."""
        total = self.count + len(batch)
        shift = batch.mean(0) - self.mean
        spread = self.variance * self.count + batch.var(0, unbiased=False) * len(batch)
        self.variance.copy_((spread + shift**2 * self.count * len(batch) / total) / total)
        self.mean.add_(shift * len(batch) / total)
        self.count.copy_(total)

    def forward(self, inputs: Tensor) -> Tensor:
        """Returns the inputs [..., size] normalised and clipped to [-clip, clip]."""
        normalised = (inputs - self.mean) / torch.sqrt(self.variance + 1e-8)
        return normalised.clamp(-self.clip, self.clip)


def linear(inputs: int, outputs: int, gain: float = 2**0.5) -> nn.Linear:
    """Returns a linear layer with orthogonal weights, scaled by ``gain``, and biases of zero."""
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


# %% exercise="Actor"
class Actor(nn.Module):
    """A Gaussian policy and a value function; both take raw observations.

    Attributes:
        log_std: Learned logarithm of the policy's standard deviations, ``nn.Parameter`` of shape [action_dim].
    """

    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int) -> None:
        """Builds the networks; ``hidden_dim`` is the width of every hidden layer."""
        super().__init__()
        # BEGIN SOLUTION
        self.normalise = RunningNorm(obs_dim)
        self.policy = nn.Sequential(
            linear(obs_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, action_dim, gain=0.01),
        )
        self.value = nn.Sequential(
            linear(obs_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, hidden_dim),
            nn.Tanh(),
            linear(hidden_dim, 1, gain=1.0),
        )
        self.log_std = nn.Parameter(torch.full((action_dim,), -1.0))
        # END SOLUTION

    def get_action_dist(self, obs: Tensor) -> Normal:
        """Returns the policy's distribution for observations [B, obs_dim], with batch shape [B, action_dim]."""
        # BEGIN SOLUTION
        mean = self.policy(self.normalise(obs))
        return Normal(mean, self.log_std.exp().expand_as(mean))
        # END SOLUTION

    def get_value(self, obs: Tensor) -> Tensor:
        """Returns the values [B] of observations [B, obs_dim]."""
        # BEGIN SOLUTION
        return self.value(self.normalise(obs)).squeeze(-1)
        # END SOLUTION

    def forward(self, obs: Tensor) -> tuple[Normal, Tensor]:
        """Returns ``(get_action_dist(obs), get_value(obs))``."""
        # BEGIN SOLUTION
        return self.get_action_dist(obs), self.get_value(obs)
        # END SOLUTION

    def get_action(self, obs: Tensor, greedy: bool = False) -> Tensor:
        """Returns actions [B, action_dim] without gradient: samples, or the mean if ``greedy``; not clipped."""
        # BEGIN SOLUTION
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
        # END SOLUTION


# %% check="Actor"
check("Actor")

# %% [markdown]
# ## 3. Returns


# %% exercise="one_step_returns"
def one_step_returns(rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99) -> Tensor:
    """Returns the one-step bootstrapped return of every step.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; ``values[t]`` belongs to the state before step t.
        dones: Same shape as rewards, any real dtype; 1 where the episode ended with step t, else 0.
        gamma: Discount in [0, 1].

    Returns:
        A new tensor, shape and dtype of rewards.
    """
    # BEGIN SOLUTION
    continues = 1 - dones.to(rewards.dtype)
    return rewards + gamma * continues * values[1:].to(rewards.dtype)
    # END SOLUTION


# %% check="one_step_returns"
check("one_step_returns")


# %% exercise="multi_step_returns"
def multi_step_returns(rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99) -> Tensor:
    """Returns the discounted sum of rewards up to the episode's end or, failing that, the end of the rollout.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; only ``values[-1]``, the value of the state after the last step, matters.
        dones: Same shape as rewards, any real dtype; 1 where the episode ended with step t, else 0.
        gamma: Discount in [0, 1].

    Returns:
        A new tensor, shape and dtype of rewards.
    """
    # BEGIN SOLUTION
    continues = 1 - dones.to(rewards.dtype)
    returns = torch.zeros_like(rewards)
    following = values[-1].to(rewards.dtype)
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * continues[t] * following
        returns[t] = following
    return returns
    # END SOLUTION


# %% check="multi_step_returns"
check("multi_step_returns")


# %% exercise="compute_gae"
def compute_gae(
    rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99, gae_lambda: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Returns value targets and generalised advantage estimates.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; ``values[t]`` belongs to the state before step t.
        dones: Same shape as rewards, any real dtype; 1 where the episode ended with step t, else 0.
        gamma: Discount in [0, 1].
        gae_lambda: Weight of longer estimates in [0, 1].

    Returns:
        ``(returns, advantages)``, new tensors, shape and dtype of rewards; the returns are the advantages plus
        ``values[:-1]``.
    """
    # BEGIN SOLUTION
    values = values.to(rewards.dtype)
    continues = 1 - dones.to(rewards.dtype)
    errors = rewards + gamma * continues * values[1:] - values[:-1]
    advantages = torch.zeros_like(rewards)
    following = torch.zeros_like(values[-1])
    for t in reversed(range(len(rewards))):
        following = errors[t] + gamma * gae_lambda * continues[t] * following
        advantages[t] = following
    return advantages + values[:-1], advantages
    # END SOLUTION


# %% check="compute_gae"
check("compute_gae")

# %% [markdown]
# ## 4. Losses


# %% exercise="critic_loss"
def critic_loss(target_values: Tensor, pred_values: Tensor) -> Tensor:
    """Returns the mean squared error of predicted values [N] to targets [N], as a scalar.

    No gradient flows into the targets.
    """
    # BEGIN SOLUTION
    return F.mse_loss(pred_values, target_values.detach())
    # END SOLUTION


# %% check="critic_loss"
check("critic_loss")


# %% exercise="actor_loss"
def actor_loss(new_log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, eps: float = 0.2) -> Tensor:
    """Returns PPO's clipped objective as a scalar loss, to be minimised.

    Args:
        new_log_probs: [N], log-probabilities of the actions under the policy being trained.
        old_log_probs: [N], the same under the policy that collected them; no gradient flows into them.
        advantages: [N], used as they are (not normalised here); no gradient flows into them.
        eps: Half-width of the interval [1 - eps, 1 + eps] to which the probability ratio is clipped.
    """
    # BEGIN SOLUTION
    ratio = torch.exp(new_log_probs - old_log_probs.detach())
    advantages = advantages.detach()
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - eps, 1 + eps) * advantages).mean()
    # END SOLUTION


# %% check="actor_loss"
check("actor_loss")


# %% exercise="entropy_loss"
def entropy_loss(action_dist: Normal) -> Tensor:
    """Returns minus the mean entropy over all elements of the distribution's batch, as a scalar to be minimised."""
    # BEGIN SOLUTION
    return -action_dist.entropy().mean()
    # END SOLUTION


# %% check="entropy_loss"
check("entropy_loss")

# %% [markdown]
# ## 5. Evaluation


# %% exercise="rollout"
def rollout(env: gym.Env, actor: Actor, seed: int, device: str) -> float:
    """Plays one greedy episode and returns the undiscounted sum of its rewards.

    The episode starts with ``env.reset(seed=seed)`` and ends when the environment says terminated or truncated.
    """
    # BEGIN SOLUTION
    obs, _ = env.reset(seed=seed)
    episode_return, done = 0.0, False
    while not done:
        batch = torch.as_tensor(obs, dtype=torch.float32, device=device).unsqueeze(0)
        action = actor.get_action(batch, greedy=True).squeeze(0).cpu().numpy()
        obs, reward, terminated, truncated, _ = env.step(action)
        episode_return += float(reward)
        done = terminated or truncated
    return episode_return
    # END SOLUTION


# %% check="rollout"
check("rollout")


# %% exercise="evaluate"
def evaluate(
    actor: Actor, num_episodes: int, seed: int, device: str, env_id: str = "HalfCheetah-v5"
) -> np.ndarray:
    """Plays greedy episodes with seeds seed, seed + 1, ... and returns their returns [num_episodes], float64.

    Makes its own environment with ``make_env`` and closes it.
    """
    # BEGIN SOLUTION
    env = make_env(env_id)
    returns = [rollout(env, actor, seed + episode, device) for episode in range(num_episodes)]
    env.close()
    return np.array(returns, dtype=np.float64)
    # END SOLUTION


# %% check="evaluate"
check("evaluate")

# %% [markdown]
# ## 6. The trainer


# %% locked="given_trainer_parts"
class Experience(NamedTuple):
    """What one rollout of the vector environment has brought; T steps, B environments."""

    observations: Tensor  # [T, B, obs_dim], raw
    actions: Tensor  # [T, B, action_dim], as sampled, not clipped
    log_probs: Tensor  # [T, B], summed over the action's components
    rewards: Tensor  # [T, B], scaled; gamma V(final observation) is added where an episode was truncated
    dones: Tensor  # [T, B], 1 where an episode ended, for either reason
    values: Tensor  # [T + 1, B], the last row belongs to the observations after the rollout


class RewardScaler:
    """Divides rewards by the running standard deviation of the discounted return; does not shift them."""

    def __init__(self, num_envs: int, gamma: float) -> None:
        self.gamma = gamma
        self.returns = np.zeros(num_envs)
        self.statistics = RunningNorm(1)

    def __call__(self, rewards: np.ndarray, dones: np.ndarray) -> np.ndarray:
        """Returns one step's rewards [B], scaled; ``dones`` [B] says which episodes ended with it."""
        self.returns = self.gamma * self.returns + rewards
        self.statistics.update(torch.as_tensor(self.returns, dtype=torch.float32).unsqueeze(-1))
        self.returns[dones] = 0.0
        return rewards / np.sqrt(self.statistics.variance.item() + 1e-8)


# %% exercise="PPOTrainer"
class PPOTrainer:
    """Trains an ``Actor`` by proximal policy optimisation.

    Attributes:
        actor: The network being trained.
        history: One pair (transitions so far, undiscounted return) per finished episode, for the learning curve.
    """

    def __init__(
        self,
        env_id: str,
        total_timesteps: int,
        num_vec_envs: int,
        num_env_steps: int,
        num_update_epochs: int,
        batch_size: int,
        gamma: float,
        eps: float,
        seed: int = 0,
        device: str = "cpu",
        *,
        hidden_dim: int = 64,
        learning_rate: float = 3e-4,
        gae_lambda: float | None = None,
        critic_weight: float = 0.5,
        entropy_weight: float = 0.0,
        max_grad_norm: float = 0.5,
        scale_rewards: bool = True,
    ) -> None:
        """Makes environments, network and optimizer.

        Args:
            env_id: Id of the environment.
            total_timesteps: Transitions to collect, over all environments.
            num_vec_envs: Number B of environments that are stepped together.
            num_env_steps: Number T of steps of each environment between two updates.
            num_update_epochs: Passes over the collected transitions in each update.
            batch_size: Transitions in one gradient step.
            gamma: Discount.
            eps: Clipping of the probability ratio.
            seed: Fixes network, sampling and environments.
            device: Where the network lives.
            hidden_dim: Width of the network.
            learning_rate: Adam's step size at the start; it falls linearly to zero.
            gae_lambda: Lambda of ``compute_gae``; None: ``multi_step_returns`` minus values are the advantages.
            critic_weight: Weight of ``critic_loss`` in the loss.
            entropy_weight: Weight of ``entropy_loss`` in the loss.
            max_grad_norm: Gradients with a larger norm are scaled down to it.
            scale_rewards: Whether rewards are divided by the running standard deviation of the return.
        """
        rlhelpers.set_seed(seed)
        self.total_timesteps, self.num_env_steps, self.num_vec_envs = total_timesteps, num_env_steps, num_vec_envs
        self.num_update_epochs, self.batch_size = num_update_epochs, batch_size
        self.gamma, self.gae_lambda, self.eps = gamma, gae_lambda, eps
        self.critic_weight, self.entropy_weight, self.max_grad_norm = critic_weight, entropy_weight, max_grad_norm
        self.device, self.seed = torch.device(device), seed
        self.envs = rlhelpers.make_vec_env(partial(make_env, env_id), num_vec_envs, autoreset_mode="same_step")
        self.obs_dim = int(np.prod(self.envs.single_observation_space.shape))
        self.action_dim = int(np.prod(self.envs.single_action_space.shape))
        self.actor = Actor(self.obs_dim, self.action_dim, hidden_dim).to(self.device)
        self.learning_rate = learning_rate
        self.optimizer = torch.optim.Adam(self.actor.parameters(), lr=learning_rate, eps=1e-5)
        self.scale_rewards = RewardScaler(num_vec_envs, gamma) if scale_rewards else None
        self.history: list[tuple[int, float]] = []
        self.obs = self.to_tensor(self.envs.reset(seed=seed)[0])
        self.episode_returns = np.zeros(num_vec_envs)
        self.num_transitions = 0

    def to_tensor(self, array: np.ndarray) -> Tensor:
        """Copies an array to a float32 tensor on the trainer's device."""
        return torch.tensor(array, dtype=torch.float32, device=self.device)

    def record_episodes(self, rewards: np.ndarray, dones: np.ndarray) -> None:
        """Counts one step of all environments and writes the returns of finished episodes to ``history``."""
        self.num_transitions += self.num_vec_envs
        self.episode_returns += rewards
        self.history += [(self.num_transitions, float(total)) for total in self.episode_returns[dones]]
        self.episode_returns[dones] = 0.0

    @torch.no_grad()
    def collect(self) -> Experience:
        """Steps the environments ``num_env_steps`` times with sampled actions, going on from ``self.obs``."""
        # BEGIN SOLUTION
        steps, envs = self.num_env_steps, self.num_vec_envs
        observations = torch.zeros(steps, envs, self.obs_dim, device=self.device)
        actions = torch.zeros(steps, envs, self.action_dim, device=self.device)
        log_probs, rewards, dones = torch.zeros(3, steps, envs, device=self.device)
        values = torch.zeros(steps + 1, envs, device=self.device)
        for t in range(steps):
            dist, values[t] = self.actor(self.obs)
            observations[t] = self.obs
            actions[t] = dist.sample()
            log_probs[t] = dist.log_prob(actions[t]).sum(-1)
            obs, reward, terminated, truncated, infos = self.envs.step(actions[t].cpu().numpy())
            done = terminated | truncated
            self.record_episodes(reward, done)
            rewards[t] = self.to_tensor(self.scale_rewards(reward, done) if self.scale_rewards else reward)
            dones[t] = self.to_tensor(done)
            cut = truncated & ~terminated
            if cut.any():
                final_values = self.actor.get_value(self.to_tensor(np.stack(infos["final_obs"][cut])))
                rewards[t, torch.as_tensor(cut)] += self.gamma * final_values
            self.obs = self.to_tensor(obs)
        values[steps] = self.actor.get_value(self.obs)
        return Experience(observations, actions, log_probs, rewards, dones, values)
        # END SOLUTION

    def update_epochs(
        self, observations: Tensor, actions: Tensor, log_probs: Tensor, returns: Tensor, advantages: Tensor
    ) -> None:
        """Improves actor and critic on one rollout, in ``num_update_epochs`` passes of shuffled batches.

        Args:
            observations: [N, obs_dim], N = steps times environments.
            actions: [N, action_dim], as sampled.
            log_probs: [N], under the policy that sampled the actions.
            returns: [N], targets of the critic.
            advantages: [N], not yet normalised; they are normalised in here.
        """
        # BEGIN SOLUTION
        advantages = (advantages - advantages.mean()) / (advantages.std(unbiased=False) + 1e-8)
        for _ in range(self.num_update_epochs):
            for batch in torch.randperm(len(observations), device=self.device).split(self.batch_size):
                dist, values = self.actor(observations[batch])
                new_log_probs = dist.log_prob(actions[batch]).sum(-1)
                loss = (
                    actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps)
                    + self.critic_weight * critic_loss(returns[batch], values)
                    + self.entropy_weight * entropy_loss(dist)
                )
                self.optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(self.actor.parameters(), self.max_grad_norm)
                self.optimizer.step()
        # END SOLUTION

    def learn(self) -> Actor:
        """Alternates ``collect`` and ``update_epochs`` until ``total_timesteps`` are used up; returns the actor."""
        # BEGIN SOLUTION
        num_updates = max(1, self.total_timesteps // (self.num_env_steps * self.num_vec_envs))
        for update in tqdm(range(num_updates), desc="PPO", unit="update"):
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - update / num_updates)
            experience = self.collect()
            observations, actions, log_probs, rewards, dones, values = experience
            if self.gae_lambda is None:
                returns = multi_step_returns(rewards, values, dones, self.gamma)
                advantages = returns - values[:-1]
            else:
                returns, advantages = compute_gae(rewards, values, dones, self.gamma, self.gae_lambda)
            flat = (data.flatten(0, 1) for data in (observations, actions, log_probs, returns, advantages))
            self.update_epochs(*flat)
            self.actor.normalise.update(observations.flatten(0, 1))
        return self.actor
        # END SOLUTION


# %% check="PPOTrainer"
check("PPOTrainer")

# %% [markdown]
# ## 7. Training

# %% tags=["training"]
if __name__ == "__main__":
    trainer = PPOTrainer(
        env_id,
        total_timesteps,
        num_vec_envs,
        num_env_steps,
        num_update_epochs,
        batch_size,
        gamma=0.99,
        eps=0.2,
        seed=seed,
        device=device,
        gae_lambda=0.95 if rlhelpers.is_written(compute_gae) else None,
    )
    actor = trainer.learn()
    rlhelpers.plot_learning_curves({"PPO": [trainer.history]})

# %% tags=["training"]
if __name__ == "__main__":
    scores = evaluate(actor, num_eval_episodes, seed=1000, device=device, env_id=env_id)
    print(f"greedy return: {scores.mean():.0f} ± {scores.std():.0f} over {len(scores)} episodes")

# %% tags=["training"]
if __name__ == "__main__":
    rlhelpers.record_video(make_env(env_id, "rgb_array"), actor, "cheetah.mp4", max_seconds=video_seconds)
    rlhelpers.show_video("cheetah.mp4")

# %% tags=["training"]
if __name__ == "__main__":
    rlhelpers.save_policy(actor, "policy.safetensors")
