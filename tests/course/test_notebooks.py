"""The course's graded notebooks: they run from top to bottom, and what their headers say is so."""

import os
import re
import subprocess
import sys
import zipfile

import jupytext
import pytest

from autograder.suites.check_plugin import points_per_exercise
from tests.course.judged_suite import COURSE
from tests.made_up_course import REPOSITORY

for_each_assignment = pytest.mark.parametrize(
    "assignment", [each for each in COURSE.assignments.values() if each.is_graded], ids=lambda each: each.id
)


@for_each_assignment
def test_every_visible_check_passes_in_the_notebook(executed_notebook, assignment):
    for exercise in assignment.exercises:
        (shown,) = executed_notebook(assignment.id).outputs(f'check("{exercise}")')
        summary = shown["data"]["text/plain"].splitlines()[0]
        assert re.fullmatch(rf"{exercise}: (\d+) of \1 visible checks passed", summary), summary


@for_each_assignment
def test_the_video_is_in_the_notebook(executed_notebook, assignment):
    executed = executed_notebook(assignment.id)
    pages = [output["data"]["text/html"] for output in executed.outputs("show_video") if "data" in output]
    assert any("<video" in page and "data:video/mp4;base64," in page for page in pages)
    assert all(video.stat().st_size > 0 for video in executed.folder.glob("*.mp4"))


@for_each_assignment
def test_the_notebook_is_packed_for_handing_in(executed_notebook, assignment):
    executed, name = executed_notebook(assignment.id), f"{assignment.id}.ipynb"
    said = "".join(output.get("text", "") for output in executed.outputs("rlhelpers.hand_in("))
    count = len(assignment.exercises)
    assert said.startswith(f"✓ all {count} exercises are written\n✓ the notebook runs from a fresh kernel\n")
    with zipfile.ZipFile(executed.folder / f"{assignment.id}.zip") as archive:
        assert archive.read(name) == (executed.folder / name).read_bytes()


@for_each_assignment
def test_nothing_is_printed_on_stderr(executed_notebook, assignment):
    outputs = executed_notebook(assignment.id).outputs()
    assert [output for output in outputs if output.get("name") == "stderr"] == []


@for_each_assignment
def test_importing_the_source_neither_trains_nor_prints(assignment, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", f"import solutions.{assignment.id}"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr, list(tmp_path.iterdir())) == ("", "", [])


@for_each_assignment
def test_the_header_says_the_points_and_deadlines_of_the_course(assignment):
    header = jupytext.read(COURSE.source(assignment)).cells[0].source
    rows = re.findall(r"^\| `(\w+)` \| .* \| ([\d.]+)( \(bonus\))? \|$", header, re.MULTILINE)
    said = {name: float(points) for name, points, _ in rows}
    agent = {"policy": assignment.policy.points} if assignment.policy and assignment.policy.points else {}
    assert list(said) == list(assignment.judged)
    assert said == pytest.approx(points_per_exercise(assignment.id) | agent)
    if assignment.policy is not None:
        assert f"{assignment.policy.full_at:,.0f}" in header
        assert not assignment.policy.points or f"{assignment.policy.zero_at:,.0f}" in header
    assert [name for name, _, bonus in rows if bonus] == list(assignment.bonus)
    for deadline in (assignment.soft_deadline, assignment.hard_deadline):
        assert deadline is not None
        assert f"{deadline.day} {deadline:%B %Y, %H:%M}" in header
