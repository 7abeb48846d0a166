"""Hidden suites, tested: right solutions pass them, known mistakes fail them, each where it belongs."""

from importlib import import_module

import pytest

from autograder.suites.check_plugin import collect_checks
from autograder.suites.diagnosis import agree
from tests.course.judged_suite import COURSE, JudgedSuite
from tests.untranslated import untranslated

SUITES = {name: JudgedSuite(name) for name, assignment in COURSE.assignments.items() if assignment.exercises}
EXERCISES = [
    pytest.param(suite, name, id=f"{suite.assignment}.{name}") for suite in SUITES.values() for name in suite.exercises
]
VARIANTS = {name: import_module(f"tests.course.{name}_variants").VARIANTS for name in SUITES}
EACH_VARIANT = [
    pytest.param(SUITES[name], variant, id=f"{name}-{variant.id}") for name in SUITES for variant in VARIANTS[name]
]
# Networks that start from random weights, and environments that are drawn, show in what an exercise does.
DRAWN = {"ppo": {"Actor"}, "reinforce": {"Actor", "ValueNetwork"}, "q_learning": set[str]()}
# Exercises of arithmetic alone, in which known mistakes are easily told apart.
DETERMINISTIC = {
    "ppo": {
        "one_step_returns",
        "multi_step_returns",
        "compute_gae",
        "critic_loss",
        "actor_loss",
        "entropy_loss",
        "Actor",
    },
    "reinforce": {"policy_gradient_loss", "discounted_return", "returns_to_go"},
    "q_learning": {"epsilon_greedy", "q_update"},
}
COMPARED = [
    pytest.param(SUITES[name], exercise, variant, id=f"{name}.{exercise}-{variant.id}")
    for name in SUITES
    for exercise in SUITES[name].exercises
    for variant in VARIANTS[name][:2]
    if exercise not in DRAWN[name]
]
for_each_suite = pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)


@for_each_suite
def test_the_reference_passes_every_check(suite):
    assert suite.names(suite.judge(), "failed", "error", "timeout", "blocked") == []


@pytest.mark.parametrize(("suite", "variant"), EACH_VARIANT)
def test_right_solutions_of_another_kind_pass_every_check(suite, variant):
    outcomes = suite.judge(*variant.cells.values())
    assert [(outcome.id, outcome.message) for outcome in outcomes if outcome.status != "passed"] == []


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_every_exercise_has_twelve_right_variants(suite, exercise):
    assert sum(exercise in variant.cells for variant in VARIANTS[suite.assignment]) >= 12


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_misconceptions_fail_a_check_of_their_exercise_and_none_of_another(suite, exercise):
    for misconception in suite.misconceptions(exercise):
        outcomes = suite.judge(misconception.source)
        wrong = suite.names(outcomes, "failed")
        assert [name for name in wrong if name.startswith(f"{exercise}.")], f"{misconception.id}: passes"
        assert [name for name in wrong if not name.startswith(f"{exercise}.")] == [], misconception.id
        assert suite.names(outcomes, "error", "timeout") == [], misconception.id


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_every_check_is_failed_by_a_misconception(suite, exercise):
    failed = {
        name for each in suite.misconceptions(exercise) for name in suite.names(suite.judge(each.source), "failed")
    }
    assert {check.short_id for check in collect_checks(suite.assignment) if check.exercise == exercise} <= failed


@for_each_suite
def test_checks_give_points_and_a_hint_and_say_what_they_show(suite):
    checks = collect_checks(suite.assignment)
    assert all(check.points > 0 and len(check.hint) > 20 for check in checks)
    for exercise in suite.exercises:
        loaded = import_module(f"autograder.suites.{suite.assignment}.test_{exercise.lower()}")
        functions = [each for name, each in vars(loaded).items() if name.startswith("test_")]
        assert [each.__name__ for each in functions if not (each.__doc__ or "").strip()] == []


@for_each_suite
def test_needs_name_checks_that_come_before(suite):
    seen: set[str] = set()
    for check in sorted(collect_checks(suite.assignment), key=lambda check: suite.exercises.index(check.exercise)):
        assert set(check.needs) <= seen, check.id
        seen.add(check.short_id)


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_misconceptions_are_many_and_explain_themselves(suite, exercise):
    known = suite.misconceptions(exercise)
    assert len(known) >= (15 if exercise in DETERMINISTIC[suite.assignment] else 10)
    assert len({each.id for each in known}) == len(known)
    assert all(each.sentence.endswith(".") and len(each.sentence) > 30 for each in known)


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_what_checks_say_of_misconceptions_is_translated(suite, exercise):
    said = {each.message for known in suite.misconceptions(exercise) for each in suite.judge(known.source)}
    assert [template for text in said for template in untranslated(text)] == []


@pytest.mark.parametrize(("suite", "exercise"), EXERCISES)
def test_feedback_names_each_misconception_and_no_other(suite, exercise, tmp_path):
    known = suite.misconceptions(exercise)
    named = suite.diagnosed(known, tmp_path)
    assert named == {each.id: {each.id} for each in known}


@pytest.mark.parametrize(("suite", "exercise", "variant"), COMPARED)
def test_fingerprints_do_not_depend_on_how_a_right_solution_is_written(suite, exercise, variant):
    assert agree(suite.take(exercise), suite.take(exercise, *variant.cells.values()))


SAMPLES = [
    pytest.param(suite, each, id=f"{suite.assignment}.{each.exercise}.{each.id}")
    for suite in SUITES.values()
    for each in [each for exercise in suite.exercises for each in suite.misconceptions(exercise)][::9]
]


@pytest.mark.parametrize(("suite", "misconception"), SAMPLES)
def test_messages_teach_without_giving_expected_values_away(suite, misconception):
    for outcome in suite.judge(misconception.source):
        if outcome.status == "failed":
            message, hint = outcome.message.split("\n", 1)
            assert message
            assert hint
            assert not any(
                len(word.strip("-+().,")) > 5 and "." in word[1:-1] for word in message.split() if word[0].isdigit()
            )
