"""The matrix of known mistakes, judged in a real sandbox, and its page."""

import shutil
from dataclasses import replace

import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.matrix_run import write_matrix
from autograder.outlets.matrix_page import render_matrix
from autograder.suites.diagnosis import misconceptions
from autograder.suites.variant import Variant, read_variants
from tests.course.judged_suite import COURSE

EXERCISES = ("critic_loss", "entropy_loss")
BY_HAND = """
def critic_loss(target_values, pred_values):
    return ((target_values.detach() - pred_values) ** 2).sum() / pred_values.numel()
"""
WITH_NUMPY = """
def entropy_loss(action_dist):
    return -(0.5 + np.log(np.sqrt(2 * np.pi)) + action_dist.scale.log()).mean()
"""
TURNED = """
def critic_loss(target_values, pred_values):
    return F.mse_loss(target_values.detach(), pred_values)
"""
STYLES = ("by_hand", "taking_turns")
RIGHT = (
    Variant.numbered("plain", {"critic_loss": {"by_hand": BY_HAND}, "entropy_loss": {"with_numpy": WITH_NUMPY}}, 0),
    Variant("taking_turns", {"critic_loss": TURNED}),
    Variant("of_another_exercise", {"make_env": "make_env = None"}),
)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    folder = tmp_path_factory.mktemp("course")
    shutil.copy(COURSE.root / "course.toml", folder)
    shutil.copytree(COURSE.root / "solutions", folder / "solutions")
    return load_course(folder)


@pytest.fixture(scope="module")
def written(course):
    page = course.root / "matrix.html"
    return write_matrix(course, "ppo", page, EXERCISES, RIGHT), page.read_text(encoding="utf-8")


def judged(rows):
    """The reference's row, those of mistakes, those of right solutions."""
    return rows[0], [row for row in rows if row.misconception], [row for row in rows if row.variant]


def test_each_known_mistake_is_caught_and_named_and_costs_no_other_exercise(written):
    reference, mistakes, _ = judged(written[0])
    known = [each for each in misconceptions("ppo") if each.exercise in EXERCISES]
    assert [row.misconception for row in mistakes] == sorted(known, key=lambda each: EXERCISES.index(each.exercise))
    assert set(reference.statuses.values()) == {"passed"}
    assert [row.misconception.id for row in mistakes if not (row.is_killed and row.named)] == []
    assert [row.misconception.id for row in mistakes if row.strays] == []


def test_the_page_holds_every_mistake_and_check_and_finds_nothing_to_mend(written):
    (reference, mistakes, right), page = judged(written[0]), written[1]
    assert [row.variant.id for row in right] == ["plain", "taking_turns"]
    assert [row.rejected_by for row in right] == [[], []]
    unbroken = page.replace("<wbr>", "")
    assert all(f"<code>{row.misconception.id}</code>" in unbroken for row in mistakes)
    assert all(name.partition(".")[2].replace("_", " ") in page for name in reference.statuses if "critic" in name)
    assert all(f"<code>{name}</code>" in unbroken for name in ("by_hand", "with_numpy", "taking_turns"))
    assert "return ((target_values.detach() - pred_values) ** 2).sum() / pred_values.numel()" in page
    assert "<dd>3 <small>of 3</small></dd>" in page
    assert "To be mended" not in page
    assert "<script" not in page


def test_the_page_says_what_has_to_be_mended(course, written):
    reference, (first, second, *_), _ = judged(written[0])
    name = "critic_loss.is_the_mean_squared_error"
    passes_all = replace(first, statuses=dict.fromkeys(first.statuses, "passed"), named=False)
    strays = replace(second, statuses=second.statuses | {"Actor.gives_values": "failed"})
    failed = replace(reference, statuses=reference.statuses | {name: "failed"})
    page = render_matrix(course, course.assignment("ppo"), [failed, passes_all, strays], [name])
    assert f"The reference solution does not pass <code>{name}</code>" in page
    assert "is also blamed on: Actor.gives_values" in page
    assert "<dd>1 <small>of 2</small></dd>" in page


def test_a_right_solution_that_is_rejected_is_a_red_row_and_to_be_mended(course, written):
    reference, _, (plain, other) = judged(written[0])
    name = "critic_loss.is_the_mean_squared_error"
    rejected = replace(other, statuses=other.statuses | {name: "failed"})
    page = render_matrix(course, course.assignment("ppo"), [reference, plain, rejected], [name]).replace("<wbr>", "")
    assert f"The right solutions <code>taking_turns</code> do not pass: {name}" in page
    assert "<dd>1 <small>of 2</small></dd>" in page
    lines = {
        style: next(line for line in page.splitlines() if f'"row"><code>{style}</code>' in line) for style in STYLES
    }
    assert 'class="failed">no' in lines["taking_turns"] and "#i-failed" in lines["taking_turns"]
    assert 'class="passed">yes' in lines["by_hand"] and "#i-passed" in lines["by_hand"]


def test_a_solution_in_several_variants_is_one_row_with_its_worst_verdict(course, written):
    reference, _, (plain, _) = judged(written[0])
    name = "critic_loss.is_the_mean_squared_error"
    again = replace(plain, variant=replace(plain.variant, id="again"), statuses=plain.statuses | {name: "blocked"})
    page = render_matrix(course, course.assignment("ppo"), [reference, plain, again], [name])
    assert "Judged in plain, again" in page
    assert "<dd>0 <small>of 1</small></dd>" in page


def test_variants_are_those_of_an_importable_module(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_variants.py").write_text(
        "from autograder.suites.variant import Variant\nVARIANTS = [Variant('short', {'f': 'def f(): ...'})]\n"
    )
    (tmp_path / "no_variants.py").write_text("VARIANTS = ['def f(): ...']\n")
    (variant,) = read_variants("own_variants")
    assert (variant.id, variant.style("f"), variant.source) == ("short", "short", "def f(): ...")
    assert read_variants(None) == ()
    with pytest.raises(InputError, match=r"--variants no_variants: expected .* received str"):
        read_variants("no_variants")


def test_an_unknown_exercise_is_refused_with_those_there_are(course, tmp_path):
    with pytest.raises(InputError, match=r"expected one of make_env, .*, received 'nothing'"):
        write_matrix(course, "ppo", tmp_path / "page.html", ["nothing"])
    assert not (tmp_path / "page.html").exists()
