"""Fingerprints: what an exercise does with hidden inputs, as plain data by which known mistakes are recognised.

What depends on chance goes in as frequencies, rounded so that every right solution gives the same, or as yes and no. A
fingerprint first asks for what the exercise is about, and only where that is right for matters of form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.errors import CheckFailed, StudentRaised
from autograder.sandbox.student import Handle, Student
from autograder.suites.fingerprint import Print, attempt
from autograder.suites.hidden_values import kept
from autograder.suites.q_learning import oracles
from autograder.suites.q_learning.alpha_runs import Selection, select
from autograder.suites.q_learning.hidden_inputs import INTEGERS, TUPLES, Update
from autograder.suites.q_learning.probes import Map
from autograder.suites.q_learning.training_runs import Run, run, run_with_seed, standstill

_DRAWS = 4000
# Values, epsilon, and tenths in which a right solution chooses each action.
_POLICIES: tuple[tuple[list[float], float, list[int]], ...] = (
    ([-3.0, -2.0, -5.0], 0.0, [0, 10, 0]),
    ([1.0, 1.5, 4.0, 0.0, 3.0], 1.0, [2, 2, 2, 2, 2]),
    ([-2.0, 4.0, 0.0], 0.3, [1, 8, 1]),
    ([0.0] * 5, 0.0, [2] * 5),
    ([-1.0, 2.0, 2.0, -6.0], 0.0, [0, 5, 5, 0]),
)


def policy_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``epsilon_greedy``."""
    seeds = [int(seed) for seed in rng.integers(1 << 30, size=len(_POLICIES))]

    def results(number: int, times: int, values: list[float], epsilon: float) -> list[Any]:
        drawing = student.library("numpy.random.default_rng", seeds[number])
        return student.repeated(times, "epsilon_greedy", np.array(values), epsilon, drawing)

    found: Print = [
        attempt(lambda number=number, each=each: _tenths(results(number, _DRAWS, *each[:2]), len(each[0])))  # type: ignore[misc]
        for number, each in enumerate(_POLICIES)
    ]
    if found != [each[2] for each in _POLICIES]:
        return found
    found.append([type(each).__name__ for epsilon in (0.0, 1.0) for each in results(0, 3, [0.5, 0.0], epsilon)])
    inside = kept(student, np.zeros(4))
    student.repeated(3, "epsilon_greedy", inside, 0.0, student.library("numpy.random.default_rng", 1))
    runs = []
    for elsewhere in (1, 2):
        student.seed(elsewhere)
        runs.append([int(np.ravel(each)[0]) for each in results(0, 30, [0.0] * 6, 0.5)])
    return [*found, inside.value(), runs[0] == runs[1]]


def _tenths(results: list[Any], count: int) -> Any:
    """In how many tenths of the calls each action came; what came if it was no action."""
    for each in results:
        if isinstance(each, float | list | Handle) or each is None or np.ndim(each):
            return [type(each).__name__, list(np.shape(each)) if isinstance(each, np.ndarray) else None]
    numbers = np.array([int(each) for each in results])
    if not ((numbers >= 0) & (numbers < count)).all():
        return "no action"
    return [round(10 * int((numbers == action).sum()) / len(numbers)) for action in range(count)]


def update_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``q_update``."""

    def ask(updates: list[Update]) -> Print:
        return [attempt(lambda each=each: each.apply(student)) for each in updates]  # type: ignore[misc]

    updates = [Update.draw(rng, INTEGERS) for _ in range(3)] + [
        Update.draw(rng, INTEGERS, terminated=True),
        Update.draw(rng, INTEGERS, stays=True),
        Update.draw(rng, INTEGERS, alpha=0.9, gamma=0.2),
    ]
    found = ask(updates)
    right = [oracles.updated(each.q, each.seen, each.alpha, each.gamma) for each in updates]
    if not all(
        isinstance(one, np.ndarray) and one.shape == other.shape and np.allclose(one, other)
        for one, other in zip(found, right, strict=True)
    ):
        return found
    return found + ask([Update.draw(rng, TUPLES, terminated=terminated) for terminated in (False, False, True)])


def training_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``train_q_learning``."""
    worlds = [_ring(INTEGERS, 3, 60), _ring(INTEGERS, 0, 3), _ring((2, 3), 2, 60)]
    found = [_told(lambda world=world: run(student, rng, world, 0.5), _table_and_course) for world in worlds]  # type: ignore[misc]
    coin = Map((0, 1), (2,), np.ones((2, 2), dtype=np.int64), np.array([[0.0, 1.0]] * 2), frozenset({1}), 60)
    found += [_told(lambda e=e: run(student, rng, coin, e, episodes=300), _heads) for e in (0.0, 1.0)]  # type: ignore[misc]
    found.append(
        _told(lambda: run(student, rng, coin, 1.0), lambda done: len({seen.action for seen in done.probe.steps}))
    )
    for world in (Map.draw(rng, INTEGERS, forward=True), standstill(INTEGERS)):
        found.append(_told(lambda world=world: run(student, rng, world, 0.0), _is_greedy))  # type: ignore[misc]
    return [*found, _told_by_seeds(student, Map.draw(rng, INTEGERS, time_limit=60))]


def _ring(sizes: tuple[int, ...], terminal: int, time_limit: int) -> Map:
    """A world with a single action, which leads from place to place: whatever is learned there needs no chance."""
    drawn = Map.draw(np.random.default_rng(0), sizes, actions=1, terminal=terminal, time_limit=time_limit)
    places = len(drawn.states)
    moves = ((np.arange(places) + 1) % places)[:, None]
    return Map(drawn.states, sizes, moves, drawn.rewards, drawn.terminal, time_limit)


def _told(train: Callable[[], Run], tell: Callable[[Run], Any]) -> Any:
    """What a run tells, or the name of the exception that ended it."""
    try:
        return tell(train())
    except StudentRaised as error:
        return error.type_name


def _table_and_course(done: Run) -> list[Any]:
    table = done.received if isinstance(done.received, np.ndarray | None) else type(done.received).__name__
    seeds = [None if seed is None else seed - done.seed for seed in done.probe.seeds]
    later = sorted({seed for seed in seeds[1:] if seed is not None})
    return [table, seeds[:1], later, [len(episode) for episode in done.probe.episodes if episode], done.probe.overruns]


def _heads(done: Run) -> list[int]:
    """Which actions come in the early and the late half: hardly ever the better one, sometimes, nearly always."""
    steps = done.probe.steps
    halves = (steps[: len(steps) // 2], steps[len(steps) // 2 :])
    return [int(np.searchsorted((0.22, 0.78), np.mean([seen.action for seen in half]))) for half in halves]


def _is_greedy(done: Run) -> bool:
    steps = zip(done.replayed, done.probe.steps, strict=False)
    return all(oracles.is_greedy(q, seen) for q, seen in steps)


def _told_by_seeds(student: Student, world: Map) -> Any:
    """Whether a seed gives the same actions twice, and another one others."""
    runs = []
    for elsewhere, seed in enumerate((11, 11, 12)):
        student.seed(elsewhere)
        told = _told(
            lambda seed=seed: run_with_seed(student, seed, world, 1.0),  # type: ignore[misc]
            lambda done: [seen.action for seen in done.probe.steps],
        )
        runs.append(told)
    return [runs[0] == runs[1], runs[0] == runs[2]]


def selection_print(student: Student, rng: np.random.Generator) -> Print:
    """Fingerprint of ``select_alpha``."""
    exploring = {"episodes": 40, "epsilon": 1.0, "truncates": False}
    return [
        _selected(lambda: select(student, rng)),
        _selected(lambda: select(student, rng, num_seeds=3)),
        _selected(
            lambda: select(
                student,
                rng,
                num_seeds=2,
                alphas=(0.6,),
                now=(-2.0, 1.0),
                returns=(-1.0, 2.0),
                arms=(1,),
                gamma=0.5,
                **exploring,  # type: ignore[arg-type]
            )
        ),
        _selected(
            lambda: select(
                student,
                rng,
                alphas=(0.8,),
                now=(1.0, 0.0),
                returns=(1.0, 1.5),
                arms=(0,),
                gamma=0.5,
                **exploring,  # type: ignore[arg-type]
            )
        ),
    ]


def _selected(call: Callable[[], Selection]) -> Any:
    """Best alpha and scores, how many episodes were played, and whether it explored."""
    try:
        done = call()
    except StudentRaised as error:
        return error.type_name
    try:
        told: list[Any] = [done.best, done.scores]
    except CheckFailed:
        told = [done.received]
    explored = len(set(done.chosen)) > 1 and min(map(done.chosen.count, set(done.chosen))) / len(done.chosen) > 0.2
    return [*told, len(done.chosen), explored]


FINGERPRINTS: dict[str, Callable[[Student, np.random.Generator], Print]] = {
    "epsilon_greedy": policy_print,
    "q_update": update_print,
    "train_q_learning": training_print,
    "select_alpha": selection_print,
}
