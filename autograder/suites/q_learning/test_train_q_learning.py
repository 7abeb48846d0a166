"""Checks of ``train_q_learning``: runs in probes that the grader steps and replays; two games, evaluated exactly."""

import numpy as np
import pytest

from autograder.message import message
from autograder.suites import expect
from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.hidden_inputs import INTEGERS, TUPLES
from autograder.suites.q_learning.probes import Map
from autograder.suites.q_learning.training_checks import BLACKJACK, LAKE
from autograder.suites.q_learning.training_runs import EPISODES, run, run_with_seed, standstill

pytestmark = pytest.mark.exercise("train_q_learning")
AN_ACTION = "epsilon_greedy.gives_an_action"
A_TABLE = (AN_ACTION, "epsilon_greedy.leaves_q_values_unchanged")
# How ties are broken is not among what is needed: what a run shows does not depend on it.
GREEDY = "epsilon_greedy.greedy_without_epsilon"
EXPLORING = ("epsilon_greedy.explores_all_actions_alike", "epsilon_greedy.explores_with_probability_epsilon")
# In these worlds and on the lake, rows of states that end an episode stay zero: what is added from them does no harm.
UPDATE = (
    "q_update.moves_to_the_target",
    "q_update.the_last_reward_counts",
    "q_update.changes_one_number_in_place",
    "q_update.alpha_is_the_part_of_the_way",
    "q_update.gamma_is_the_discount",
    "q_update.a_state_may_follow_itself",
)
TUPLE_UPDATE = ("q_update.tuples_are_states", "q_update.changes_one_number_with_tuples")
# In blackjack, a game that ends by sticking ends in the state it was in.
TERMINATION = ("q_update.nothing_follows_termination", "q_update.nothing_follows_termination_with_tuples")
COINS = 300


def explored(student, rng):
    """Episodes in a world that terminates, all actions at random; most checks look at it."""
    return run(student, rng, Map.draw(rng, INTEGERS, time_limit=60), epsilon=1.0)


def explored_tuples(student, rng):
    """The same with tuples as states."""
    return run(student, rng, Map.draw(rng, TUPLES, actions=2, time_limit=60), epsilon=1.0)


@pytest.mark.points(0.03125)
@pytest.mark.hint("np.zeros((*observation_sizes(env), env.action_space.n)), and return it.")
@pytest.mark.needs(AN_ACTION)
def test_returns_the_table(shared):
    """A float64 array comes back with one row per state and one column per action."""
    received = shared(explored)
    expect.shape(received.table, received.world.shape, "the table of train_q_learning")
    expect.dtype(received.received, "float64", "the table of train_q_learning")


@pytest.mark.points(0.0625)
@pytest.mark.hint("An episode is over when it is terminated or truncated; then reset, and play as many as `episodes`.")
@pytest.mark.needs(AN_ACTION)
def test_plays_the_episodes(student, rng, shared):
    """As many episodes are played as asked for, each to its end and not beyond, whichever way it ends."""
    truncating = run(student, rng, Map.draw(rng, INTEGERS, terminal=0, time_limit=4), epsilon=1.0)
    for each in (shared(explored), truncating):
        played = [episode for episode in each.probe.episodes if episode]
        expect.that(each.probe.overruns == 0, "train_q_learning: goes on stepping after an episode's end")
        ended = all(episode[-1].terminated or episode[-1].truncated for episode in played)
        expect.that(ended, "train_q_learning: an episode was left before its end")
        expect.that(len(played) == EPISODES, "train_q_learning: the number of episodes is not the one asked for")


@pytest.mark.points(0.03125)
@pytest.mark.hint("env.reset(seed=seed) at the very first reset, with the argument seed as it is.")
@pytest.mark.needs(AN_ACTION)
def test_the_first_reset_gets_the_seed(shared):
    """The environment is seeded before the first episode."""
    received = shared(explored)
    seeded = received.probe.seeds[:1] == [received.seed]
    expect.that(seeded, "train_q_learning: the first reset does not get the seed")


@pytest.mark.points(0.03125)
@pytest.mark.hint("env.reset(seed=seed) at the first reset only; env.reset() without a seed at all others.")
@pytest.mark.needs(AN_ACTION)
def test_later_resets_get_no_seed(shared):
    """The environment's own generator goes on from episode to episode."""
    later = [seed for seed in shared(explored).probe.seeds[1:] if seed is not None]
    expect.that(not later, "train_q_learning: later resets are seeded, too; the same chances come again")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "Update after every step, the last one of an episode included, with the state in which the action was chosen; "
    "alpha and gamma are the arguments and stay as they are."
)
@pytest.mark.needs(*A_TABLE, *UPDATE)
def test_learns_from_every_step(shared):
    """The table is what an update for every step makes of zeros, replayed by the grader."""
    shared(explored).expect_replayed(message("the table after episodes that terminate"))


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    "q_update gets `terminated`, not `terminated or truncated`: a time limit does not make a state worthless."
)
@pytest.mark.needs(*A_TABLE, *UPDATE)
def test_truncation_is_not_termination(student, rng):
    """Where episodes are truncated, the last step's target has the value of the next state in it."""
    world = Map.draw(rng, INTEGERS, terminal=0, time_limit=3)
    run(student, rng, world, epsilon=1.0).expect_replayed(message("the table after episodes that are truncated"))


@pytest.mark.points(0.0625)
@pytest.mark.hint("epsilon_greedy(q[state], epsilon, rng), with the present state, after the update of the last step.")
@pytest.mark.needs(*A_TABLE, GREEDY, *UPDATE)
def test_acts_on_its_table(student, rng):
    """With epsilon 0 each action is a best one by the table at that time."""
    for world in (Map.draw(rng, INTEGERS, forward=True), standstill(INTEGERS)):
        greedy = run(student, rng, world, epsilon=0.0)
        greedy.expect_replayed(message("the table after greedy episodes"))
        right = all(oracles.is_greedy(q, seen) for q, seen in zip(greedy.replayed, greedy.probe.steps, strict=False))
        expect.that(right, "train_q_learning: with epsilon 0 an action is not the best one of its table")


@pytest.mark.points(0.03125)
@pytest.mark.hint("epsilon stays as it is, and one generator, default_rng(seed), serves the whole run.")
@pytest.mark.needs(AN_ACTION, *EXPLORING)
def test_explores_to_the_end(student, rng):
    """With epsilon 1 both actions are taken alike, late in the run as early, though one is better.

    Of 150 fair coins between 33 and 117 show heads, up to a probability of 1e-11.
    """
    one = Map((0, 1), (2,), np.ones((2, 2), dtype=np.int64), np.array([[0.0, 1.0]] * 2), frozenset({1}), 1000)
    probe = run(student, rng, one, epsilon=1.0, episodes=COINS).probe
    for part in (probe.steps[: COINS // 2], probe.steps[COINS // 2 :]):
        heads = sum(seen.action for seen in part)
        expect.that(heads < 117, "train_q_learning: with epsilon 1 it does not explore as much, early or late")
        expect.that(heads > 33, "train_q_learning: with epsilon 1 an action is hardly ever taken")


@pytest.mark.points(0.03125)
@pytest.mark.hint("rng = np.random.default_rng(seed), made once in the function and handed to epsilon_greedy.")
@pytest.mark.needs(AN_ACTION, "epsilon_greedy.draws_from_rng_only", *EXPLORING)
def test_the_seed_decides(student, rng):
    """The same seed gives the same actions, another one others."""
    world, seed = Map.draw(rng, INTEGERS, time_limit=60), int(rng.integers(1 << 20))
    runs = []
    for number, each in enumerate((seed, seed, seed + 1)):
        student.seed(number)
        runs.append([seen.action for seen in run_with_seed(student, each, world, 1.0).probe.steps])
    expect.that(runs[0] == runs[1], "train_q_learning: the same seed does not give the same run")
    expect.that(runs[0] != runs[2], "train_q_learning: another seed gives the same run")


@pytest.mark.points(0.09375)
@pytest.mark.hint("If all other checks pass, look at what is returned: the table that was learned, after all episodes?")
@pytest.mark.needs(*A_TABLE, GREEDY, *EXPLORING, *UPDATE)
def test_learns_to_cross_a_lake(trained):
    """After 800 episodes on a slippery lake the greedy policy of the table is nearly the best one, worked out exactly.

    Error rates: calibration.json.
    """
    expect.that(trained(LAKE), "train_q_learning: on a small frozen lake its policy hardly reaches the goal")


@pytest.mark.points(0.03125)
@pytest.mark.hint("np.zeros((*observation_sizes(env), env.action_space.n)): an axis for each number of a tuple.")
@pytest.mark.needs(AN_ACTION, *TUPLE_UPDATE)
def test_returns_the_table_for_tuples(shared):
    """With tuples as observations the table has an axis for each of their numbers."""
    received = shared(explored_tuples)
    expect.shape(received.table, received.world.shape, "the table of train_q_learning, with tuples as observations")


@pytest.mark.points(0.09375)
@pytest.mark.hint("q[state] works for tuples as for integers; hand the observation on as it is.")
@pytest.mark.needs(*A_TABLE, *UPDATE, *TUPLE_UPDATE)
def test_learns_with_tuples(shared):
    """With tuples as observations, too, the table is what the steps make of zeros."""
    shared(explored_tuples).expect_replayed(message("the table, with tuples as observations"))


@pytest.mark.points(0.125)
@pytest.mark.hint("If all other checks pass, look at what is returned: the table that was learned, after all episodes?")
@pytest.mark.needs(*A_TABLE, GREEDY, *EXPLORING, *UPDATE, *TUPLE_UPDATE, *TERMINATION)
def test_learns_blackjack(trained):
    """After 1,500 games of exploring, the greedy policy of the table is far better than chance, worked out exactly.

    Playing at random has a mean return of -0.394, the best policy -0.043. Error rates: calibration.json.
    """
    expect.that(trained(BLACKJACK), "train_q_learning: after many games of blackjack its policy is still a bad one")
