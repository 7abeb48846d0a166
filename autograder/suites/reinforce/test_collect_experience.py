"""Checks of ``collect_experience``, in environments whose episodes are scripted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from autograder.message import message
from autograder.sandbox.wire import tensor
from autograder.suites import expect
from autograder.suites.reinforce.probes import ACTIONS, ENV_ID, OBS_DIM, Script, ScriptedEnvironment

pytestmark = pytest.mark.exercise("collect_experience")
NEEDS = ("Actor.actions_are_python_ints",)
ROWS = "collect_experience.gives_three_tensors"
LENGTHS = (4, 2, 5, 1, 3)
EPISODES = 5


@dataclass(frozen=True)
class Collected:
    """What came of one call: the result, the script that was played, and the probe that saw it."""

    student: Any
    received: Any
    script: Script
    probe: ScriptedEnvironment


def collect(student, script, options):
    """One call with an actor that takes every action with the same probability."""
    student.environment(ENV_ID, lambda: ScriptedEnvironment(script))
    env = student.library("gymnasium.make", ENV_ID).keep_attribute("unwrapped")
    actor = student.keep.Actor(OBS_DIM, ACTIONS, 8)
    actor.set_parameters({name: tensor(np.zeros(each.shape)) for name, each in actor.parameters().items()})
    student.seed(4)
    received = student.collect_experience(env, actor, EPISODES, **options)
    return Collected(student, received, script, student.environments_made(ENV_ID)[-1])


def collected(student, rng):
    """Five episodes, terminated and truncated in turn; most checks look at them."""
    return collect(student, Script.draw(rng, LENGTHS), {})


def parts(received):
    """The four results."""
    right = isinstance(received, list) and len(received) == 4
    text = "collect_experience: expected observations, actions, scores and a dictionary, received {kind}"
    expect.that(right, message(text, kind=expect.kind(received)))
    return received


def numpy_function(student, name):
    """A function of NumPy inside the sandbox, to be handed to the student's code."""
    return student.library("importlib.import_module", "numpy").keep_attribute(name)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "torch.tensor(np.array(observations), dtype=torch.float32), actions as int64, scores as float32; actions and "
    "scores have one axis: a [N, 1] among them meets a [N] later, and they become a [N, N]."
)
@pytest.mark.needs(*NEEDS)
def test_gives_three_tensors(shared):
    """Observations are [N, obs_dim], float32, actions [N], int64, scores [N], float32; none hangs on a graph."""
    observations, actions, scores, _ = parts(shared(collected).received)
    steps = len(shared(collected).probe.steps)
    wanted = (
        (observations, (steps, OBS_DIM), "float32", message("the observations")),
        (actions, (steps,), "int64", message("the actions")),
        (scores, (steps,), "float32", message("the scores")),
    )
    for received, shape, dtype, what in wanted:
        expect.tensor(received, what)
        expect.shape(received, shape, what)
        expect.dtype(received, dtype, what)
        expect.that(not received.requires_grad, message("{what}: they still require a gradient", what=what))


@pytest.mark.points(0.125)
@pytest.mark.hint("An episode is over when it is terminated or truncated: done = terminated or truncated.")
@pytest.mark.needs(*NEEDS)
def test_plays_whole_episodes(shared):
    """Exactly num_episodes episodes are played, each to its end and no further."""
    probe = shared(collected).probe
    expect.that(probe.overruns == 0, "collect_experience: it goes on stepping after the end of an episode")
    lengths = [sum(step.episode == number for step in probe.steps) for number in range(len(LENGTHS))]
    whole = all(length in (0, full) for length, full in zip(lengths, LENGTHS, strict=True))
    expect.that(whole, "collect_experience: an episode was left before its end")
    expect.that(
        len(probe.steps) == sum(LENGTHS),
        message("collect_experience: expected {count} episodes, received another number", count=EPISODES),
    )


@pytest.mark.points(0.125)
@pytest.mark.hint("Write obs and action down before env.step, or keep what step returns under another name until then.")
@pytest.mark.needs(ROWS)
def test_records_what_was_seen_and_done(shared):
    """Row n holds the observation in which the n-th action was chosen, and that action."""
    given = shared(collected)
    observations, actions, *_ = parts(given.received)
    steps = given.probe.steps
    expect.that(bool(steps), "collect_experience: no step was taken in the environment that it was given")
    expect.close(observations, np.array([step.before for step in steps]), "the observations", atol=1e-5)
    expect.close(actions, np.array([step.action for step in steps]), "the actions")


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "Without score_fn, the score of each step is the sum of all rewards of its own episode, undiscounted, once per "
    "step."
)
@pytest.mark.needs(ROWS, "collect_experience.plays_whole_episodes")
def test_scores_are_the_totals(shared):
    """Every step of an episode has the episode's whole return as its score."""
    given = shared(collected)
    right = given.script.totals[[step.episode for step in given.probe.steps]]
    expect.close(parts(given.received)[2], right, "the scores", rtol=1e-4, atol=1e-5)


@pytest.mark.points(0.125)
@pytest.mark.hint(
    "scores.extend(score_fn(rewards)) with the rewards of this episode alone; it may return list or array."
)
@pytest.mark.needs(ROWS, "collect_experience.plays_whole_episodes")
def test_score_fn_makes_the_scores(shared):
    """A score_fn gets the rewards of one episode at a time, and its results are the scores."""
    given = shared(collected)
    student, rewards = given.student, given.script.rewards
    functions = {"cumsum": [each.cumsum() for each in rewards], "sorted": [np.sort(each) for each in rewards]}
    for name, right in functions.items():
        if name == "cumsum":
            function = numpy_function(student, name)
        else:
            function = student.library("importlib.import_module", "builtins").keep_attribute(name)
        again = collect(student, given.script, {"score_fn": function})
        scores = parts(again.received)[2]
        expect.close(scores, np.concatenate(right), "the scores made by a score_fn", rtol=1e-4, atol=1e-5)
        expect.dtype(scores, "float32", "the scores made by a score_fn")


@pytest.mark.points(0.0625)
@pytest.mark.hint(
    'info["mean_return"] is the mean over episodes of their undiscounted sums, info["mean_len"] of their steps.'
)
@pytest.mark.needs("collect_experience.plays_whole_episodes")
def test_info_holds_means_over_episodes(shared):
    """The dictionary has the mean return and the mean length, whatever the scores are."""
    given = shared(collected)
    changed = collect(given.student, given.script, {"score_fn": numpy_function(given.student, "negative")})
    for received in (given.received, changed.received):
        info = parts(received)[3]
        right = {"mean_return": given.script.totals.mean(), "mean_len": np.mean(LENGTHS)}
        for name, value in right.items():
            has = isinstance(info, dict) and name in info
            expect.that(has, message("collect_experience: expected info[{name}], received none", name=repr(name)))
            expect.close(info[name], value, message("info[{name}]", name=repr(name)), rtol=1e-4)


@pytest.mark.points(0.03125)
@pytest.mark.hint("env.reset() without a seed: with one, all episodes begin in the same state.")
@pytest.mark.needs(*NEEDS)
def test_resets_without_a_seed(shared):
    """No episode begins with a seed: whoever makes the environment has seeded it."""
    seeds = shared(collected).probe.seeds
    expect.that(all(seed is None for seed in seeds), "collect_experience: it resets the environment with a seed")


@pytest.mark.points(0.03125)
@pytest.mark.hint("actor.get_action(obs), with samples and asked anew in each step; greedy is for evaluation.")
@pytest.mark.needs(ROWS, "Actor.samples_follow_the_distribution")
def test_samples_its_actions(shared):
    """Where all actions are equally likely, several of them are taken.

    All 15 sampled actions are the same with a probability of 3^-14 < 3e-7.
    """
    given = shared(collected)
    expect.that(
        len({step.action for step in given.probe.steps}) > 1,
        "collect_experience: it always takes the same action, although all are equally likely",
    )
