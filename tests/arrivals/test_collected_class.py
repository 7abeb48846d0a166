"""A class that has handed in everywhere, collected and graded by the command line, the lateness of each as it came."""

import json
import os
import subprocess
import sys

import pytest

from autograder.report import read_reports
from tests.arrivals.sources import packed, written
from tests.ppo_course import REPOSITORY, WITHOUT_AGENT, hand_in, released_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return released_course(tmp_path_factory.mktemp("course"))


def autograder(course, *arguments):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    return subprocess.run(command, cwd=course.root, env=environment, capture_output=True, text=True, check=False)


def test_a_collected_class_is_graded(course, tmp_path):
    solved = hand_in(course, "kept-elsewhere") / "ppo.ipynb"
    notebook = solved.read_bytes()
    (course.root / "submitted").rename(tmp_path / "elsewhere")
    inbound = "student-01+ppo+2027-01-10 10:00:00.000000 UTC+Ab0-"
    written(tmp_path / "inbound", {f"{inbound}/ppo.ipynb": notebook, f"{inbound}/timestamp.txt": "2027-01-10 10:00:00"})
    mark = "assignsubmission_file"
    files = {
        f"A Student_02_{mark}/ppo.zip": (packed({"ppo.ipynb": notebook}), (2027, 1, 18, 12, 0, 0)),
        f"A Student_03_{mark}/ppo.ipynb": (b"My homework", (2027, 1, 10, 12, 0, 0)),
        f"A Student_04_{mark}/ppo.ipynb": (notebook, (2027, 1, 11, 12, 0, 0)),
    }
    (tmp_path / "moodle.zip").write_bytes(packed(files))
    done = autograder(course, "collect", tmp_path / "inbound", tmp_path / "moodle.zip", "--assignment", "ppo")
    assert done.returncode == 1, done.stderr
    assert "nbgrader's exchange" in done.stdout and "a Moodle download" in done.stdout
    assert "3 collected, 1 refused" in done.stdout and "expected a notebook in JSON" in done.stdout
    again = autograder(course, "collect", tmp_path / "inbound", "--dry-run")
    assert again.returncode == 0 and "1 unchanged (nothing written: --dry-run)" in again.stdout
    graded = autograder(course, "grade", "submitted", "--out", "results", "--workers", "1", "--no-video")
    assert graded.returncode == 0, graded.stderr
    totals = {report.student: report.total for report in read_reports(course.root / "results")}
    assert totals == {"student-01": WITHOUT_AGENT, "02": WITHOUT_AGENT / 2, "04": WITHOUT_AGENT}
    report = json.loads((course.root / "results" / "02" / "ppo" / "report.json").read_text())
    assert report["late_penalty"] == WITHOUT_AGENT / 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere"], "nowhere: expected a folder, an archive or a notebook, found none"),
        (["submitted", "--assignment", "dqn"], "received 'dqn'"),
        (["course.toml", "--match", "Login"], "expected --roster FILE beside it"),
    ],
)
def test_bad_input_is_one_clear_line(course, arguments, said):
    (course.root / "submitted").mkdir(exist_ok=True)
    done = autograder(course, "collect", *arguments)
    assert done.returncode == 2
    assert said in done.stderr and len(done.stderr.strip().splitlines()) == 1
