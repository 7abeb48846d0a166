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
# # Gymnasium: where agents live
#
# Every assignment of this course runs in [Gymnasium](https://gymnasium.farama.org), the library that gives
# reinforcement learning one interface to hundreds of environments. This notebook is not graded. Run it cell
# by cell, and try what the questions ask: an hour here saves many later, since most mistakes that keep an
# agent from learning are about what this notebook shows, such as where an episode ends and what the numbers
# in an array belong to.
#
# 1. What an environment takes and gives: spaces
# 2. `reset` and `step`: the loop
# 3. Two ways in which an episode ends: terminated and truncated
# 4. Wrappers
# 5. Watching an agent: `RecordVideo`
# 6. Many environments at a time, and what happens after an episode's end
# 7. Seeding: the same run again
#
# All of it holds for Gymnasium 1.1 and later. Older tutorials, written for *Gym* or for Gymnasium below 1.0,
# differ in the points that matter most, `done` flags and automatic resets.

# %% [markdown]
# ## Settings
#
# `course_package` is what `pip` installs where the course's package is missing; your course page says what it
# is.

# %% tags=["parameters"]
num_episodes = 200
video_folder = "videos"
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
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv

import rlhelpers

rlhelpers.silence_mujoco()
rlhelpers.render_offscreen()

# %% [markdown]
# ## 1. Spaces: what an environment takes and gives
#
# An agent and its environment talk in turns. At step $t$ the agent sees an observation of the state $s_t$ and
# chooses an action $a_t$; the environment answers with a reward $r_t$ and the next state $s_{t+1}$:
#
# $$s_0 \xrightarrow{\;a_0\;} r_0, s_1 \xrightarrow{\;a_1\;} r_1, s_2 \xrightarrow{\;a_2\;} \;\cdots$$
#
# (Sutton and Barto, [*Reinforcement Learning*, 2nd edition](http://incompleteideas.net/book/the-book-2nd.html),
# chapter 3, write $r_{t+1}$ for our $r_t$.) Our first environment is
# [CartPole](https://gymnasium.farama.org/environments/classic_control/cart_pole/): a pole stands on a cart,
# and the agent keeps it upright by pushing the cart left or right. `gym.make` makes an environment by its
# id; the number at the end is the version, which changes whenever results are no longer comparable.

# %%
env = gym.make("CartPole-v1")
env.observation_space

# %% [markdown]
# A `Box` is an array of real numbers with bounds for each. These four are the cart's position (m) and
# velocity (m/s) and the pole's angle (rad) and angular velocity (rad/s). Velocities have no bounds.

# %%
env.action_space

# %% [markdown]
# `Discrete(2)` is one of the integers 0 and 1: push left, push right. Both spaces can draw a sample, and say
# whether something belongs to them. That is how one finds out quickly why an environment refuses an action: a
# float is no action here, and an array has to have the right shape *and* dtype.

# %%
env.action_space.sample(), 1 in env.action_space, 2 in env.action_space, 1.0 in env.action_space

# %% [markdown]
# Networks need the sizes: `gym.spaces.flatdim` gives the number of components of an observation, and `n` the
# number of discrete actions. Here are the four environments of the course.

# %%
for env_id in ("CartPole-v1", "FrozenLake-v1", "Blackjack-v1", "HalfCheetah-v5"):
    with gym.make(env_id) as example:
        print(env_id)
        print("    observations:", " ".join(str(example.observation_space).split()))
        print("    actions:     ", example.action_space)

# %% [markdown]
# **Try it.** Which of the four can be solved with a table that has one entry for each observation and
# action? How many entries would that be for `Blackjack-v1`, whose observation is a tuple of three integers?
# Why is there no such table for CartPole?

# %% [markdown]
# ## 2. `reset` and `step`
#
# An episode begins with `reset`, which returns the first observation and a dictionary with whatever else the
# environment has to tell (often nothing). Then every `step(action)` returns five things: the next
# observation, the reward, `terminated`, `truncated`, and another dictionary.

# %%
obs, info = env.reset(seed=0)
print("reset:", obs, info)
obs, reward, terminated, truncated, info = env.step(1)
print("step: ", obs, reward, terminated, truncated, info)

# %% [markdown]
# Stepping an environment that has never been reset is an error. Stepping on after the end of an episode is
# worse: CartPole warns once and returns numbers that mean nothing; other environments don't even warn. So the
# loop always looks like this:


# %%
def play(env: gym.Env, policy: Any, seed: int | None = None) -> tuple[float, int, str]:
    """Plays one episode.

    Args:
        env: The environment.
        policy: A function from an observation to an action.
        seed: Seed of the episode, if it is to be the same each time.

    Returns:
        The return (sum of rewards), the number of steps, and how the episode ended.
    """
    obs, _ = env.reset(seed=seed)
    episode_return, steps = 0.0, 0
    while True:
        obs, reward, terminated, truncated, _ = env.step(policy(obs))
        episode_return += float(reward)
        steps += 1
        if terminated or truncated:
            return episode_return, steps, "terminated" if terminated else "truncated"


def at_random(obs: np.ndarray) -> int:
    """Pushes left or right, whatever happens."""
    return int(env.action_space.sample())


env.action_space.seed(0)
[play(env, at_random, seed=episode) for episode in range(5)]

# %% [markdown]
# CartPole gives a reward of 1 for every step, so the return is the number of steps that the pole stayed up.
# One episode says little about a policy; returns vary. What we compare is the **mean return**, over enough
# episodes, and with an idea of how uncertain that mean is: its standard error is the standard deviation
# divided by $\sqrt{n}$.


# %%
def judge(env: gym.Env, policy: Any, episodes: int = num_episodes) -> str:
    """Plays episodes with the seeds 0, 1, 2, ... and says what they brought."""
    returns = np.array([play(env, policy, seed)[0] for seed in range(episodes)])
    return f"{returns.mean():.1f} ± {returns.std(ddof=1) / np.sqrt(episodes):.1f}"


def follow_the_pole(obs: np.ndarray) -> int:
    """Pushes the cart to the side to which the pole leans."""
    return int(obs[2] > 0)


print("at random:      ", judge(env, at_random))
print("follow the pole:", judge(env, follow_the_pole))

# %% [markdown]
# **Try it.** One more number makes the hand-written policy ten times better. Which one, and why does it need
# to know it? (The solution fits into `follow_the_pole` as it stands: an `obs[...]` is added.) This is a
# problem for which learning is not needed at all; that makes it a good place to find out whether a learner
# works.

# %% [markdown]
# ## 3. Terminated and truncated
#
# An episode ends for one of two reasons, and they mean opposite things.
#
# | | `terminated` | `truncated` |
# | :--- | :--- | :--- |
# | why | the task is over: pole fallen, goal reached, game lost | somebody stopped watching, usually a time limit |
# | part of the problem? | yes | no |
# | what would have followed? | nothing: no reward, ever | more of the same |
# | value of the last state | 0 | what the value function says |
#
# CartPole terminates when the pole leans by more than 12 degrees or the cart is more than 2.4 m from the
# middle. It is truncated after 500 steps:

# %%
gym.spec("CartPole-v1").max_episode_steps


# %%
def balance(obs: np.ndarray) -> int:
    """A good policy, found by hand: minds where the cart is, too."""
    position, velocity, angle, angular_velocity = obs
    return int(angle + angular_velocity + 0.1 * (position + velocity) > 0)


play(env, follow_the_pole, seed=0), play(env, balance, seed=0)

# %% [markdown]
# Why should a learner care? Because it learns from estimates of what is still to come. A one-step target for
# the value of a state is
#
# $$r_t + \gamma\,(1 - \text{terminated}_t)\,V(s_{t+1}).$$
#
# The factor is 0 after termination, since nothing follows. If it were 0 after truncation as well, the learner
# would be told that balancing for 500 steps ends in disaster: the same state would be worth a lot at step
# 100 and nothing at step 500, although it looks the same. In the other direction, a learner that ignores
# termination believes in rewards after the fall. Both mistakes still learn *something*, which makes them
# hard to find ([Gymnasium on time
# limits](https://gymnasium.farama.org/tutorials/gymnasium_basics/handling_time_limits/)). Old code has a
# single flag `done`, in which the two are mixed; when you read it, ask which one it means.
#
# Two of the course's environments show the extremes: HalfCheetah never terminates, it only truncates, after
# 1,000 steps, and Blackjack has no time limit at all.
#
# **Try it.** The car in `MountainCar-v0` gets -1 for each step until it reaches the flag. Play `at_random`'s
# cousin for it (three actions) a few times. How does the episode end, and what does the return tell you?
# What would a learner conclude that takes every end for a termination?

# %% [markdown]
# ## 4. Wrappers
#
# A wrapper is an environment around an environment that changes what goes in or comes out: clips actions,
# scales observations, counts, films. They are stacked like shells, and `print` shows them from the outside
# in; `env.unwrapped` is the kernel. `gym.make` puts up to three around an environment: `TimeLimit` truncates
# (if it has a time limit), `OrderEnforcing` refuses steps before the first reset, `PassiveEnvChecker` checks
# the first reset and step.

# %%
print(env)
print(env.unwrapped)

# %% [markdown]
# [`RecordEpisodeStatistics`](https://gymnasium.farama.org/api/wrappers/misc_wrappers/) adds return and length
# to the last `info` of an episode, in the key `"episode"`:

# %%
counted = gym.wrappers.RecordEpisodeStatistics(gym.make("CartPole-v1"))
counted.reset(seed=0)
terminated = truncated = False
while not (terminated or truncated):
    _, _, terminated, truncated, info = counted.step(0)
info["episode"]["r"], info["episode"]["l"]

# %% [markdown]
# Writing one is short: inherit from `ObservationWrapper`, `ActionWrapper`, `RewardWrapper` or plain
# `Wrapper`, and change one method. Whoever changes observations has to say so in `observation_space`; agents
# read their sizes there.


# %%
class WithoutVelocities(gym.ObservationWrapper):
    """Hides both velocities: what is left are the cart's position and the pole's angle."""

    def __init__(self, env: gym.Env) -> None:
        super().__init__(env)
        space = env.observation_space
        assert isinstance(space, gym.spaces.Box)
        self.observation_space = gym.spaces.Box(space.low[[0, 2]], space.high[[0, 2]])

    def observation(self, observation: np.ndarray) -> np.ndarray:
        """Returns what the agent sees."""
        return observation[[0, 2]]


blindfolded = WithoutVelocities(env)
print(blindfolded.observation_space.shape, blindfolded.reset(seed=0)[0])

# %% [markdown]
# **Order matters.** A wrapper sees what the ones inside of it let through. A statistics wrapper around a
# wrapper that scales rewards reports scaled returns, which nobody can compare with anything; put it inside.
#
# **Try it.** Can you still balance without velocities, if the policy may remember the last observation? What
# does that say about whether the observation is the *state*?

# %% [markdown]
# ## 5. Watching an agent
#
# Numbers hide a lot; look at your agents. With `render_mode="rgb_array"` an environment draws itself, and
# [`RecordVideo`](https://gymnasium.farama.org/api/wrappers/misc_wrappers/) writes videos of the episodes
# for which `episode_trigger` says yes. The file is complete once the episode has ended. (Run twice, the cell
# warns that it writes over the video of the first time.) This is the random agent:

# %%
filmed = gym.wrappers.RecordVideo(
    gym.make("CartPole-v1", render_mode="rgb_array"),
    video_folder,
    episode_trigger=lambda episode: True,
    name_prefix="random",
)
print(play(filmed, at_random, seed=2))
filmed.close()
rlhelpers.show_video(Path(video_folder) / "random-episode-0.mp4")

# %% [markdown]
# In the assignments `rlhelpers.record_video` does the same for an agent, or for any function from an
# observation to an action; without a screen it also finds a way to draw MuJoCo's environments.

# %%
with gym.make("CartPole-v1", render_mode="rgb_array") as film_env:
    rlhelpers.record_video(film_env, balance, Path(video_folder) / "balance.mp4", max_seconds=5.0)
rlhelpers.show_video(Path(video_folder) / "balance.mp4")

# %% [markdown]
# **Try it.** Film `follow_the_pole`. Can you see *why* it falls?

# %% [markdown]
# ## 6. Many environments at a time
#
# A network takes hardly longer for 8 observations than for one, and 8 environments give 8 times the
# experience, from 8 different places. A vector environment steps several copies together. Everything gets a
# first axis, one entry for each copy:

# %%
envs = rlhelpers.make_vec_env(lambda: gym.make("CartPole-v1"), 3, autoreset_mode="next_step")
obs_batch, _ = envs.reset(seed=0)
print("one copy:", envs.single_observation_space.shape, envs.single_action_space)
print("all:     ", obs_batch.shape, envs.action_space)
obs_batch, rewards, terminations, truncations, infos = envs.step(np.array([0, 1, 1]))
print("a step:  ", obs_batch.shape, rewards, terminations, truncations)

# %% [markdown]
# Episodes of different copies end at different times, and nobody wants to wait for the longest. So a vector
# environment resets finished copies by itself, and *when* it does that is the most important thing to know
# about it ([autoreset modes](https://farama.org/Vector-Autoreset-Mode)). To see it we make an environment in
# which every number tells where it comes from. Episodes have three steps; the observation is 10 times the
# number of the episode plus the steps made in it, and the reward is the action itself.


# %%
class ThreeSteps(gym.Env[int, int]):
    """Every episode terminates with its third step; ``observation = 10 * episode + steps``, ``reward = action``."""

    observation_space: gym.Space[Any] = gym.spaces.Discrete(1000)
    action_space: gym.Space[Any] = gym.spaces.Discrete(1000)

    def __init__(self) -> None:
        self.episode, self.steps = -1, 0

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        """Begins the next episode."""
        super().reset(seed=seed)
        self.episode, self.steps = self.episode + 1, 0
        return 10 * self.episode, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        """Makes a step."""
        self.steps += 1
        return 10 * self.episode + self.steps, float(action), self.steps == 3, False, {}


def show_steps(mode: AutoresetMode, actions: range) -> None:
    """Prints what a vector of one copy answers to the actions."""
    envs = SyncVectorEnv([ThreeSteps], autoreset_mode=mode)
    obs, _ = envs.reset()
    print(f"{mode.name}\n action   obs -> next obs   reward   terminated   final_obs")
    for action in actions:
        before = obs
        obs, rewards, terminations, _, infos = envs.step(np.array([action]))
        final = infos["final_obs"][0] if "final_obs" in infos else ""
        print(f"{action:7} {before[0]:5} -> {obs[0]:8} {rewards[0]:8.0f}   {terminations[0]!s:12} {final:9}")
        if mode is AutoresetMode.DISABLED and terminations.any():
            obs, _ = envs.reset(options={"reset_mask": terminations})
            print(f"{'you reset it:':>16} {obs[0]:8}")
    print()


for mode in AutoresetMode:
    show_steps(mode, range(1, 7))

# %% [markdown]
# Read the tables line by line:
#
# - **`NEXT_STEP`**, the default, answers the last step of an episode with its real last observation, 3. The
#   step *after* it (action 4) is no step at all: the action is ignored, the reward is 0, and what comes back is
#   the first observation of the next episode. A loop that stores this line has stored a transition from 3 to
#   10 that never happened, with an action that was never played. Such lines must be left out: skip copy $i$
#   in the step after `terminations[i] or truncations[i]`.
# - **`SAME_STEP`** resets within the last step. Every line is a real transition, but the next observation of
#   the last one, 10, belongs to the next episode. Where the end was a truncation you need the value of the real
#   last state; it is in `infos["final_obs"]`.
# - **`DISABLED`** leaves it to you: `envs.reset(options={"reset_mask": ...})` resets the copies that you
#   name.
#
# Code written for Gymnasium below 1.0 assumes `SAME_STEP`. In this course `rlhelpers.make_vec_env` makes you
# say which one you want; the PPO assignment uses `"same_step"`.
#
# **Try it.** How many of the next 1,000 lines would be no transitions with `NEXT_STEP`? And in CartPole, with
# a random policy? (Episodes are about 22 steps long.) What would they do to a learner that stores them?

# %% [markdown]
# ## 7. Seeding
#
# Everything random comes from a generator, and a generator with the same seed gives the same numbers. An
# environment has its own, seeded by `reset(seed=...)`; without a seed, `reset` goes on with the generator as
# it is. So seed the **first** reset of a run and no other one: whoever passes the same seed each time plays
# the same first state forever.

# %%
first, second = env.reset(seed=1)[0], env.reset()[0]
again, second_again = env.reset(seed=1)[0], env.reset()[0]
print("first states: ", first, again)
print("second states:", second, second_again)

# %% [markdown]
# Three things are *not* seeded by that: `env.action_space.sample()`, which has a generator of its own
# (`env.action_space.seed(0)`), NumPy's global generator, and torch, from which networks get their weights and
# policies their samples. `rlhelpers.set_seed(0)` seeds the last two and Python's `random`. A vector
# environment that is reset with seed $s$ gives its copies $s, s + 1, s + 2, \ldots$, so that they differ.

# %%
copies = envs.reset(seed=5)[0]
np.array_equal(copies, [env.reset(seed=seed)[0] for seed in (5, 6, 7)])

# %% [markdown]
# A seed makes a run repeatable; it does not make it typical. Runs of one algorithm that differ in nothing but
# the seed can end with returns that differ by a factor of two, so a claim about an algorithm needs several
# seeds, and a mean with a band: `rlhelpers.plot_learning_curves` draws them.
#
# **Try it.** Run the cell with `at_random` from section 2 again, first as it is and then without the line that
# seeds the action space. What changes, and what doesn't?

# %% [markdown]
# ## What to take along
#
# - `obs, info = env.reset(seed=...)`; `obs, reward, terminated, truncated, info = env.step(action)`; reset
#   after either flag.
# - Termination: nothing follows, value 0. Truncation: more would have followed, bootstrap from the last state.
# - `env.observation_space` and `env.action_space` say what sizes networks and tables need.
# - Vector environments: first axis, copies; say the autoreset mode; know where the last observation is.
# - Seed the first reset, the action space if you sample from it, and torch.
#
# Next comes your first learner: REINFORCE, on CartPole.

# %%
env.close()
envs.close()
