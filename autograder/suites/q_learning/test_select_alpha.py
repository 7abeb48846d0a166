"""Checks of ``select_alpha``, in worlds where it is known which policy every step size ends with."""

import pytest

from autograder.suites import expect
from autograder.suites.q_learning.alpha_runs import ALPHAS, EVALUATION, PULLS, select

pytestmark = pytest.mark.exercise("select_alpha")
# Without gamma it makes no difference what follows truncation.
TRAINING = (
    "train_q_learning.plays_the_episodes",
    "train_q_learning.the_first_reset_gets_the_seed",
    "train_q_learning.learns_from_every_step",
    "train_q_learning.acts_on_its_table",
)
EXPLORING = "train_q_learning.explores_to_the_end"
SEEDS = 3


def selected(student, rng):
    """One seed, four step sizes, greedy training."""
    return select(student, rng)


def selected_by_seeds(student, rng):
    """Three seeds, each of which makes another arm look best."""
    return select(student, rng, num_seeds=SEEDS)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "For each alpha train a table, then play greedily and take the mean of the undiscounted returns; all steps count."
)
@pytest.mark.needs(*TRAINING)
def test_scores_are_mean_greedy_returns(shared):
    """There is one score for each alpha, in order: the mean return of its greedy policy."""
    received = shared(selected)
    expect.close(received.scores, received.right, "the scores", rtol=1e-6)


@pytest.mark.points(0.125)
@pytest.mark.hint("The best alpha is alphas[index of the largest score]: the alpha itself, not its index.")
@pytest.mark.needs(*TRAINING)
def test_the_best_alpha_has_the_largest_score(shared):
    """The first result is the alpha whose score is the largest."""
    received = shared(selected)
    expect.that(received.best in ALPHAS, "select_alpha: the best alpha is none of those given")
    right = received.best == ALPHAS[int(received.scores.argmax())]
    expect.that(right, "select_alpha: the best alpha is not the one with the largest score")


@pytest.mark.points(0.0625)
@pytest.mark.hint("The score of an alpha is the mean over all seeds, not their sum, the best or the last of them.")
@pytest.mark.needs(*TRAINING, "select_alpha.scores_are_mean_greedy_returns")
def test_averages_over_the_seeds(shared):
    """With several seeds a score is the mean of what each of them gives."""
    received = shared(selected_by_seeds)
    expect.close(received.scores, received.right, "the scores with several seeds", rtol=1e-6)


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "A new table for every alpha and seed: `episodes` episodes of training, then `eval_episodes` greedy ones."
)
@pytest.mark.needs(*TRAINING)
def test_plays_all_episodes(shared):
    """Every seed is used, and the number of episodes is that of training and evaluation together."""
    received = shared(selected_by_seeds)
    used = {seed for probe in received.probes for seed in probe.seeds}
    expect.that(set(received.seeds) <= used, "select_alpha: not every seed is used to train")
    wanted, played = len(ALPHAS) * SEEDS * (PULLS + EVALUATION), len(received.chosen)
    expect.that(
        played == wanted, "select_alpha: the number of episodes is not that of training and evaluation together"
    )
    overruns = sum(probe.overruns for probe in received.probes)
    expect.that(overruns == 0, "select_alpha: goes on stepping after an episode's end")


@pytest.mark.points(0.0625)
@pytest.mark.hint("While evaluating, epsilon is 0 and the table stays as it is.")
@pytest.mark.needs(*TRAINING, EXPLORING)
def test_evaluates_without_exploring(student, rng):
    """With epsilon 1 in training, scores are still those of the greedy policy, and training does explore.

    Of 160 choices with epsilon 1, 45 or more are of either arm, up to a probability of 1e-7. One arm costs, so that a
    table learns at once to avoid it: with epsilon 0.1 it is chosen 45 times with a probability below 1e-12.
    """
    received = select(
        student,
        rng,
        num_seeds=2,
        alphas=(0.5, 0.7),
        now=(-2.0, 1.0),
        returns=(-1.0, 2.0),
        arms=(1, 1),
        episodes=40,
        gamma=0.5,
        epsilon=1.0,
        truncates=False,
    )
    expect.close(received.scores, received.right, "the scores with exploring in training", rtol=1e-6)
    explored = received.chosen.count(0)
    expect.that(explored >= 45, "select_alpha: training does not explore as much as epsilon says")


@pytest.mark.points(0.0625)
@pytest.mark.hint("Hand gamma on to train_q_learning; the scores themselves are not discounted.")
@pytest.mark.needs(*TRAINING, EXPLORING)
def test_discounts_in_training_only(student, rng):
    """Gamma decides which arm is learned to be best; the score counts rewards in full."""
    for gamma, arm in ((0.5, 0), (0.9, 1)):
        received = select(
            student,
            rng,
            alphas=(0.8,),
            now=(1.0, 0.0),
            returns=(1.0, 1.5),
            arms=(arm,),
            episodes=40,
            gamma=gamma,
            epsilon=1.0,
            truncates=False,
        )
        expect.close(received.scores, received.right, "the score with another gamma", rtol=1e-6)
