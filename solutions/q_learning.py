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
# # Tabular Q-learning: a frozen lake and a blackjack table
#
# In this assignment you write **Q-learning** ([Watkins and Dayan
# 1992](https://doi.org/10.1007/BF00992698); Sutton and Barto, [*Reinforcement Learning*, 2nd
# edition](http://incompleteideas.net/book/the-book-2nd.html), section 6.5) and learn two games with it: to
# cross a slippery frozen lake, and to play blackjack. Both are small enough for a table with one number for
# each state and action. And both are small enough to be solved exactly, so that in the end you can see how
# far from the best your agent is, state by state.
#
# $$\text{act} \;\rightarrow\; \text{see reward and next state} \;\rightarrow\; \text{correct one number of
# the table} \;\rightarrow\; \text{act again}$$
#
# There are four exercises, each of a few lines. For each you read why it is needed and what it must compute,
# you write it, and `check("...")` below it tries it on a few small cases. FrozenLake is worth one point,
# Blackjack another; the table says how they are shared out.
#
# | exercise | what you write | FrozenLake | Blackjack | points |
# | :--- | :--- | ---: | ---: | ---: |
# | `epsilon_greedy` | choosing an action | 0.25 | | 0.25 |
# | `q_update` | one step of learning; tuples as states count for Blackjack | 0.25 | 0.25 | 0.5 |
# | `train_q_learning` | the whole algorithm; tuples and the game itself count for Blackjack | 0.5 | 0.25 | 0.75 |
# | `select_alpha` | choosing the step size | | 0.5 | 0.5 |
# | **total** | | **1** | **1** | **2** |
#
# **How it is graded.** The grader calls your functions with inputs of its own, several checks per exercise,
# each with its share of the points; feedback says what each one found. It also has your `train_q_learning`
# learn on a small lake and in some games of blackjack, and works out exactly, without playing, how good
# the greedy policy of your table is. The visible checks are a help and count for nothing themselves: passing
# them all is a good sign, not a proof. Cells that train below are not run by the grader. Keep names and
# signatures as they are; add cells and helper functions as you like. Cells that are given (imports, checks)
# are put back to their original text before grading, so write your own code elsewhere. Where a check needs
# another function of yours and that one fails, the report says *could not be judged*, not *failed*: mend the
# other one first.
#
# **Deadlines.** Full points until 20 December 2026, 23:59, half of them until 10 January 2027, 23:59 (Prague
# time).
#
# **Handing in.** Save the notebook and run its last cell. It runs the notebook in a fresh kernel, as the
# grader does, says what is missing, and packs `q_learning.zip`. That archive is what you upload where the
# course tells you to. An unfinished notebook can be handed in as well; every exercise is graded by itself.
#
# **On Colab** everything works as it stands, on a CPU. If the course's package is not installed, the first
# code cells install it. Files go when the runtime ends: the last cell has your browser save the archive.

# %% [markdown]
# ## Settings
#
# How long to train and a few other numbers, in one place. A tenth of the episodes is enough to see whether the
# code runs, but not to learn well. `course_package` is what `pip` installs where the course's package is
# missing; your course page says what it is.

# %% tags=["parameters"]
lake_episodes = 40_000
blackjack_episodes = 200_000
alphas = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]
alpha_episodes = 10_000
alpha_seeds = 5
seed = 0
video_seconds = 20.0
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
from typing import Any

import gymnasium as gym
import numpy as np
from tqdm.auto import tqdm

import rlhelpers
from rlhelpers.exact_blackjack import blackjack_return, optimal_blackjack_q
from rlhelpers.policy_drawings import draw_blackjack, draw_lake
from rlhelpers.score_plot import plot_scores
from rlhelpers.tabular_model import TabularModel, greedy_probabilities

check = rlhelpers.inline_checks("q_learning", globals())

# %% [markdown]
# ## The two games
#
# On the [frozen lake](https://gymnasium.farama.org/environments/toy_text/frozen_lake/) you start at the upper
# left corner of a 4 by 4 grid and want to reach the lower right one, where a reward of 1 waits; nothing else
# is rewarded. Some tiles are holes, which end the episode. The ice is slippery: you move where you want with
# probability 1/3, and at right angles to it, to either side, with 1/3 each. A state is one integer, the
# number of the tile, counted row by row; the actions are 0 left, 1 down, 2 right, 3 up. After 100 steps the
# episode is cut off.
#
# In [blackjack](https://gymnasium.farama.org/environments/toy_text/blackjack/) you draw cards (1 *hit*) until
# you think it enough (0 *stick*); with more than 21 you have lost at once. Then the dealer draws up to 17 or
# more. If you are nearer to 21 than the dealer, or the dealer has more than 21, you win 1; if the dealer is
# nearer, you lose 1. An ace and a ten as your first two cards beat all but the same. A state is a **tuple** of
# three integers: your sum, the dealer's open card (1 is the ace), and whether you hold an ace that counts as 11.
# The deck is infinite: what has been drawn tells nothing about what will be.


# %%
def show_spaces(env_id: str) -> None:
    """Prints the first state of an environment, and its spaces."""
    with gym.make(env_id) as env:
        state, _ = env.reset(seed=seed)
        print(f"{env_id}: state {state} of {env.observation_space}, actions {env.action_space}")


if __name__ == "__main__":
    show_spaces("FrozenLake-v1")
    show_spaces("Blackjack-v1")

# %% [markdown]
# ## The table
#
# $Q(s, a)$ is our estimate of the return that follows if we take action $a$ in state $s$ and the best ones
# ever after. In code `q` is a NumPy array of float64 with one axis for each number that makes up a state, and
# a last axis for the action: shape `(16, 4)` for the lake, `(32, 11, 2, 2)` for blackjack. It starts with
# zeros.
#
# One kind of indexing serves both: **`q[state]` is the row of action values** of a state, whether `state` is
# an integer or a tuple of integers, and `q[state][action]` is one number in it. `q[state]` is a *view*: what
# is written into it is written into the table. `q[state, action]` is not the same thing. If `state` is a
# tuple, NumPy takes it for a list of several rows, and it depends on the numbers whether you get an error or,
# worse, something of another shape.
#
# Here is a function that reads the sizes of the first axes from an environment's observation space:


# %% locked="given_observation_sizes"
def observation_sizes(env: gym.Env) -> tuple[int, ...]:
    """Returns how many values each number of a state can have.

    That is ``(16,)`` for the lake and ``(32, 11, 2)`` for blackjack. The observation space is a
    ``Discrete`` or a ``Tuple`` of them.
    """
    space = env.observation_space
    parts: Any = space.spaces if isinstance(space, gym.spaces.Tuple) else (space,)
    return tuple(int(part.n) for part in parts)


# %% [markdown]
# ## 1. Choosing an action
#
# Whoever always takes the action that looks best (is *greedy*) never finds out about the others. The
# simplest remedy is the $\varepsilon$-greedy policy (Sutton and Barto, section 2.2): with probability
# $\varepsilon$ take any of the actions, all with the same probability; otherwise take a best one,
#
# $$\pi(a \mid s) = \frac{\varepsilon}{A} + \begin{cases} (1 - \varepsilon) / m & \text{if } Q(s, a) =
# \max_{a'} Q(s, a') \\ 0 & \text{if not,} \end{cases}$$
#
# where $A$ is the number of actions and $m$ the number of those with the largest value. Two details matter.
# "Any of the actions" includes the best one. And **ties are broken at random**: in a table of zeros all
# actions are best, and `np.argmax`, which returns the first of them, would walk to the left until something
# else has happened. On the lake nothing else happens for a long time.
#
# All randomness comes from `rng`, a `numpy.random.Generator`
# ([documentation](https://numpy.org/doc/stable/reference/random/generator.html)): the same generator gives
# the same actions, and a run can be repeated.


# %% exercise="epsilon_greedy"
def epsilon_greedy(q_values: np.ndarray, epsilon: float, rng: np.random.Generator) -> int:
    """Chooses an action epsilon-greedily, with ties broken at random.

    Args:
        q_values: Values of the actions of one state, shape [n_actions]; left unchanged.
        epsilon: Probability of exploring in [0, 1]: of drawing from all actions alike.
        rng: The only source of randomness.

    Returns:
        The action, a Python int in [0, n_actions).
    """
    # BEGIN SOLUTION
    if rng.random() < epsilon:
        return int(rng.integers(len(q_values)))
    best = np.flatnonzero(q_values == q_values.max())
    return int(best[rng.integers(len(best))])
    # END SOLUTION


# %% check="epsilon_greedy"
check("epsilon_greedy")

# %% [markdown]
# ## 2. One step of learning
#
# After action $a_t$ in state $s_t$ we have seen the reward $r_t$ and the next state $s_{t+1}$. That is news
# about $Q(s_t, a_t)$: it should have been near to
#
# $$y_t = r_t + \gamma\,(1 - d_t)\,\max_{a'} Q(s_{t+1}, a'),$$
#
# the **target**, and we move it there by a fraction $\alpha$ of the way:
#
# $$Q(s_t, a_t) \;\leftarrow\; Q(s_t, a_t) + \alpha\,\big(y_t - Q(s_t, a_t)\big).$$
#
# (Sutton and Barto, equation 6.8; what they call $R_{t+1}$ is our $r_t$.) The maximum is over the actions
# *of the next state*, and it is there whatever action is taken next. That makes Q-learning **off-policy**:
# while it explores, it learns the values of the greedy policy.
#
# $d_t$ is 1 if the step **terminated** the episode. After a hole, the goal, or the end of a game nothing
# follows, and the target is the reward alone, whatever the table says about $s_{t+1}$. **Truncation is not
# termination.** When the time limit of the lake cuts an episode off, the agent stands on ice like any other,
# from which it would have gone on; the clock is not part of the state. So the target has its second term. An
# agent that takes it away learns that tiles are worthless depending on the time at which it came there, which
# it cannot see ([Pardo et al. 2018](https://arxiv.org/abs/1712.00378); [Gymnasium's page on time
# limits](https://gymnasium.farama.org/tutorials/gymnasium_basics/handling_time_limits/)). Therefore
# `q_update` is given `terminated`, and never learns about truncation.


# %% exercise="q_update"
def q_update(
    q: np.ndarray,
    state: int | tuple[int, ...],
    action: int,
    reward: float,
    next_state: int | tuple[int, ...],
    terminated: bool,
    alpha: float,
    gamma: float,
) -> None:
    """Makes one update of Q-learning, in place: the one number ``q[state][action]`` changes.

    Args:
        q: The table, float64, shape [*observation sizes, n_actions].
        state: State before the step, an integer or a tuple of integers.
        action: Action taken in it.
        reward: Reward of the step.
        next_state: State after the step.
        terminated: Whether the step terminated the episode: then ``next_state`` has no value.
        alpha: Step size in [0, 1].
        gamma: Discount in [0, 1].
    """
    # BEGIN SOLUTION
    following = 0.0 if terminated else q[next_state].max()
    target = reward + gamma * following
    q[state][action] += alpha * (target - q[state][action])
    # END SOLUTION


# %% check="q_update"
check("q_update")

# %% [markdown]
# ## 3. The whole algorithm
#
# For each episode: reset; then choose an action for the present state, step, update, go on from the next
# state, until the episode has terminated or is truncated. The three points at which runs go wrong unnoticed:
#
# - An episode is over in **either** case, but only `terminated` goes into the update.
# - **Seed once.** `env.reset(seed=seed)` at the very first reset, `env.reset()` at all others, and one
#   generator, `np.random.default_rng(seed)`, for the whole run. Seeded anew, every episode would have the
#   same slips of the ice, or the same cards.
# - $\alpha$ and $\varepsilon$ are constant here. Smaller and smaller ones have their uses, and are needed if
#   the table is to converge (Sutton and Barto, equation 2.7), but then there is one more thing to choose.


# %% exercise="train_q_learning"
def train_q_learning(env: gym.Env, alpha: float, episodes: int, gamma: float, epsilon: float, seed: int) -> np.ndarray:
    """Learns action values by Q-learning with an epsilon-greedy policy.

    Args:
        env: Environment with ``Discrete`` actions; its observations are integers or tuples of integers
            (see ``observation_sizes``). It is left open.
        alpha: Step size in [0, 1], constant.
        episodes: Number of episodes to play.
        gamma: Discount in [0, 1].
        epsilon: Probability of exploring in [0, 1], constant.
        seed: Seed of the first reset of the environment and of the generator that chooses actions.

    Returns:
        The table, float64, shape [*observation sizes, n_actions]; it started with zeros.
    """
    # BEGIN SOLUTION
    rng = np.random.default_rng(seed)
    num_actions = env.action_space.n  # type: ignore[attr-defined]
    q = np.zeros((*observation_sizes(env), num_actions))
    for episode in tqdm(range(episodes), desc="Q-learning", unit="episode", delay=2.0, leave=False):
        state, _ = env.reset(seed=seed if episode == 0 else None)
        over = False
        while not over:
            action = epsilon_greedy(q[state], epsilon, rng)
            next_state, reward, terminated, truncated, _ = env.step(action)
            q_update(q, state, action, float(reward), next_state, terminated, alpha, gamma)
            state = next_state
            over = terminated or truncated
    return q
    # END SOLUTION


# %% check="train_q_learning"
check("train_q_learning")

# %% [markdown]
# ## 4. The lake
#
# Ten seconds or so for the default number of episodes. The discount is below 1, so that reaching the goal soon
# is better than late. The step size is small, because some actions differ by a few hundredths only, and so
# many episodes are needed. (`if __name__ == "__main__":` is always true in a notebook; it lets the cells above
# be imported without training.)

# %% tags=["training"]
if __name__ == "__main__":
    lake = gym.make("FrozenLake-v1")
    lake_q = train_q_learning(lake, alpha=0.01, episodes=lake_episodes, gamma=0.99, epsilon=0.5, seed=seed)

# %% [markdown]
# How good is it? One could play a thousand episodes and would know the success rate to within three per cent.
# But here the transitions are known, and there is a way without any chance: **exact policy evaluation** by
# dynamic programming (Sutton and Barto, section 4.1). Let $v_k(s)$ be the expected return of a policy $\pi$
# with $k$ steps left before the time limit. Nothing can be gained without steps, $v_0(s) = 0$, and
#
# $$v_{k+1}(s) = \sum_a \pi(a \mid s) \sum_{s'} p(s' \mid s, a) \big(r(s, a, s') + v_k(s')\big),$$
#
# where $v_k(s') = 0$ if the step terminates the episode. After 100 rounds $v_{100}$ of the first tile is the
# probability of reaching the goal, exactly. With a maximum over $a$ in place of the sum over $\pi$ it becomes
# the best that any policy can reach. `TabularModel` does both.

# %% tags=["training"]
if __name__ == "__main__":
    model = TabularModel.of(lake)
    success, best = model.expected_return(greedy_probabilities(lake_q)), model.best_return()
    print(f"the learned policy reaches the goal with probability {success:.4f}, the best one with {best:.4f}")

# %% [markdown]
# The best one looks at the clock as well (when time runs out, risks pay), which a table of states cannot. The
# policy that would be best without a time limit reaches 0.7402 with it.
#
# Below, arrows are the greedy actions and numbers their values. On the right the exact values without a time
# limit, from **value iteration**, which repeats $Q(s, a) \leftarrow \sum_{s'} p(s' \mid s, a) \big(r + \gamma
# \max_{a'} Q(s', a')\big)$ until nothing changes (Sutton and Barto, section 4.4). Look at the arrows beside
# holes: on ice that slips to the sides, one goes *away* from the hole, and bumps into the border on purpose.

# %% tags=["training"]
if __name__ == "__main__":
    draw_lake(lake, {"learned": lake_q, "exact": model.optimal_q(gamma=0.99)})

# %% [markdown]
# The learned values are a little off, because with a constant $\alpha$ the last hundred outcomes or so always
# weigh more than all before them. And yet the arrows are right: for a policy only the order of the values
# counts. (One tile has two best actions on the right; by the learned values one of them is ahead by chance.)
#
# An episode of the greedy policy:

# %% tags=["training"]
if __name__ == "__main__":
    rng = np.random.default_rng(seed)
    with gym.make("FrozenLake-v1", render_mode="rgb_array") as film_env:
        rlhelpers.record_video(
            film_env,
            lambda state: epsilon_greedy(lake_q[int(state)], 0.0, rng),
            "lake.mp4",
            max_seconds=video_seconds,
        )
    rlhelpers.show_video("lake.mp4")

# %% [markdown]
# ## 5. Choosing the step size
#
# How large should $\alpha$ be? With $\alpha = 1$ the table holds the last target that was seen, with a small
# one the average of many. On the lake and at the blackjack table outcomes are chance, so averages are
# needed; but the smaller $\alpha$ is, the longer it takes to get there. In between is a best value, and it
# depends on the game and on the number of episodes.
#
# So try several, and *measure properly*. A single run says little: on another seed another $\alpha$ may be
# ahead. For every $\alpha$ and every seed train a new table, then play `eval_episodes` episodes **greedily**
# (without exploring and without learning) and take the mean of their **undiscounted** returns. Discounting
# and exploring are means to learn; what we want in the end is to win. The score of an $\alpha$ is the mean
# over the seeds.


# %% exercise="select_alpha"
def select_alpha(
    env_id: str,
    alphas: list[float],
    episodes: int,
    gamma: float,
    epsilon: float,
    seeds: list[int],
    eval_episodes: int = 1000,
) -> tuple[float, np.ndarray]:
    """Finds the step size with which ``train_q_learning`` learns best.

    Args:
        env_id: Id of the environment, for ``gym.make``.
        alphas: Step sizes to compare.
        episodes: Episodes of training for each table.
        gamma: Discount while training.
        epsilon: Probability of exploring while training.
        seeds: One table is trained for each alpha and seed.
        eval_episodes: Episodes that the greedy policy of each table then plays, ties broken at random.

    Returns:
        The alpha with the largest score, and the scores in the order of ``alphas``, float64 [number of alphas]: mean
        undiscounted return of the greedy episodes, averaged over the seeds.
    """
    # BEGIN SOLUTION
    scores = np.zeros((len(alphas), len(seeds)))
    for i, j in tqdm(list(np.ndindex(scores.shape)), desc="alphas and seeds", delay=2.0, leave=False):
        env, rng = gym.make(env_id), np.random.default_rng(seeds[j])
        q = train_q_learning(env, alphas[i], episodes, gamma, epsilon, seeds[j])
        for _ in range(eval_episodes):
            state, _ = env.reset()
            over = False
            while not over:
                state, reward, terminated, truncated, _ = env.step(epsilon_greedy(q[state], 0.0, rng))
                scores[i, j] += float(reward) / eval_episodes
                over = terminated or truncated
        env.close()
    means = scores.mean(axis=1)
    return alphas[int(means.argmax())], means
    # END SOLUTION


# %% check="select_alpha"
check("select_alpha")

# %% [markdown]
# ## 6. Blackjack
#
# Less than a minute: for every seed one call of `select_alpha`, with that seed alone, so that we see how much
# seeds differ. A game lasts a step or two, and its outcome is nearly a coin toss: the standard deviation of
# one game is 0.95, that of the mean of 1,000 games still 0.03.

# %% tags=["training"]
if __name__ == "__main__":
    scores = np.stack(
        [
            select_alpha("Blackjack-v1", alphas, alpha_episodes, gamma=1.0, epsilon=0.5, seeds=[seed + run])[1]
            for run in tqdm(range(alpha_seeds), desc="seeds")
        ]
    )
    best_alpha = alphas[int(scores.mean(axis=0).argmax())]
    print(f"best of these: alpha = {best_alpha}")

# %% [markdown]
# Dots are the scores of single seeds, the line is their mean, the band its 95% confidence interval (by
# Student's t). The dashed line is the best that can be reached. Where bands overlap, the scores do not say
# which $\alpha$ is better.

# %% tags=["training"]
if __name__ == "__main__":
    exact_q = optimal_blackjack_q()
    optimum = blackjack_return(greedy_probabilities(exact_q))
    plot_scores(alphas, scores, title=f"Blackjack, {alpha_episodes:,} episodes", optimum=optimum)

# %% [markdown]
# Now a longer run, of half a minute at most. With twenty times as many episodes one can afford a smaller step
# size: a tenth of the best one. There is no discount, since a game is short.

# %% tags=["training"]
if __name__ == "__main__":
    with gym.make("Blackjack-v1") as table:
        blackjack_q = train_q_learning(
            table, alpha=best_alpha / 10, episodes=blackjack_episodes, gamma=1.0, epsilon=0.5, seed=seed
        )
    value = blackjack_return(greedy_probabilities(blackjack_q))
    chance = blackjack_return(np.full(blackjack_q.shape, 1 / 2))
    print(f"exact mean return of a game: learned {value:.4f}, best {optimum:.4f}, at random {chance:.4f}")

# %% [markdown]
# That is exact again, by dynamic programming over the infinite deck, in an order in which each hand comes after
# those that one more card makes of it. Even the best player loses 4.3% of the stake on average.
#
# Colours are the value of the better action, letters say which one it is (S stick, H hit). With less than 12
# no card can take you over 21, so those rows are left out.

# %% tags=["training"]
if __name__ == "__main__":
    draw_blackjack({"learned": blackjack_q, "exact": exact_q})

# %% [markdown]
# Compare the two: where do letters differ, and how much do the values of the two actions differ there? How
# often does one get there? With a usable ace most hands are rare, and rare states are learned late.

# %% [markdown]
# ## Where to go from here
#
# - Draw the scores against $\alpha$ for `"FrozenLake-v1"`, too. Why is the best $\alpha$ another one?
# - Start with ones instead of zeros, and set `epsilon=0.0`. Why does it work on the lake? (Sutton and Barto,
#   section 2.6, "Optimistic Initial Values".)
# - Train on the lake with `epsilon=1.0`, never acting greedily. What does the table tell, and why?
# - Let $\alpha$ fall with the number of visits of a state and action, as $1/n$. How near to the exact values
#   does the table come?
# - Try `gym.make("FrozenLake-v1", map_name="8x8")`. How long does it take until the goal is found at all?

# %% [markdown]
# ## Handing in
#
# Save the notebook first (Ctrl+S): the file is what counts, not what the page shows. The cell below takes a
# few seconds, leaves training out, and writes `q_learning.zip` beside the notebook. Run it again after every
# change.

# %% tags=["training"]
rlhelpers.hand_in("q_learning", globals())
