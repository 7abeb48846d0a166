"""The hidden suite of PPO, tested: right solutions pass it, known mistakes fail it, each where it belongs."""

import sys
import types
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
import torch

from autograder.sandbox.loopback import LoopbackTransport, loopback_student
from autograder.sandbox.wire import decode, encode
from autograder.suites.check_plugin import collect_checks, points_per_exercise
from autograder.suites.diagnosis import agree
from autograder.suites.judging import check_rng, run_suite
from autograder.suites.ppo.fingerprints import FINGERPRINTS
from autograder.suites.ppo.misconceptions import MISCONCEPTIONS
from solutions import ppo
from tests.course.right_variants import VARIANTS

SECRET = b"0123456789abcdef0123456789abcdef"
EXERCISES = tuple(
    "make_env Actor one_step_returns multi_step_returns compute_gae critic_loss actor_loss entropy_loss rollout "
    "evaluate PPOTrainer".split()
)
REFERENCE = compile(Path(ppo.__file__).read_text(encoding="utf-8"), "reference", "exec")


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def notebook(cells=()):
    """Global names of a notebook: the reference's, some of its cells replaced."""
    module = types.ModuleType("submission")
    sys.modules["submission"] = module  # where NamedTuple and dataclass look for the class's module
    exec(REFERENCE, vars(module))
    for cell in cells:
        exec(compile(cell, "cell 1", "exec"), vars(module))
    return vars(module)


def judge(*cells):
    return run_suite("ppo", lambda: LoopbackTransport(notebook(cells)), SECRET, exercises=EXERCISES)


@cache
def outcomes_of(misconception):
    return judge(misconception.source)


def names(outcomes, *statuses):
    return [outcome.id.removeprefix("ppo.") for outcome in outcomes if outcome.status in statuses]


def of_exercise(exercise):
    return [each for each in MISCONCEPTIONS if each.exercise == exercise]


def test_the_reference_passes_every_check():
    outcomes = judge()
    assert names(outcomes, "failed", "error", "timeout", "blocked") == []
    assert sum(outcome.points for outcome in outcomes) == 6.0


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.id)
def test_right_solutions_of_another_kind_pass_every_check(variant):
    outcomes = judge(*variant.cells.values())
    assert [(outcome.id, outcome.message) for outcome in outcomes if outcome.status != "passed"] == []


def test_every_exercise_has_two_right_variants():
    assert all(sum(exercise in variant.cells for variant in VARIANTS) >= 2 for exercise in EXERCISES)


@pytest.mark.parametrize("exercise", EXERCISES)
def test_misconceptions_fail_a_check_of_their_exercise_and_none_of_another(exercise):
    for misconception in of_exercise(exercise):
        outcomes = outcomes_of(misconception)
        wrong = names(outcomes, "failed")
        assert [name for name in wrong if name.startswith(f"{exercise}.")], f"{misconception.id}: passes"
        assert [name for name in wrong if not name.startswith(f"{exercise}.")] == [], misconception.id
        assert names(outcomes, "error", "timeout") == [], misconception.id


@pytest.mark.parametrize("exercise", EXERCISES)
def test_every_check_is_failed_by_a_misconception(exercise):
    failed = {name for each in of_exercise(exercise) for name in names(outcomes_of(each), "failed")}
    assert {check.short_id for check in collect_checks("ppo") if check.exercise == exercise} <= failed


def test_a_wrong_actor_does_not_take_the_points_of_what_only_needs_some_actor():
    wide = next(each for each in MISCONCEPTIONS if each.id == "fixed_width")
    assert names(outcomes_of(wide), "failed", "blocked") == ["Actor.hidden_dim_is_the_width"]


def test_points_are_those_of_the_homework():
    points = points_per_exercise("ppo")
    assert points == {
        "make_env": 0.25,
        "Actor": 0.75,
        "one_step_returns": 0.5,
        "multi_step_returns": 1.0,
        "compute_gae": 1.0,
        "critic_loss": 0.25,
        "actor_loss": 0.75,
        "entropy_loss": 0.25,
        "rollout": 0.25,
        "evaluate": 0.25,
        "PPOTrainer": 0.75,
    }
    assert sum(points.values()) == 6.0


def test_checks_are_many_and_each_gives_points_and_a_hint():
    checks = collect_checks("ppo")
    assert len(checks) >= 40
    assert all(check.points > 0 and len(check.hint) > 20 for check in checks)


def test_every_check_says_what_it_shows():
    for module in {check.exercise.lower() for check in collect_checks("ppo")}:
        loaded = __import__(f"autograder.suites.ppo.test_{module}", fromlist=["*"])
        checks = [each for name, each in vars(loaded).items() if name.startswith("test_")]
        assert [check.__name__ for check in checks if not (check.__doc__ or "").strip()] == []


def test_needs_name_checks_that_come_before():
    seen: set[str] = set()
    for check in sorted(collect_checks("ppo"), key=lambda check: EXERCISES.index(check.exercise)):
        assert set(check.needs) <= seen, check.id
        seen.add(check.short_id)


def test_misconceptions_are_many_in_every_exercise():
    assert min(Counter(each.exercise for each in MISCONCEPTIONS)[exercise] for exercise in EXERCISES) >= 6
    keys = [(each.exercise, each.id) for each in MISCONCEPTIONS]
    assert len(keys) == len(set(keys))
    assert all(each.sentence.endswith(".") and len(each.sentence) > 30 for each in MISCONCEPTIONS)


def take(exercise, *cells):
    rng = check_rng(SECRET, f"ppo.{exercise}.fingerprint")
    found = FINGERPRINTS[exercise](loopback_student(notebook(cells)), rng)
    return decode(encode(found))  # as the cache of known fingerprints keeps it


@pytest.mark.parametrize("exercise", EXERCISES)
def test_fingerprints_tell_misconceptions_apart(exercise):
    prints = {"reference": take(exercise)} | {each.id: take(exercise, each.source) for each in of_exercise(exercise)}
    alike = [(a, b) for a in prints for b in prints if a < b and agree(prints[a], prints[b])]
    assert alike == []


@pytest.mark.parametrize("exercise", [name for name in EXERCISES if name != "Actor"])
@pytest.mark.parametrize("variant", VARIANTS[:2], ids=lambda variant: variant.id)
def test_fingerprints_do_not_depend_on_how_a_right_solution_is_written(exercise, variant):
    assert agree(take(exercise), take(exercise, *variant.cells.values()))


ANOTHER_WITHOUT_BOOTSTRAP = """
def multi_step_returns(rewards, values, dones, gamma=0.99):
    out, running = [], 0
    for r, d in zip(reversed(list(rewards)), reversed(list(dones))):
        running = r + gamma * running * (1 - d)
        out.append(running)
    return torch.stack(out[::-1])
"""


def test_a_mistake_is_recognised_in_other_words():
    known = next(each for each in of_exercise("multi_step_returns") if each.id == "no_bootstrap")
    found = take("multi_step_returns", ANOTHER_WITHOUT_BOOTSTRAP)
    assert agree(found, take("multi_step_returns", known.source))
    assert [
        each.id for each in of_exercise("multi_step_returns") if agree(found, take(each.exercise, each.source))
    ] == ["no_bootstrap"]


@pytest.mark.parametrize("misconception", MISCONCEPTIONS[::9], ids=lambda each: f"{each.exercise}.{each.id}")
def test_messages_teach_without_giving_expected_values_away(misconception):
    for outcome in outcomes_of(misconception):
        if outcome.status == "failed":
            message, hint = outcome.message.split("\n", 1)
            assert message
            assert hint
            assert not any(
                len(word.strip("-+().,")) > 5 and "." in word[1:-1] for word in message.split() if word[0].isdigit()
            )


STRANGE = (
    "None",
    "'text'",
    "(torch.ones(3), torch.ones(3))",
    "torch.zeros(0)",
    "{'a': [None, object()]}",
    "10**400",
)
FUNCTIONS = [name for name in EXERCISES if name[0].islower()]
METHODS = {
    "Actor": ("get_action_dist", "get_value", "forward", "get_action"),
    "PPOTrainer": ("learn", "update_epochs"),
}


@pytest.mark.parametrize("value", STRANGE)
def test_whatever_a_student_returns_is_no_fault_of_the_grader(value):
    functions = "".join(f"def {name}(*args, **kwargs): return {value}\n" for name in FUNCTIONS)
    classes = [
        f"class {name}({name}):\n    def {method}(self, *args, **kwargs): return {value}\n"
        for name, methods in METHODS.items()
        for method in methods
    ]
    attributes = [
        f"class PPOTrainer(PPOTrainer):\n    actor = property(lambda self: {value}, lambda self, new: None)\n"
    ]
    for cell in (functions, *classes, *attributes):
        outcomes = judge(cell)
        assert names(outcomes, "error", "timeout") == [], cell
        assert names(outcomes, "failed") != [], cell
