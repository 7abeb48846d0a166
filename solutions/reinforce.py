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
# # REINFORCE on CartPole
#
# In this assignment you write **REINFORCE** ([Williams 1992](https://doi.org/10.1007/BF00992696)), the oldest
# and shortest policy-gradient method, and teach a cart to balance a pole. Play a few episodes, look at how
# they went, make the actions of the good ones likelier, play again:
#
# $$\text{play } M \text{ episodes} \;\rightarrow\; \text{score every action} \;\rightarrow\; \text{one gradient
# step} \;\rightarrow\; \text{play again}$$
#
# Everything that came later, PPO included, is an answer to what you will see here: the method is right on
# average, and noisy. In the bonus you take the noise down by three well-known steps, and at the end you
# compare your agent with one from a library, Stable-Baselines3.
#
# | exercise | what you write | points |
# | :--- | :--- | ---: |
# | `Actor` | a policy network | 0.75 |
# | `collect_experience` | playing episodes | 0.75 |
# | `policy_gradient_loss` | the loss | 0.75 |
# | `train` | the algorithm | 0.75 |
# | `discounted_return` | rewards far away count less | 1 (bonus) |
# | `returns_to_go` | an action is not to blame for what came before it | 1 (bonus) |
# | `ValueNetwork` | how much return to expect | 0.25 (bonus) |
# | `train_with_baseline` | better or worse than expected? | 0.75 (bonus) |
# | **total** | | **3 + 3 bonus** |
#
# **How it is graded.** The grader calls your functions and classes with inputs of its own, several checks per
# exercise, each with its share of the points; feedback says what each one found. It also has your `train`
# and `train_with_baseline` learn tiny environments in which the right answer is known. The visible checks are
# a help and count for nothing themselves: passing them all is a good sign, not a proof. Cells that train
# below are not run by the grader. Keep names and signatures as they are; add cells and helper functions as
# you like. Cells that are given (imports, `standardise`, checks) are put back to their original text before
# grading, so write your own code elsewhere. Where a check needs another function of yours and that one fails,
# the report says *could not be judged*, not *failed*: mend the other one first.
#
# **The trained agent** gives no points, but is worth handing in: the grader loads your `policy.safetensors` into
# your `Actor` and plays ten episodes of its own with the greedy policy. Your feedback shows their returns (CartPole
# counts as solved from a mean of 475 on), your learning curve and a film.
#
# **Deadlines.** Full points until 6 December 2026, 23:59, half of them until 20 December 2026, 23:59 (Prague
# time).
#
# **Handing in.** Save the notebook and run its last cell. It runs the notebook in a fresh kernel, as the
# grader does, says what is missing, and packs `reinforce.zip`: the notebook, and your trained agent in
# `policy.safetensors` if there is one. That archive is what you upload where the course tells you to. An
# unfinished notebook can be handed in as well; every exercise is graded by itself.
#
# **On Colab** everything works as it stands; a CPU runtime is enough. If the course's package is not
# installed, the first code cells install it. Files go when the runtime ends: the last cell has your browser
# save the archive.

# %% [markdown]
# ## Settings
#
# The length of training and a few other numbers, in one place. To look for mistakes use few `epochs`, such as
# 10. `course_package` is what `pip` installs where the course's package is missing; your course page says
# what it is.

# %% tags=["parameters"]
env_id = "CartPole-v1"
epochs = 100
batch_episodes = 5
learning_rate = 2e-2
gamma = 0.99
seed = 0
comparison_seeds = 3
num_eval_episodes = 20
dqn_timesteps = 50_000
video_seconds = 10.0
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
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Categorical
from torch.nn import functional as F
from tqdm.auto import tqdm

import rlhelpers

check = rlhelpers.inline_checks("reinforce", globals())

# %% [markdown]
# ## 1. The policy
#
# In [CartPole](https://gymnasium.farama.org/environments/classic_control/cart_pole/) an observation has four
# numbers (position and velocity of the cart, angle and angular velocity of the pole), and there are two
# actions: push to the left, push to the right. Every step pays a reward of 1. The episode *terminates* when
# the pole has fallen too far or the cart has left the track, and is *truncated* after 500 steps, so 500 is
# the best return there is.
#
# The policy $\pi_\theta(a \mid s)$ is a network that says how likely each action shall be. It gives one number
# for each action, a **logit** $z_a$, any real number, and the softmax makes probabilities of them:
#
# $$\pi_\theta(a \mid s) = \frac{e^{z_a}}{\sum_{b} e^{z_b}}, \qquad z = f_\theta(s).$$
#
# [`torch.distributions.Categorical(logits=z)`](https://docs.pytorch.org/docs/stable/distributions.html#categorical)
# does that, draws samples, and knows log-probabilities with their gradients. Hand it the logits as they come
# from the last layer: a softmax in the network would be applied twice, and no action could ever become
# certain.
#
# While the agent learns it **samples**, because what is never tried is never learned about. To see how good a
# policy has become, we let it act **greedily**: always the likeliest action.


# %% exercise="Actor"
class Actor(nn.Module):
    """A policy over ``action_dim`` actions, numbered from 0."""

    def __init__(self, obs_dim: int, action_dim: int, hidden_dim: int = 32) -> None:
        """Builds the network.

        Args:
            obs_dim: Number of components of an observation.
            action_dim: Number of actions.
            hidden_dim: Width of every hidden layer; one layer with ``nn.Tanh`` is enough.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.logits = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, action_dim))
        # END SOLUTION

    def forward(self, obs: Tensor) -> Categorical:
        """Returns the policy's distribution for each observation.

        Args:
            obs: Observations [N, obs_dim], float32.

        Returns:
            ``Categorical`` of batch shape [N]; gradients of its log-probabilities reach all parameters.
        """
        # BEGIN SOLUTION
        return Categorical(logits=self.logits(obs), validate_args=False)  # validation would cost a tenth of training
        # END SOLUTION

    def get_action(self, obs: np.ndarray, greedy: bool = False) -> int:
        """Chooses an action for one observation.

        Args:
            obs: One observation [obs_dim], as the environment gives it: a NumPy array, float32 or float64.
            greedy: Take the likeliest action instead of a sample.

        Returns:
            The number of the action, a Python int.
        """
        # BEGIN SOLUTION
        with torch.no_grad():
            dist = self(torch.as_tensor(obs, dtype=torch.float32))
            return int(dist.logits.argmax() if greedy else dist.sample())
        # END SOLUTION


# %% check="Actor"
check("Actor")

# %% [markdown]
# ## 2. Experience
#
# A policy is judged by the **return** of its episodes, the sum of the rewards
# $R = r_0 + r_1 + \dots + r_{T-1}$, where $r_t$ is the reward of step $t$ (books often call it $r_{t+1}$).
# Which of the $T$ actions were the good ones? REINFORCE in its first form does not ask: each action of an
# episode gets the same **score**, the episode's whole return. Among many episodes the actions that belong in
# good ones will stand out.
#
# So `collect_experience` plays whole episodes and writes all their steps one below the other, $N$ rows in
# all, with nothing to tell where an episode ends. It can forget that, since all that matters about an episode
# is in the scores by then.
#
# The bonus tasks replace the scores by better ones; for that there is `score_fn`, a function from the rewards
# of *one* episode to the scores of its steps.
#
# Two flags end an episode, `terminated` and `truncated`; it is over if either is set
# ([Gymnasium's documentation](https://gymnasium.farama.org/tutorials/gymnasium_basics/handling_time_limits/)).
# Watch which observation you write down: the one in which the action was *chosen*, not the one that it led
# to.


# %% exercise="collect_experience"
def collect_experience(
    env: gym.Env,
    actor: Actor,
    num_episodes: int,
    score_fn: Callable[[list[float]], Sequence[float] | np.ndarray] | None = None,
) -> tuple[Tensor, Tensor, Tensor, dict[str, float]]:
    """Plays whole episodes with sampled actions.

    Args:
        env: A single environment with observations [obs_dim]; every episode begins with ``env.reset()``, without a
            seed. It is left open.
        actor: Its ``get_action`` chooses the actions.
        num_episodes: How many episodes to play.
        score_fn: Called once per episode with the list of its rewards; returns one score per step. None: the sum of
            the rewards, the same for every step of the episode.

    Returns:
        Observations [N, obs_dim], float32, actions [N], int64, and scores [N], float32, in the order of time, N being
        the number of steps of all episodes; and a dictionary with ``"mean_return"``, the mean undiscounted return of
        the episodes whatever the scores are, and ``"mean_len"``, their mean number of steps.
    """
    # BEGIN SOLUTION
    observations, actions, returns = [], [], []
    scores: list[float] = []
    for _ in range(num_episodes):
        obs, _ = env.reset()
        rewards: list[float] = []
        done = False
        while not done:
            action = actor.get_action(obs)
            observations.append(obs)
            actions.append(action)
            obs, reward, terminated, truncated, _ = env.step(action)
            rewards.append(float(reward))
            done = terminated or truncated
        total = sum(rewards)
        scores.extend([total] * len(rewards) if score_fn is None else score_fn(rewards))
        returns.append(total)
    info = {"mean_return": float(np.mean(returns)), "mean_len": len(actions) / num_episodes}
    return (
        torch.tensor(np.array(observations), dtype=torch.float32),
        torch.tensor(actions, dtype=torch.int64),
        torch.tensor(np.array(scores), dtype=torch.float32),
        info,
    )
    # END SOLUTION


# %% check="collect_experience"
check("collect_experience")

# %% [markdown]
# ## 3. The loss
#
# We want the parameters $\theta$ with the largest expected return $J(\theta)$. The return comes out of the
# environment, which has no gradient. The **policy gradient theorem** gets around that (Sutton and Barto,
# [*Reinforcement Learning*, 2nd edition](http://incompleteideas.net/book/the-book-2nd.html), sections 13.2
# and 13.3; [Spinning Up](https://spinningup.openai.com/en/latest/spinningup/rl_intro3.html) derives it step by
# step). In an episode of $T$ steps with return $R$
#
# $$\nabla_\theta J(\theta) = \mathbb E\Big[\sum_{t=0}^{T-1} R \; \nabla_\theta \log \pi_\theta(a_t \mid
# s_t)\Big].$$
#
# All that is needed is the gradient of the log-probability of actions that were taken: push each one up, as
# hard as its score says. To let torch do the work, we write down a number whose gradient is that of the
# formula, estimated from the $N$ steps that were collected, up to a positive factor (it divides by $N$, not by
# the number of episodes) and with the sign turned round, as optimizers minimise:
#
# $$L(\theta) = -\frac{1}{N} \sum_{n=1}^{N} \Psi_n \, \log \pi_\theta(a_n \mid s_n),$$
#
# where $\Psi_n$ is the score of step $n$, a constant.
#
# **The loss is no quantity to watch.** In supervised learning a falling loss means progress, because the data
# stay the same. Here only the *gradient* of $L$ means anything, and only at the parameters that collected the
# data. The number itself says nothing about how good the policy is: a poor agent has small returns and hence
# a small loss, a sure one has log-probabilities near 0, whatever it does, and next epoch's data are other
# data. It can rise while the agent improves, and fall to 0 while it gets stuck. Watch the returns.
#
# **The shape trap.** Log-probabilities and scores are both `[N]`. If one of them has become `[N, 1]`, their
# product is neither an error nor what you want:

# %%
if __name__ == "__main__":
    print((torch.zeros(5, 1) * torch.zeros(5)).shape)

# %% [markdown]
# By [broadcasting](https://docs.pytorch.org/docs/stable/notes/broadcasting.html) it is `[N, N]`: every
# log-probability is multiplied by every score, and minus the mean over that is
# $-\,\overline{\log \pi} \cdot \overline{\Psi}$. All actions then get the same score, good and bad ones alike.
# With scores as they are, the loss looks as usual and the agent ends up worse than a random one. With
# standardised ones (section 4) the mean score is 0, so the loss is 0 up to rounding and nothing is learned.
# Nothing raises either way. Whenever an agent does not learn, print shapes first.


# %% exercise="policy_gradient_loss"
def policy_gradient_loss(log_prob: Tensor, score: Tensor) -> Tensor:
    """Returns the loss whose gradient is minus the policy gradient.

    Args:
        log_prob: [N], log-probabilities of the actions taken, with gradient.
        score: [N], how good each action turned out; used as it is (neither normalised nor clipped here).

    Returns:
        A scalar tensor (shape []): minus the mean of the products. The arguments are left unchanged.
    """
    # BEGIN SOLUTION
    return -(log_prob * score).mean()
    # END SOLUTION


# %% check="policy_gradient_loss"
check("policy_gradient_loss")

# %% [markdown]
# ## 4. The algorithm
#
# Now put the parts together. An *epoch* is: collect `batch_episodes` episodes, compute the log-probabilities
# of all their actions in one call of the network, make one gradient step with
# [Adam](https://arxiv.org/abs/1412.6980), forget the episodes. Old experience is of no use: the expectation
# in the theorem is over what the *current* policy does.
#
# **Standardised scores.** On CartPole all returns are positive, so $\Psi = R$ pushes *every* action up, those
# of bad episodes too, only less. That is right on average, since probabilities have to sum to one and what is
# pushed less loses; but from five episodes one sees mostly noise. Subtracting any number $b$ that does not
# depend on the action leaves the expectation as it is, because
#
# $$\mathbb E_{a \sim \pi_\theta}\big[b \, \nabla_\theta \log \pi_\theta(a \mid s)\big] = b \, \nabla_\theta
# \sum_a \pi_\theta(a \mid s) = b \, \nabla_\theta 1 = 0$$
#
# (Sutton and Barto, section 13.4), and if $b$ is about the mean score, bad episodes are pushed *down*. The
# given `standardise` subtracts the mean of the batch and divides by its standard deviation. (As that mean is
# made of the same scores, the gradient is no longer exactly unbiased; in practice this hardly matters.) Use
# it in `train`, unless `batch_episodes` is 1: a single episode has nothing to be compared with. The grader
# accepts scores as they are, too, but on CartPole you will not get far with them: try it.
#
# **Seeding.** `seed` fixes everything random once, at the start: `torch.manual_seed(seed)`, from which
# actions are sampled, and the first `env.reset(seed=seed)`. All other resets are without a seed; with one,
# every episode would begin in the same state. A training run can then be repeated exactly.


# %% locked="given_standardise"
def standardise(scores: Tensor) -> Tensor:
    """Returns scores [N] minus their mean, divided by their standard deviation; 0 if all are the same whole number."""
    return (scores - scores.mean()) / (scores.std(unbiased=False) + 1e-8)


# %% exercise="train"
def train(
    actor: Actor,
    env_id: str,
    lr: float = 1e-2,
    epochs: int = 150,
    batch_episodes: int = 5,
    seed: int = 0,
    score_fn: Callable[[list[float]], Sequence[float] | np.ndarray] | None = None,
) -> list[float]:
    """Trains an actor by REINFORCE, with a progress bar (``tqdm``).

    Each epoch calls ``collect_experience`` for new episodes and makes one step of ``torch.optim.Adam`` (one optimizer
    for all epochs) on ``policy_gradient_loss``.

    Args:
        actor: The policy; changed in place.
        env_id: Id of the environment, for ``gym.make``.
        lr: Adam's step size.
        epochs: Number of gradient steps.
        batch_episodes: Episodes per epoch.
        seed: Used once, at the start, for torch and for the first reset.
        score_fn: Handed on to ``collect_experience``.

    Returns:
        The mean undiscounted return of each epoch's episodes, one float per epoch.
    """
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    mean_returns = []
    with gym.make(env_id) as env:
        env.reset(seed=seed)
        progress = tqdm(range(epochs), desc="REINFORCE", unit="epoch")
        for _ in progress:
            obs, actions, scores, info = collect_experience(env, actor, batch_episodes, score_fn)
            if batch_episodes > 1:
                scores = standardise(scores)
            loss = policy_gradient_loss(actor(obs).log_prob(actions), scores)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            mean_returns.append(info["mean_return"])
            progress.set_postfix(mean_return=f"{mean_returns[-1]:.0f}")
    return mean_returns
    # END SOLUTION


# %% check="train"
check("train")

# %% [markdown]
# ## 5. Training
#
# Ten seconds to a minute. (`if __name__ == "__main__":` is always true in a notebook; it lets the cells
# above be imported without training.)

# %% tags=["training"]
if __name__ == "__main__":
    with gym.make(env_id) as env:
        obs_dim = gym.spaces.flatdim(env.observation_space)
        action_dim = gym.spaces.flatdim(env.action_space)

    def make_actor(actor_seed: int) -> Actor:
        """Returns an untrained actor; the same seed gives the same weights."""
        torch.manual_seed(actor_seed)
        return Actor(obs_dim, action_dim)

    def curve(mean_returns: list[float]) -> list[tuple[int, float]]:
        """Returns pairs (epoch, mean return) to be plotted."""
        return list(enumerate(mean_returns, start=1))

    actor = make_actor(seed)
    mean_returns = train(actor, env_id, learning_rate, epochs, batch_episodes, seed)

# %% [markdown]
# Dots are epochs (the mean return of their episodes, with exploration), the line is their moving mean. Expect
# it to go up and down: each step rests on a handful of episodes.

# %% tags=["training"]
if __name__ == "__main__":
    rlhelpers.plot_learning_curves({"REINFORCE": [curve(mean_returns)]}, title=env_id, xlabel="epoch")

# %% [markdown]
# What has it learned? Returns while training include the cost of exploring, so an agent is judged by greedy
# episodes, with seeds that training has not used:

# %% tags=["training"]
if __name__ == "__main__":
    with gym.make(env_id) as env:
        greedy_returns = rlhelpers.evaluate_policy(
            env, partial(actor.get_action, greedy=True), num_eval_episodes, seed=1000
        )
    print(
        f"greedy return: {greedy_returns.mean():.1f} ± {greedy_returns.std():.1f} over {len(greedy_returns)} episodes"
    )

# %% [markdown]
# And now watch it:

# %% tags=["training"]
if __name__ == "__main__":
    with gym.make(env_id, render_mode="rgb_array") as film_env:
        rlhelpers.record_video(
            film_env, partial(actor.get_action, greedy=True), "cartpole.mp4", max_seconds=video_seconds, seed=1000
        )
    rlhelpers.show_video("cartpole.mp4")

# %% [markdown]
# The weights, to be handed in with the notebook. `rlhelpers.load_policy` reads them back into an `Actor` of
# the same sizes. The history of training goes along for the learning curve in your feedback.

# %% tags=["training"]
if __name__ == "__main__":
    steps = np.cumsum(mean_returns) * batch_episodes  # every step of CartPole pays 1
    rlhelpers.save_policy(actor, "policy.safetensors", list(zip(steps, mean_returns, strict=True)))

# %% [markdown]
# ## 6. Bonus: better scores
#
# ### Discounting
#
# A reward now is often worth more than one in the far future, and an action has less to do with what happens
# a hundred steps later. The **discounted return** weighs the reward of step $t$ by $\gamma^t$,
#
# $$G = \sum_{t=0}^{T-1} \gamma^t \, r_t, \qquad 0 \le \gamma \le 1$$
#
# (Sutton and Barto, section 3.3). The first reward has the weight 1. `0.0 ** 0` is 1 in Python, so
# $\gamma = 0$ needs no special case.


# %% exercise="discounted_return"
def discounted_return(rewards: Sequence[float] | np.ndarray, gamma: float) -> float:
    """Returns the discounted sum of the rewards of an episode.

    Args:
        rewards: T rewards, a list or an array, of floats or integers; left unchanged.
        gamma: Discount in [0, 1].

    Returns:
        The discounted return of the first step, a Python float.
    """
    # BEGIN SOLUTION
    return float(sum(gamma**t * reward for t, reward in enumerate(rewards)))
    # END SOLUTION


# %% check="discounted_return"
check("discounted_return")

# %% [markdown]
# As the score of *all* steps it is used like this: `score_fn=lambda rewards: [discounted_return(rewards,
# gamma)] * len(rewards)`.
#
# ### Return-to-go
#
# An action cannot change what happened before it. Yet with the episode's return as its score, it is praised
# and blamed for earlier rewards, too; that part of the score is pure noise. What an action is responsible for
# is what came *from its step on*, the **return-to-go**
#
# $$G_t = \sum_{k=t}^{T-1} \gamma^{k-t} \, r_k .$$
#
# The discount starts anew at each step: $r_t$ has the weight 1 in $G_t$. From right to left it is a
# recursion,
#
# $$G_T = 0, \qquad G_t = r_t + \gamma \, G_{t+1},$$
#
# so that one pass over the rewards is enough. Two traps: the order (what is appended from the back has to be
# turned round), and integer rewards, since `np.zeros_like(rewards)` is then an array of integers and cuts
# off whatever is written into it.


# %% exercise="returns_to_go"
def returns_to_go(rewards: Sequence[float] | np.ndarray, gamma: float) -> np.ndarray:
    """Returns the discounted sum of the rewards from each step on.

    Args:
        rewards: T rewards, a list or an array, of floats or integers; left unchanged.
        gamma: Discount in [0, 1].

    Returns:
        Array [T], float64; element t is the discounted return of step t.
    """
    # BEGIN SOLUTION
    returns = np.zeros(len(rewards))
    following = 0.0
    for t in reversed(range(len(rewards))):
        following = rewards[t] + gamma * following
        returns[t] = following
    return returns
    # END SOLUTION


# %% check="returns_to_go"
check("returns_to_go")

# %% [markdown]
# Does it help? One run of each would say little, as you can see by changing `seed`. Each kind of score gets
# `comparison_seeds` runs, and the plot shows their mean and a band of one standard deviation. With three
# seeds that is six runs, one to five minutes in all.

# %% tags=["training"]
if __name__ == "__main__":
    score_fns: dict[str, Callable[[list[float]], Sequence[float] | np.ndarray] | None] = {"episode's total": None}
    if rlhelpers.is_written(returns_to_go):
        score_fns["return-to-go"] = partial(returns_to_go, gamma=gamma)
    curves = {
        label: [
            curve(train(make_actor(run), env_id, learning_rate, epochs, batch_episodes, run, score_fn))
            for run in range(comparison_seeds)
        ]
        for label, score_fn in score_fns.items()
    }
    rlhelpers.plot_learning_curves(curves, title=env_id, xlabel="epoch")

# %% [markdown]
# Questions to think about:
#
# - **Why is the return-to-go better?** Both gradients have the same expectation (for $\gamma = 1$). What is
#   the expectation of $r_0 \, \nabla_\theta \log \pi_\theta(a_{10} \mid s_{10})$, and what does it add to the
#   variance? Where does the difference show most, in the first epochs or the last ones?
# - On CartPole every step pays 1, so the return-to-go is larger at the beginning of an episode than at its
#   end, however well it was played. Which actions get scores above the mean of the batch? Why does that do so
#   little harm in short episodes, and what would a better thing to subtract be?
# - What would $\gamma = 0.5$ do on CartPole? And $\gamma = 0$?

# %% [markdown]
# ### A learned baseline
#
# The last question has an answer. What to subtract need not be one number; it may depend on the state, only
# not on the action. The best simple choice is about what the policy gets *from that state on*, the **value**
#
# $$v_\pi(s) = \mathbb E_\pi\big[G_t \mid s_t = s\big].$$
#
# The score then becomes an estimate of the **advantage**, $\Psi_t = G_t - v_\pi(s_t)$: not "was it good?" but
# "was it better than what usually comes from here?" (Sutton and Barto, section 13.4). We do not know $v_\pi$,
# so a second network $V_\phi$ learns it from the same episodes, by least squares on the returns-to-go:
#
# $$L(\phi) = \frac{1}{N} \sum_{n=1}^{N} \big(V_\phi(s_n) - G_n\big)^2 .$$
#
# A value is any real number, so there is no activation after the last layer. And it is `[N]`: a last layer
# with one output gives `[N, 1]`, and here the shape trap waits twice, in the advantage $G - V$ and in the
# loss of $V$, where it makes the network learn the mean of the batch.


# %% exercise="ValueNetwork"
class ValueNetwork(nn.Module):
    """How much return to expect from an observation on."""

    def __init__(self, obs_dim: int, hidden_dim: int = 32) -> None:
        """Builds the network.

        Args:
            obs_dim: Number of components of an observation.
            hidden_dim: Width of every hidden layer; one layer with ``nn.Tanh`` is enough.
        """
        super().__init__()
        # BEGIN SOLUTION
        self.value = nn.Sequential(nn.Linear(obs_dim, hidden_dim), nn.Tanh(), nn.Linear(hidden_dim, 1))
        # END SOLUTION

    def forward(self, obs: Tensor) -> Tensor:
        """Returns the value of each observation.

        Args:
            obs: Observations [N, obs_dim], float32.

        Returns:
            [N], not [N, 1]; any real numbers, gradients reach all parameters.
        """
        # BEGIN SOLUTION
        return self.value(obs).squeeze(-1)
        # END SOLUTION


# %% check="ValueNetwork"
check("ValueNetwork")

# %% [markdown]
# Training is as before, with two networks and an optimizer for each. In every epoch:
#
# 1. collect episodes with the returns-to-go $G_n$ as scores;
# 2. the scores of the actor's loss are $G_n - V_\phi(s_n)$, and they are **constants**: detached from the
#    value network. Otherwise the actor's loss would train $V$ as well: it pushes every value up, most where a
#    rare action was taken, whatever the returns are;
# 3. one gradient step of the actor;
# 4. gradient steps of the value network on the squared error. Its targets are as large as the returns, up to
#    100 on CartPole, so a single step per epoch is too little; the reference makes 10 on the whole batch.
#
# You may standardise the advantages, as `train` does with its scores, or leave them as they are.


# %% exercise="train_with_baseline"
def train_with_baseline(
    actor: Actor,
    value_network: ValueNetwork,
    env_id: str,
    lr: float,
    epochs: int,
    batch_episodes: int,
    gamma: float,
    seed: int = 0,
) -> list[float]:
    """Trains an actor by REINFORCE with a learned baseline, and the baseline beside it.

    Each epoch calls ``collect_experience`` with ``returns_to_go`` as scores, makes one step of ``torch.optim.Adam`` for
    the actor on ``policy_gradient_loss``, whose scores are the returns-to-go minus the (detached) values, and one or
    more Adam steps for the value network on the mean squared error of its values.

    Args:
        actor: The policy; changed in place.
        value_network: The baseline; changed in place.
        env_id: Id of the environment, for ``gym.make``.
        lr: Adam's step size, for both networks.
        epochs: Number of the actor's gradient steps.
        batch_episodes: Episodes per epoch.
        gamma: Discount of the returns-to-go.
        seed: Used once, at the start, for torch and for the first reset.

    Returns:
        The mean undiscounted return of each epoch's episodes, one float per epoch.
    """
    # BEGIN SOLUTION
    torch.manual_seed(seed)
    actor_optimizer = torch.optim.Adam(actor.parameters(), lr=lr)
    value_optimizer = torch.optim.Adam(value_network.parameters(), lr=lr)
    mean_returns = []
    with gym.make(env_id) as env:
        env.reset(seed=seed)
        progress = tqdm(range(epochs), desc="REINFORCE with baseline", unit="epoch")
        for _ in progress:
            obs, actions, returns, info = collect_experience(
                env, actor, batch_episodes, lambda rewards: returns_to_go(rewards, gamma)
            )
            advantages = returns - value_network(obs).detach()
            loss = policy_gradient_loss(actor(obs).log_prob(actions), advantages)
            actor_optimizer.zero_grad()
            loss.backward()
            actor_optimizer.step()
            for _ in range(10):
                value_loss = F.mse_loss(value_network(obs), returns)
                value_optimizer.zero_grad()
                value_loss.backward()
                value_optimizer.step()
            mean_returns.append(info["mean_return"])
            progress.set_postfix(mean_return=f"{mean_returns[-1]:.0f}")
    return mean_returns
    # END SOLUTION


# %% check="train_with_baseline"
check("train_with_baseline")

# %% [markdown]
# The third curve, beside the first two:

# %% tags=["training"]
if __name__ == "__main__" and rlhelpers.is_written(train_with_baseline):
    curves["learned baseline"] = []
    for run in range(comparison_seeds):
        learner = make_actor(run)
        value_network = ValueNetwork(obs_dim)
        history = train_with_baseline(learner, value_network, env_id, learning_rate, epochs, batch_episodes, gamma, run)
        curves["learned baseline"].append(curve(history))
    rlhelpers.plot_learning_curves(curves, title=env_id, xlabel="epoch")

# %% [markdown]
# Is it better? In the reference's runs the baseline gets to the top first, in two thirds of the epochs that
# the episode's total needs; up there all three stumble now and then. What is left of the noise has two
# sources: the actions that happened to be sampled, and a value network that is always a little behind.
# Replacing the rest of the return by the value network's
# guess, too, leads to actor-critic methods and to PPO, the last assignment.

# %% [markdown]
# ## 7. The same with a library
#
# Nobody writes these loops anew for each project. [Stable-Baselines3](https://stable-baselines3.readthedocs.io/)
# is a library of well-tested algorithms with one interface: make environments, make a model, `learn`,
# `predict`. Nothing here is graded. We take **DQN**, which is no policy-gradient method but the deep relative
# of the Q-learning of the next assignment: a network estimates how much return each action is worth, the
# agent takes the best one, and it explores by acting at random now and then.
#
# It learns *off-policy*: all transitions go to a replay buffer and are used many times, where REINFORCE
# throws its episodes away after one step. Eight copies of the environment are stepped together (a
# [vectorised environment](https://stable-baselines3.readthedocs.io/en/master/guide/vec_envs.html)), so that
# the network chooses eight actions per call. A few minutes.

# %% tags=["training"]
if __name__ == "__main__":
    from stable_baselines3 import DQN
    from stable_baselines3.common.env_util import make_vec_env
    from stable_baselines3.common.evaluation import evaluate_policy

    vec_env = make_vec_env(env_id, n_envs=8, seed=seed)
    dqn = DQN(
        "MlpPolicy",
        vec_env,
        learning_rate=2.3e-3,
        buffer_size=50_000,
        learning_starts=1_000,
        batch_size=64,
        train_freq=32,
        gradient_steps=64,
        target_update_interval=80,
        exploration_fraction=0.16,
        exploration_final_eps=0.04,
        policy_kwargs={"net_arch": [64, 64]},
        seed=seed,
        device="cpu",
    )
    dqn.learn(dqn_timesteps, progress_bar=True)

# %% [markdown]
# The library has an evaluation of its own, which comes to the same as ours: greedy episodes, undiscounted
# returns.

# %% tags=["training"]
if __name__ == "__main__":
    dqn_mean, dqn_std = evaluate_policy(dqn, make_vec_env(env_id, seed=1000), num_eval_episodes)
    print(f"DQN: {dqn_mean:.1f} ± {dqn_std:.1f} after {dqn.num_timesteps:,} transitions")
    transitions = round(steps[-1])
    print(f"REINFORCE: {greedy_returns.mean():.1f} ± {greedy_returns.std():.1f} after {transitions:,} transitions")

# %% tags=["training"]
if __name__ == "__main__":

    def dqn_action(obs: np.ndarray) -> Any:
        """Returns the greedy action of the DQN."""
        return dqn.predict(obs, deterministic=True)[0]

    with gym.make(env_id, render_mode="rgb_array") as film_env:
        rlhelpers.record_video(film_env, dqn_action, "cartpole_dqn.mp4", max_seconds=video_seconds, seed=1000)
    rlhelpers.show_video("cartpole_dqn.mp4")

# %% [markdown]
# Compare: how many transitions did each need, how long did it take, how do the two balance (look at the cart,
# not only at the pole)? DQN makes many more gradient steps per transition; that is where its time goes. Run
# both with another seed before you call one of them better.

# %% [markdown]
# ## Where to go from here
#
# - Leave `standardise` out of `train`. How far does it get with the same number of epochs?
# - Put the shape trap in on purpose, with `standardise` and without it: `log_prob.unsqueeze(-1) * score`.
#   Where does the loss give it away?
# - Set `batch_episodes` to 1 and to 30, with the same number of episodes in all. What does each do to the
#   curve?
# - Plot the values of `ValueNetwork` along a greedy episode. Should they fall towards step 500, and can they?
#   (What does the observation say about the clock?)

# %% [markdown]
# ## Handing in
#
# Save the notebook first (Ctrl+S): the file is what counts, not what the page shows. The cell below takes a
# few seconds, leaves training out, and writes `reinforce.zip` beside the notebook. Run it again after every
# change.

# %% tags=["training"]
rlhelpers.hand_in("reinforce", globals())
