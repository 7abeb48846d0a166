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
#
# In this assignment you write **proximal policy optimisation** (PPO; [Schulman et al.
# 2017](https://arxiv.org/abs/1707.06347)), from the arithmetic of returns to the training loop, and teach a
# simulated two-legged animal to run. PPO is a policy-gradient method: it collects experience with the current
# policy, works out which actions turned out better than expected, makes those likelier, and throws the
# experience away. What it adds to plain policy gradients is a limit on how far one batch of experience may
# move the policy, so that the same batch can be used for several gradient steps.
#
# $$\text{collect } T \text{ steps in } B \text{ environments} \;\rightarrow\; \text{returns and advantages}
# \;\rightarrow\; \text{a few epochs of clipped updates} \;\rightarrow\; \text{collect again}$$
#
# The work is cut into eleven small exercises, most of them under ten lines. For each you read why it is
# needed and what it must compute, you write it, and `check("...")` below it tries it on a few small cases
# within a second or two. At the end you train for a few minutes and watch the result.
#
# | exercise | what you write | points |
# | :--- | :--- | ---: |
# | `make_env` | an environment that clips actions | 0.25 |
# | `Actor` | policy and value networks | 0.75 |
# | `one_step_returns` | bootstrapping after one step | 0.25 |
# | `multi_step_returns` | bootstrapping at the end of the rollout | 0.75 |
# | `compute_gae` | generalised advantage estimation | 1 (bonus) |
# | `critic_loss` | regression to the returns | 0.25 |
# | `actor_loss` | the clipped objective | 0.75 |
# | `entropy_loss` | keeping the policy from narrowing too soon | 0.25 |
# | `rollout` | one greedy episode | 0.25 |
# | `evaluate` | several, with fixed seeds | 0.25 |
# | `PPOTrainer` | collecting, updating, learning | 0.75 |
# | `policy` | the trained agent that you hand in | 0.5 |
# | **total** | | **5 + 1 bonus** |
#
# **How it is graded.** The grader calls your functions and classes with inputs of its own, several checks per
# exercise, each with its share of the points; feedback says what each one found. The visible checks are a
# help and count for nothing themselves: passing them all is a good sign, not a proof. Keep names and
# signatures as they are; add cells and helper functions as you like. Cells that are given (imports, networks'
# parts, checks) are put back to their original text before grading, so write your own code elsewhere. Where a
# check needs another function of yours and that one fails, the report says *could not be judged*, not
# *failed*: mend the other one first.
#
# **The trained agent** counts too. The grader loads your `policy.safetensors` into your `Actor` and plays ten
# episodes of its own with the greedy policy: a mean return of 3,000 or more earns all of its points, 500 or
# less none, and what is between them a share in proportion. Training is your work: unless your instructor
# says otherwise, the grader does not train for you.
#
# **Deadlines.** Full points until 17 January 2027, 23:59, half of them until 31 January 2027, 23:59 (Prague
# time).
#
# **Handing in.** Save the notebook and run its last cell. It runs the notebook in a fresh kernel, as the
# grader does, says what is missing, and packs `ppo.zip`: the notebook, and your trained agent in
# `policy.safetensors` if there is one. That archive is what you upload where the course tells you to. An
# unfinished notebook can be handed in as well; every exercise is graded by itself.
#
# **On Colab** everything works as it stands; a CPU runtime is enough, for the networks are tiny and the
# simulator runs on the CPU. If the course's package is not installed, the first code cells install it.
# Files go when the runtime ends: the last cell has your browser save the archive.

# %% [markdown]
# ## Settings
#
# The length of a training run and a few other numbers, in one place. To look for mistakes use a small
# `total_timesteps`, such as 20,000. `course_package` is what `pip` installs where the course's package is
# missing; your course page says what it is.

# %% tags=["parameters"]
env_id = "HalfCheetah-v5"
total_timesteps = 300_000
num_vec_envs = 32
num_env_steps = 32
num_update_epochs = 10
batch_size = 512
learning_rate = 1e-3
gamma = 0.98
gae_lambda = 0.92
seed = 0
device = "cpu"
num_eval_episodes = 10
video_seconds = 10.0
experiment_timesteps = 100_000
experiment_seeds = 2
course_package = ""

# %% locked="setup"
import importlib.util

if importlib.util.find_spec("rlhelpers") is None:
    if not course_package:
        raise RuntimeError(
            "rlhelpers is not installed: set course_package above to what the course page says, run again"
        )
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
check = rlhelpers.inline_checks("ppo", globals())

# %% [markdown]
# ## Notation
#
# A rollout has $T$ steps in each of $B$ environments; observations have $D$ components, actions $A$. In code
# **time is the first axis and environments the second**: rewards are `[T, B]`, observations `[T, B, D]`. At
# step $t$ the agent sees $s_t$, takes $a_t$, receives $r_t$ (in code `rewards[t]`, the reward *of* step $t$)
# and arrives in $s_{t+1}$. Because a rollout of $T$ steps visits $T + 1$ states, `values` has one row more
# than `rewards`. Where books write $r_{t+1}$ for our $r_t$ (Sutton and Barto do), the formulas differ by that
# shift only.
#
# `dones[t]` is 1 if the episode **ended with step $t$**, which means that $s_{t+1}$ as recorded belongs to
# the next episode and nothing after step $t$ may be credited to it. It does not mark the first step of an
# episode, as some libraries have it.

# %% [markdown]
# ## 1. The environment
#
# [HalfCheetah](https://gymnasium.farama.org/environments/mujoco/half_cheetah/) has 17 observations (a height,
# angles and velocities) and 6 actions, torques in $[-1, 1]$. The reward is the forward velocity minus a small
# cost, 0.1 times the squared length of the action. The animal cannot fall in a way that ends the episode: it
# is always cut off after 1,000 steps.
#
# A Gaussian policy has no bounds, so some of its actions lie outside of $[-1, 1]$. The simulator limits the
# torque, but the reward would still charge for the whole action.
# [`gym.wrappers.ClipAction`](https://gymnasium.farama.org/api/wrappers/action_wrappers/) brings actions back
# to the bounds before either sees them. Clipping is the environment's business: the policy, and the
# log-probabilities below, always deal with the action **before** clipping, since that is the variable whose
# density is Gaussian.


# %% exercise="make_env"
def make_env(env_id: str, render_mode: str | None = None) -> gym.Env:
    """Makes one environment whose actions are clipped to the bounds of its action space.

    Args:
        env_id: Id of a registered environment with a ``Box`` action space, for example
            ``"HalfCheetah-v5"``.
        render_mode: Handed to ``gym.make``; ``"rgb_array"`` for filming.

    Returns:
        The environment, wrapped in ``gym.wrappers.ClipAction``; observations and rewards are
        untouched.
    """
    # BEGIN SOLUTION
    return gym.wrappers.ClipAction(gym.make(env_id, render_mode=render_mode))
    # END SOLUTION


# %% check="make_env"
check("make_env")

# %% [markdown]
# ## 2. The actor
#
# Two networks: a policy that says what to do, and a value function, the *critic*, that says how much return
# to expect. The policy is a Gaussian with independent components,
#
# $$\pi_\theta(a \mid s) = \prod_{i=1}^{A} \mathcal N\big(a_i \mid \mu_{\theta,i}(s),\, \sigma_i^2\big),
# \qquad
# \log \pi_\theta(a \mid s) = \sum_{i=1}^{A} \log \mathcal N\big(a_i \mid \mu_{\theta,i}(s),\, \sigma_i^2\big),$$
#
# where a network computes the means from the observation and $\log \sigma$ is a vector of parameters that
# does not depend on it ([Spinning Up, "Diagonal Gaussian
# policies"](https://spinningup.openai.com/en/latest/spinningup/rl_intro.html#stochastic-policies)). We learn
# $\log\sigma$ rather than $\sigma$ because any real number is then allowed. Two choices make a great
# difference in practice: start from $\log\sigma = -1$ (for torques in $[-1, 1]$, $\sigma = 1$ is mostly
# noise), and give the policy's last layer small weights, so that the first means are near zero whatever the
# observation ([The 37 implementation details of
# PPO](https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/)). The given `linear` has a
# `gain` for that.
#
# Observations differ in scale (angles below 1, velocities of 10 and more), which slows learning.
# `RunningNorm` brings them to mean 0 and variance 1, by statistics that are stored *inside* the actor:
# whoever holds the weights can use the policy on raw observations. Your `Actor` has one as `self.normalise`;
# put observations through it in both networks. It starts as the identity, and the trainer updates it.
#
# **Shapes.** The value is `[B]`, though a layer gives `[B, 1]`: a `[B, 1]` minus a `[B]` is a `[B, B]` by
# broadcasting, without any error, and the critic then learns the mean of the batch. `Normal.log_prob` gives
# one number per *component*, `[B, A]`; the sum over the last axis is the log-probability of the action.


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
    """A Gaussian policy and a value function; both take raw observations [B, obs_dim], float32.

    Attributes:
        normalise: Given. Call it on observations before they enter a network. ``PPOTrainer``
            updates it after each rollout; an actor without it is trained on observations as they
            are.
        log_std: Learned logarithm of the policy's standard deviations, ``nn.Parameter`` of shape
            [action_dim].
    """

    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int) -> None:
        """Builds the networks.

        Args:
            obs_dim: Number of components of an observation.
            action_dim: Number of components of an action.
            hidden_dim: Width of every hidden layer; two layers with ``nn.Tanh`` are enough for each
                network.
        """
        super().__init__()
        self.normalise = RunningNorm(obs_dim)
        # BEGIN SOLUTION
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
        """Returns the policy's distribution for each observation.

        Args:
            obs: Raw observations [B, obs_dim].

        Returns:
            ``torch.distributions.Normal``, batch shape [B, action_dim]; gradients reach all of the
            policy's parameters.
        """
        # BEGIN SOLUTION
        mean = self.policy(self.normalise(obs))
        return Normal(mean, self.log_std.exp().expand_as(mean))
        # END SOLUTION

    def get_value(self, obs: Tensor) -> Tensor:
        """Returns the value of each observation.

        Args:
            obs: Raw observations [B, obs_dim].

        Returns:
            [B], not [B, 1]; gradients reach all of the value network's parameters.
        """
        # BEGIN SOLUTION
        return self.value(self.normalise(obs)).squeeze(-1)
        # END SOLUTION

    def forward(self, obs: Tensor) -> tuple[Normal, Tensor]:
        """Returns ``(get_action_dist(obs), get_value(obs))``."""
        # BEGIN SOLUTION
        return self.get_action_dist(obs), self.get_value(obs)
        # END SOLUTION

    def get_action(self, obs: Tensor, greedy: bool = False) -> Tensor:
        """Chooses an action for each observation.

        Args:
            obs: Raw observations [B, obs_dim].
            greedy: Take the mean of the distribution instead of a sample.

        Returns:
            [B, action_dim], without gradient and not clipped.
        """
        # BEGIN SOLUTION
        with torch.no_grad():
            dist = self.get_action_dist(obs)
            return dist.mean if greedy else dist.sample()
        # END SOLUTION


# %% check="Actor"
check("Actor")

# %% [markdown]
# ## 3. Returns
#
# The critic needs targets, and the policy needs to know how much better than expected each action turned out.
# Both come from the *return*, the discounted sum of the rewards from step $t$ on. A rollout ends after $T$
# steps, usually in the middle of an episode, so the sum has to be cut somewhere and completed by an estimate
# of what would have followed: the critic's value of the state reached. That is **bootstrapping** (Sutton and
# Barto, [*Reinforcement Learning*, 2nd edition](http://incompleteideas.net/book/the-book-2nd.html), sections
# 6.1 and 7.1).
#
# Bootstrapping after a single step gives
#
# $$G^{(1)}_t = r_t + \gamma\,(1 - d_t)\,V(s_{t+1}),$$
#
# where $d_t$ is `dones[t]` and $V(s_t)$ is `values[t]`. After the end of an episode nothing follows, hence
# the factor $1 - d_t$. This target has little variance and is as biased as the critic is.
#
# Two practical points hold for all functions of this section. They work on `[T]` as on `[T, B]`: think of
# `rewards[t]` as a number, and let it be a row. And the results serve as constants: the losses of section 4
# detach them, so no gradient matters here.


# %% exercise="one_step_returns"
def one_step_returns(rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99) -> Tensor:
    """Returns the one-step bootstrapped return of every step.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; ``values[t]`` belongs to the state before step t.
        dones: Same shape as rewards, any real dtype, bool too; 1 where the episode ended with step
            t, else 0.
        gamma: Discount in [0, 1].

    Returns:
        A new tensor, shape and dtype of rewards; the arguments are left unchanged.
    """
    # BEGIN SOLUTION
    continues = 1 - dones.to(rewards.dtype)
    return rewards + gamma * continues * values[1:].to(rewards.dtype)
    # END SOLUTION


# %% check="one_step_returns"
check("one_step_returns")

# %% [markdown]
# Waiting longer before bootstrapping replaces more of the critic's guess by rewards that were really
# received: less bias, more variance. The extreme is to go on to the end of the rollout,
#
# $$G_t = \sum_{k=t}^{T-1} \gamma^{k-t}\, c_{t,k}\, r_k + \gamma^{T-t}\, c_{t,T}\, V(s_T),
# \qquad c_{t,k} = \prod_{j=t}^{k-1} (1 - d_j),$$
#
# where $c_{t,k}$ is 1 as long as step $k$ still belongs to the episode of step $t$. Written like this it
# takes $T^2$ operations; taking the first reward out of the sum gives the recursion
#
# $$G_T = V(s_T), \qquad G_t = r_t + \gamma\,(1 - d_t)\,G_{t+1},$$
#
# one pass from the last step to the first. Only `values[-1]` enters. The usual mistakes: to start from 0 and
# forget the bootstrap; to let `done` cut the reward of its own step, which still belongs to the episode; and
# to cut one step too late.


# %% exercise="multi_step_returns"
def multi_step_returns(rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99) -> Tensor:
    """Returns the discounted sum of rewards up to the end of episode or rollout, whichever is first.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; only ``values[-1]``, the value of the state after the last
            step, matters.
        dones: Same shape as rewards, any real dtype, bool too; 1 where the episode ended with step
            t, else 0.
        gamma: Discount in [0, 1].

    Returns:
        A new tensor, shape and dtype of rewards; the arguments are left unchanged.
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

# %% [markdown]
# ### Bonus: generalised advantage estimation
#
# The *advantage* of an action is how much better it turned out than the critic expected,
# $\hat A_t = G_t - V(s_t)$. With the two returns above it is either biased or noisy. Generalised advantage
# estimation ([Schulman et al. 2015](https://arxiv.org/abs/1506.02438), equation 16) averages over all the
# places at which one could bootstrap, with weights that fall like $\lambda^k$. In terms of the one-step
# errors $\delta_t$ that becomes another backward recursion:
#
# $$\delta_t = r_t + \gamma\,(1 - d_t)\,V(s_{t+1}) - V(s_t), \qquad
# \hat A_t = \delta_t + \gamma\lambda\,(1 - d_t)\,\hat A_{t+1}, \qquad \hat A_T = 0.$$
#
# $\lambda = 0$ gives the one-step return minus the value, $\lambda = 1$ the multi-step return minus the
# value. Values around 0.95 are usual, and learn markedly faster than $\lambda = 1$ on HalfCheetah. The
# critic's targets that go with it are $\hat A_t + V(s_t)$. Note that `dones` cuts in two places. If you leave
# this one out, training uses `multi_step_returns`.


# %% exercise="compute_gae"
def compute_gae(
    rewards: Tensor, values: Tensor, dones: Tensor, gamma: float = 0.99, gae_lambda: float = 0.95
) -> tuple[Tensor, Tensor]:
    """Returns value targets and generalised advantage estimates.

    Args:
        rewards: [T] or [T, B], floating point.
        values: [T + 1] or [T + 1, B]; ``values[t]`` belongs to the state before step t.
        dones: Same shape as rewards, any real dtype, bool too; 1 where the episode ended with step
            t, else 0.
        gamma: Discount in [0, 1].
        gae_lambda: Weight of longer estimates in [0, 1].

    Returns:
        ``(returns, advantages)``, new tensors, shape and dtype of rewards; the returns are the
        advantages plus ``values[:-1]``. The advantages are not normalised, the arguments are left
        unchanged.
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
#
# From here on time and environments no longer matter: a batch is $N$ transitions in any order, and everything
# is `[N]`.
#
# The critic is fitted to the returns by least squares (PPO paper, section 5, equation 9),
#
# $$L^{\text{critic}} = \frac{1}{N} \sum_{n=1}^{N} \big(V_\theta(s_n) - G_n\big)^2 .$$
#
# The targets $G_n$ were computed with the critic too, but they are data: the gradient stops there. Letting it
# through would also move the targets towards the predictions, which is like changing the question to fit the
# answer (Sutton and Barto, section 9.3, call the right thing a *semi-gradient*).


# %% exercise="critic_loss"
def critic_loss(target_values: Tensor, pred_values: Tensor) -> Tensor:
    """Returns the mean squared error of the predicted values.

    Args:
        target_values: [N], the returns; no gradient flows into them.
        pred_values: [N], what the critic says now.

    Returns:
        A scalar tensor (shape []), to be minimised; there is no factor 1/2.
    """
    # BEGIN SOLUTION
    return F.mse_loss(pred_values, target_values.detach())
    # END SOLUTION


# %% check="critic_loss"
check("critic_loss")

# %% [markdown]
# The policy gradient theorem holds for experience of the *current* policy. After the first gradient step the
# experience is that of an older policy; the probability ratio corrects for it,
#
# $$\rho_n(\theta) = \frac{\pi_\theta(a_n \mid s_n)}{\pi_{\text{old}}(a_n \mid s_n)}
# = \exp\big(\log \pi_\theta(a_n \mid s_n) - \log \pi_{\text{old}}(a_n \mid s_n)\big),$$
#
# but $\rho A$ alone would reward moving arbitrarily far on few samples. PPO takes away the incentive outside
# of $[1 - \epsilon, 1 + \epsilon]$ (PPO paper, equation 7):
#
# $$L^{\text{actor}} = -\frac{1}{N} \sum_{n=1}^{N}
# \min\Big(\rho_n A_n,\; \operatorname{clip}(\rho_n,\, 1 - \epsilon,\, 1 + \epsilon)\, A_n\Big).$$
#
# The minimum makes it a pessimistic bound. If $A_n > 0$ and the action is already more than $1 + \epsilon$
# times as likely, the gradient is zero: enough for this batch. If the action has instead become *less*
# likely, the unclipped term is the smaller one and its gradient brings it back. With the clipped term alone
# it would never come back. For $A_n < 0$ it is the other way round.
#
# Gradients flow through `new_log_probs` only. Watch the sign (an objective is maximised, a loss minimised),
# which way round the ratio is, and that a `[N, 1]` beside a `[N]` silently becomes a `[N, N]`.


# %% exercise="actor_loss"
def actor_loss(new_log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, eps: float = 0.2) -> Tensor:
    """Returns PPO's clipped objective as a scalar loss, to be minimised.

    Args:
        new_log_probs: [N], log-probabilities of the actions under the policy being trained.
        old_log_probs: [N], the same under the policy that collected them; no gradient flows into
            them.
        advantages: [N], used as they are (not normalised here); no gradient flows into them.
        eps: Half-width of the interval [1 - eps, 1 + eps] to which the probability ratio is
            clipped.

    Returns:
        A scalar tensor (shape []).
    """
    # BEGIN SOLUTION
    ratio = torch.exp(new_log_probs - old_log_probs.detach())
    advantages = advantages.detach()
    return -torch.minimum(ratio * advantages, ratio.clamp(1 - eps, 1 + eps) * advantages).mean()
    # END SOLUTION


# %% check="actor_loss"
check("actor_loss")

# %% [markdown]
# A policy that becomes sure too early stops exploring. Adding the entropy of its distribution to the
# objective works against that (PPO paper, equation 9). For one Gaussian component it is
# $\tfrac12 \log(2 \pi e\, \sigma^2)$: it depends on $\sigma$ alone, and it is negative for small $\sigma$. As
# a loss, averaged over all observations and components,
#
# $$L^{\text{entropy}} = -\frac{1}{NA} \sum_{n=1}^{N} \sum_{i=1}^{A}
# \mathcal H\big[\pi_{\theta,i}(\cdot \mid s_n)\big].$$


# %% exercise="entropy_loss"
def entropy_loss(action_dist: Normal) -> Tensor:
    """Returns minus the mean entropy of a distribution's elements.

    Args:
        action_dist: The policy's distribution, batch shape [N, action_dim].

    Returns:
        A scalar tensor (shape []): minimising it makes the distribution wider.
    """
    # BEGIN SOLUTION
    return -action_dist.entropy().mean()
    # END SOLUTION


# %% check="entropy_loss"
check("entropy_loss")

# %% [markdown]
# ## 5. Evaluation
#
# How good is a policy? While it trains, it explores, and the returns of its episodes include the cost of that
# noise. So agents are judged separately, on **greedy** episodes (the mean of the Gaussian instead of a
# sample), by the **undiscounted** sum of rewards, and with **fixed seeds**, so that two agents start from the
# same states and a number can be reproduced.
#
# Gymnasium's `step` returns two flags
# ([documentation](https://gymnasium.farama.org/tutorials/gymnasium_basics/handling_time_limits/)).
# `terminated`: a final state was reached, there is no future. `truncated`: the episode was cut off from
# outside, here by the time limit; the animal would have run on. For playing an episode they come to the same:
# it is over if either is set. For learning they do not, as section 6 shows.


# %% exercise="rollout"
def rollout(env: gym.Env, actor: Actor, seed: int, device: str) -> float:
    """Plays one greedy episode.

    Args:
        env: A single environment with observations [obs_dim]; it is left open.
        actor: Asked by ``actor.get_action`` for one batch [1, obs_dim] per step, float32 and on
            ``device``, with ``greedy=True``.
        seed: Handed to ``env.reset``, once.
        device: Where the actor's weights are.

    Returns:
        The undiscounted sum of the rewards, up to and with the step that terminates or truncates
        the episode.
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
def evaluate(actor: Actor, num_episodes: int, seed: int, device: str, env_id: str = "HalfCheetah-v5") -> np.ndarray:
    """Plays several greedy episodes.

    Args:
        actor: The policy.
        num_episodes: How many.
        seed: Seed of the first episode; episode i is played with ``seed + i``.
        device: Where the actor's weights are.
        env_id: The environment; it is made with ``make_env`` and closed afterwards.

    Returns:
        What ``rollout`` returned for each, in order: [num_episodes], float64.
    """
    # BEGIN SOLUTION
    with make_env(env_id) as env:
        returns = [rollout(env, actor, seed + episode, device) for episode in range(num_episodes)]
    return np.array(returns, dtype=np.float64)
    # END SOLUTION


# %% check="evaluate"
check("evaluate")

# %% [markdown]
# ## 6. The trainer
#
# The trainer puts the parts together. Its constructor and its bookkeeping are given; you write `collect`,
# `update_epochs` and `learn`.
#
# **Collecting.** $B$ environments are stepped together as a [vector
# environment](https://gymnasium.farama.org/api/vector/). When one of them ends its episode it has to be
# reset, and [Gymnasium offers several ways](https://farama.org/Vector-Autoreset-Mode); ours is made with
# `same_step`: the step that ends an episode already returns the *first observation of the next one*, and the
# true last observation is in `infos["final_obs"][b]`. So every step is a real transition, and `dones` must be
# set at each end, or returns leak from one episode into the one before it.
#
# **Why truncation bootstraps.** An episode that *terminated* has no future, and the return ends with its last
# reward. One that was *truncated* at step $t$ does have one, only we did not watch it; calling it 0 would
# teach the critic that good states are worth nothing whenever the clock happens to run out, which the
# observation does not show ([Pardo et al. 2018](https://arxiv.org/abs/1712.00378)). We want
# $r_t + \gamma V(s^{\text{final}})$ as the return of that step, and the sum to stop there. Both follow if
# $\gamma V(s^{\text{final}})$ is **added to the reward** of the step while `dones` stays 1. HalfCheetah only
# ever truncates; other environments do both. If both flags are set at once, termination wins.
#
# **Updating.** All $N = TB$ transitions are shuffled and used in small batches, `num_update_epochs` times.
# Each batch lowers
#
# $$L = L^{\text{actor}} + c_1 L^{\text{critic}} + c_2 L^{\text{entropy}}$$
#
# ($c_1$ is `critic_weight`, $c_2$ is `entropy_weight`) with fresh log-probabilities, values and entropy from
# the network as it is *now*; the old log-probabilities are those recorded while collecting and never change.
# Advantages are normalised to mean 0 and standard deviation 1 over the rollout, so that the learning rate
# need not fit the size of the rewards. The norm of the gradient is limited, since a rare large one could undo
# many good steps.
#
# **Scaling.** `RewardScaler` brings rewards to a size that the critic can learn quickly; `history` keeps the
# unscaled returns. The actor's `normalise` learns from a rollout only *after* the update: before it, the
# ratios would start away from 1, because the recorded log-probabilities were computed with the old
# statistics.


# %% locked="given_trainer_parts"
class Experience(NamedTuple):
    """What one rollout of the vector environment has brought; T steps, B environments."""

    observations: Tensor  # [T, B, obs_dim], raw
    actions: Tensor  # [T, B, action_dim], as sampled, not clipped
    log_probs: Tensor  # [T, B], summed over the action's components
    rewards: Tensor  # [T, B], scaled; plus gamma V(final observation) where truncated
    dones: Tensor  # [T, B], 1 where an episode ended, for either reason
    values: Tensor  # [T + 1, B], the last row belongs to the observations after the rollout


class RewardScaler:
    """Divides rewards by the running standard deviation of the return; does not shift them."""

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


def update_normalisation(actor: nn.Module, observations: Tensor) -> None:
    """Shows raw observations [..., obs_dim] to ``actor.normalise``, if the actor has one."""
    normalise = getattr(actor, "normalise", None)
    if isinstance(normalise, RunningNorm):
        normalise.update(observations.flatten(0, -2))


# %% exercise="PPOTrainer"
class PPOTrainer:
    """Trains an ``Actor`` by proximal policy optimisation.

    Attributes:
        actor: The network being trained.
        history: One pair (transitions so far, undiscounted return) per finished episode, for the
            learning curve.
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
            gamma: Discount in [0, 1].
            eps: Clipping of the probability ratio.
            seed: Fixes network, sampling and environments.
            device: Where the network lives.
            hidden_dim: Width of the network.
            learning_rate: Adam's step size at the start of training.
            gae_lambda: Lambda of ``compute_gae``; None: ``multi_step_returns`` minus values are the
                advantages.
            critic_weight: Weight of ``critic_loss`` in the loss.
            entropy_weight: Weight of ``entropy_loss`` in the loss.
            max_grad_norm: Gradients with a larger norm are scaled down to it.
            scale_rewards: Whether rewards are divided by the running standard deviation of the
                return.
        """
        rlhelpers.set_seed(seed)
        self.total_timesteps, self.num_env_steps, self.num_vec_envs = total_timesteps, num_env_steps, num_vec_envs
        self.num_update_epochs, self.batch_size = num_update_epochs, batch_size
        self.gamma, self.gae_lambda, self.eps = gamma, gae_lambda, eps
        self.critic_weight, self.entropy_weight, self.max_grad_norm = critic_weight, entropy_weight, max_grad_norm
        self.device, self.seed = torch.device(device), seed
        self.envs = rlhelpers.make_vec_env(partial(make_env, env_id), num_vec_envs, autoreset_mode="same_step")
        self.obs_dim = gym.spaces.flatdim(self.envs.single_observation_space)
        self.action_dim = gym.spaces.flatdim(self.envs.single_action_space)
        self.actor = Actor(self.obs_dim, self.action_dim, hidden_dim).to(self.device)
        self.learning_rate = learning_rate
        self.optimizer = torch.optim.Adam(self.actor.parameters(), lr=learning_rate, eps=1e-5)
        self.reward_scaler = RewardScaler(num_vec_envs, gamma) if scale_rewards else None
        self.history: list[tuple[int, float]] = []
        self.obs = self.to_tensor(self.envs.reset(seed=seed)[0])
        self.episode_returns = np.zeros(num_vec_envs)
        self.num_transitions = 0

    def to_tensor(self, array: np.ndarray) -> Tensor:
        """Copies an array to a float32 tensor on the trainer's device."""
        return torch.tensor(array, dtype=torch.float32, device=self.device)

    def record_step(self, rewards: np.ndarray, dones: np.ndarray) -> Tensor:
        """Counts one step of all environments and writes finished episodes to ``history``.

        Call it once per step.

        Args:
            rewards: [B], as the vector environment returned them.
            dones: [B], bool, whether the episode ended with this step, for either reason.

        Returns:
            The rewards [B] to learn from: scaled, unless that is turned off.
        """
        self.num_transitions += self.num_vec_envs
        self.episode_returns += rewards
        self.history += [(self.num_transitions, float(total)) for total in self.episode_returns[dones]]
        self.episode_returns[dones] = 0.0
        return self.to_tensor(self.reward_scaler(rewards, dones) if self.reward_scaler else rewards)

    @torch.no_grad()
    def collect(self) -> Experience:
        """Steps the environments ``num_env_steps`` times with sampled actions.

        It goes on from ``self.obs`` [B, obs_dim], the observations after the last call, and leaves
        the newest ones there. Rewards pass through ``record_step``; where an episode was truncated
        and not terminated, gamma times the value of ``infos["final_obs"]`` is added to them. No
        gradient is recorded.

        Returns:
            What the fields of ``Experience`` say.
        """
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
            rewards[t] = self.record_step(reward, terminated | truncated)
            dones[t] = self.to_tensor(terminated | truncated)
            cut = truncated & ~terminated
            if cut.any():
                final_values = self.actor.get_value(self.to_tensor(np.stack(infos["final_obs"][cut])))
                rewards[t, torch.as_tensor(cut, device=self.device)] += self.gamma * final_values
            self.obs = self.to_tensor(obs)
        values[steps] = self.actor.get_value(self.obs)
        return Experience(observations, actions, log_probs, rewards, dones, values)
        # END SOLUTION

    def update_epochs(
        self, observations: Tensor, actions: Tensor, log_probs: Tensor, returns: Tensor, advantages: Tensor
    ) -> None:
        """Improves actor and critic on one rollout, in ``num_update_epochs`` passes over shuffled batches.

        In each pass every transition is used once; the last batch may be smaller than
        ``batch_size``. The loss is
        ``actor_loss + critic_weight * critic_loss + entropy_weight * entropy_loss``, each on the
        batch, and the norm of its gradient is limited to ``max_grad_norm``
        (``nn.utils.clip_grad_norm_``). The arguments are left unchanged.

        Args:
            observations: [N, obs_dim], N = steps times environments.
            actions: [N, action_dim], as sampled.
            log_probs: [N], under the policy that sampled the actions, summed over the action's
                components.
            returns: [N], targets of the critic.
            advantages: [N], not normalised yet; here they are, to mean 0 and standard deviation 1
                over all N.
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
        """Alternates ``collect`` and ``update_epochs``, with a progress bar (``tqdm``).

        There are ``total_timesteps // (T * B)`` rounds, at least one. In each, returns and
        advantages come from ``compute_gae`` with ``self.gae_lambda``, or if that is None from
        ``multi_step_returns``, the advantages being returns minus ``values[:-1]``. Everything is
        flattened from [T, B, ...] to [T * B, ...] for ``update_epochs``. Then
        ``update_normalisation`` sees the round's observations. The learning rate,
        ``self.optimizer.param_groups[0]["lr"]``, falls linearly from ``learning_rate`` towards
        zero.

        Returns:
            ``self.actor``.
        """
        # BEGIN SOLUTION
        num_updates = max(1, self.total_timesteps // (self.num_env_steps * self.num_vec_envs))
        progress = tqdm(range(num_updates), desc="PPO", unit="update")
        for update in progress:
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * (1 - update / num_updates)
            observations, actions, log_probs, rewards, dones, values = self.collect()
            if self.gae_lambda is None:
                returns = multi_step_returns(rewards, values, dones, self.gamma)
                advantages = returns - values[:-1]
            else:
                returns, advantages = compute_gae(rewards, values, dones, self.gamma, self.gae_lambda)
            flat = (data.flatten(0, 1) for data in (observations, actions, log_probs, returns, advantages))
            self.update_epochs(*flat)
            update_normalisation(self.actor, observations)
            if self.history:
                recent = [episode_return for _, episode_return in self.history[-self.num_vec_envs :]]
                progress.set_postfix(mean_return=f"{np.mean(recent):.0f}")
        return self.actor
        # END SOLUTION


# %% check="PPOTrainer"
check("PPOTrainer")

# %% [markdown]
# ## 7. Training
#
# 5,000 to 10,000 transitions a second on one core: about a minute for the default length.
# (`if __name__ == "__main__":` is always true in a notebook; it lets the cells above be imported without
# training.)
#
# **What to watch: the return, not the loss.** In supervised learning a falling loss means progress, because
# the data stay the same. Here each round brings new data from a new policy. The actor's loss starts every
# round near zero, whatever the policy is worth: the ratios are 1 and the advantages have mean 0. The critic's
# loss often *rises* while the agent improves, since larger returns are harder to predict ([Spinning
# Up](https://spinningup.openai.com/en/latest/spinningup/rl_intro3.html) makes the same point). Useful to look
# at are the return of episodes, the standard deviations `actor.log_std.exp()` (do they collapse?), and how
# often the ratio is clipped.
#
# **How well should it go?** The reference, with `compute_gae` and twenty seeds, had greedy returns from
# 4,252 to 6,470 after 300,000 transitions, half of them above 4,969. While training, episodes return less: the
# noise of exploration costs an animal that runs fast a good part of its speed. Without the bonus, seed 0 had
# a greedy return of 4,514, but 1,871 with exploration, in place of 4,019. Never compare two variants by one
# run each. The return alone hardly tells a right trainer from a wrong one, either: several classic mistakes
# (no clipping, truncation treated as termination, log-probabilities of clipped actions) do about as well in a
# short run. That is why the checks test each part.

# %% tags=["training"]
if __name__ == "__main__":
    trainer = PPOTrainer(
        env_id,
        total_timesteps,
        num_vec_envs,
        num_env_steps,
        num_update_epochs,
        batch_size,
        gamma,
        eps=0.2,
        seed=seed,
        device=device,
        learning_rate=learning_rate,
        gae_lambda=gae_lambda if rlhelpers.is_written(compute_gae) else None,
    )
    actor = trainer.learn()

# %% [markdown]
# Dots are episodes with exploration, the line is their moving mean. `plot_learning_curves` takes several runs
# per label, too, and then draws their mean and a band of one standard deviation:
# `{"eps 0.2": [history_1, history_2], "eps 0.4": [...]}`.

# %% tags=["training"]
if __name__ == "__main__":
    rlhelpers.plot_learning_curves({"PPO": [trainer.history]}, title=env_id)

# %% [markdown]
# The greedy policy, on seeds that training has not used:

# %% tags=["training"]
if __name__ == "__main__":
    scores = evaluate(actor, num_eval_episodes, seed=1000, device=device, env_id=env_id)
    print(f"greedy return: {scores.mean():.0f} ± {scores.std():.0f} over {len(scores)} episodes")

# %% [markdown]
# And what it looks like. High returns do not always look like running: some agents find it just as quick to
# slide on their backs.

# %% tags=["training"]
if __name__ == "__main__":
    with make_env(env_id, render_mode="rgb_array") as film_env:
        rlhelpers.record_video(film_env, actor, "cheetah.mp4", max_seconds=video_seconds)
    rlhelpers.show_video("cheetah.mp4")

# %% [markdown]
# Now the weights, to be handed in with the notebook. Normalisation statistics are among them, so the file
# is all that a player of your policy needs. `rlhelpers.load_policy` reads them back into an `Actor` of the
# same sizes. The history goes along for the learning curve in your feedback. If the mean return above is far
# from 3,000, train longer or look for the mistake first: the default length is enough for it.

# %% tags=["training"]
if __name__ == "__main__":
    rlhelpers.save_policy(actor, "policy.safetensors", trainer.history)

# %% check="policy"
check("policy")

# %% [markdown]
# ## 8. The details that matter
#
# PPO's formula fits on one line, and yet published implementations of it differ by a factor of three on this
# very task. What makes the difference is around the formula. Two papers took implementations apart
# ([Engstrom et al. 2020](https://arxiv.org/abs/2005.12729), [Andrychowicz et al.
# 2020](https://arxiv.org/abs/2006.05990)), and [The 37 implementation details of
# PPO](https://iclr-blog-track.github.io/2022/03/25/ppo-implementation-details/) is the list that most people
# work from; [Spinning Up](https://spinningup.openai.com/en/latest/algorithms/ppo.html) has a version that
# leaves most of them out, and is the easier to read. These are the details that you have just used:
#
# - **Many environments, short rollouts** (`collect`): a batch from many places of many episodes is less
#   correlated than one long episode, and the policy is improved often.
# - **Observations normalised, clipped to ±10** (`Actor.normalise`): the same layers and learning rate then
#   fit positions and velocities alike.
# - **Rewards scaled, not shifted** (`RewardScaler`): the critic's targets are near 1; a shift would make
#   living longer good or bad.
# - **Orthogonal layers, last policy layer × 0.01** (`linear`): the first policy is centred at 0 everywhere:
#   no action is preferred before anything is known.
# - **$\log\sigma$ apart from the observation, from −1** (`Actor.log_std`): exploration is wide enough to
#   find better actions, narrow enough to see that they are better.
# - **Two networks** (`Actor`): the critic's large gradients cannot disturb the policy's features.
# - **$\lambda = 0.92$, $\gamma = 0.98$** (`compute_gae`): less variance than full returns, less bias than one
#   step. Fifty steps of looking ahead are enough for running, and a longer view has more noise in it.
# - **Advantages normalised** (`update_epochs`): the size of the policy's step does not depend on the size
#   of rewards.
# - **Clipped ratio, several epochs** (`actor_loss`): experience is used ten times, and the policy stays
#   near the one that collected it.
# - **No clipping in the critic's loss** (`critic_loss`): some implementations have it; the first paper
#   found no use in it, the second harm.
# - **Norm of gradients at most 0.5** (`update_epochs`): a single odd batch cannot throw the policy off.
# - **Learning rate falls to 0** (`learn`): large steps while there is much to learn, small ones to settle.
# - **Truncation bootstraps** (`collect`): the clock is no property of the state.
#
# How much does a detail matter? Ask by experiment, one change at a time. The next cell trains four variants,
# each with several seeds: the trainer as it is, exploration that starts wide ($\log\sigma = 0$), no
# normalisation of observations and rewards, and two epochs in place of ten. With the default settings this
# takes a few minutes; make `experiment_seeds` larger when you have the time.

# %% tags=["training"]
if __name__ == "__main__":

    def learning_curve(
        run_seed: int, initial_log_std: float = -1.0, normalised: bool = True, num_epochs: int = num_update_epochs
    ) -> list[tuple[int, float]]:
        """Trains a variant and returns its history."""
        variant = PPOTrainer(
            env_id,
            experiment_timesteps,
            num_vec_envs,
            num_env_steps,
            num_epochs,
            batch_size,
            gamma,
            eps=0.2,
            seed=run_seed,
            device=device,
            learning_rate=learning_rate,
            gae_lambda=gae_lambda if rlhelpers.is_written(compute_gae) else None,
            scale_rewards=normalised,
        )
        with torch.no_grad():
            variant.actor.log_std.fill_(initial_log_std)
        if not normalised:
            variant.actor.add_module("normalise", nn.Identity())
        variant.learn()
        return variant.history

    seeds = range(experiment_seeds)
    curves = {
        "as above": [learning_curve(each) for each in seeds],
        "log std from 0": [learning_curve(each, initial_log_std=0.0) for each in seeds],
        "no normalisation": [learning_curve(each, normalised=False) for each in seeds],
        "2 epochs": [learning_curve(each, num_epochs=2) for each in seeds],
    }
    rlhelpers.plot_learning_curves(curves, title=f"{env_id}: one change at a time")

# %% [markdown]
# The reference, with three seeds and 100,000 transitions each, ended with these returns (the last 32
# episodes, with exploration; one number for each seed): as above 779, 584 and 877; wide exploration 336, 538
# and 314; no normalisation 361, 504 and 325; two epochs 12, 588 and 556, in two thirds of the time. Every
# change costs about a half. But look at the second seed: had you run that one alone, you might have kept
# them all.
#
# Questions to answer from your own plot: which bands overlap, and what would you need to tell those variants
# apart? Is the variant that is best after 100,000 transitions bound to be best after a million? (The learning
# rate of a shorter run falls sooner: where in the code does that come in?)

# %% [markdown]
# ## Where to go from here
#
# - Three seeds each with and without `gae_lambda`, in one plot. How far apart are the runs of one setting?
# - Set `eps` to 0.01 and to 10. What does each do to the curve, and why?
# - Train with ten times the transitions and `hidden_dim=128`, once with `entropy_weight=0.003` and once with
#   0.05. What happens to the standard deviations, and what to the return?
# - An animal that has learned for millions of transitions has about a third of its actions' components beyond
#   the bounds, and how far beyond makes no difference. Give them the probability of all that lies beyond the
#   bound (`torch.special.log_ndtr`) in place of their density ([Fujita and Maeda
#   2018](https://arxiv.org/abs/1802.07564)); the density *at* the bound would be a mistake. The policy gradient
#   is the same on average: why? And what is won? Let `get_action_dist` return a `Normal` with a `log_prob` of
#   your own, for this experiment only (the checks expect the density); the trainer can stay as it is.
# - Put a mistake in on purpose, such as treating truncation as termination, and see whether you could have
#   told from the curve.

# %% [markdown]
# ## Handing in
#
# Save the notebook first (Ctrl+S): the file is what counts, not what the page shows. The cell below takes
# about ten seconds, leaves training out, and writes `ppo.zip` beside the notebook. Run it again after every
# change.

# %% tags=["training"]
rlhelpers.hand_in("ppo", globals())
