"""The command line as an instructor uses it: real commands in a course's folder."""

import csv
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from autograder.gpu import find_gpu
from tests.ppo_course import REPOSITORY, WITHOUT_AGENT, hand_in, released_course


def autograder(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a command in a folder, on a terminal wide enough for its tables."""
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    command = [sys.executable, "-m", "autograder.cli", *map(str, arguments)]
    return subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A released course with two hand-ins, the reference and a file that is no notebook, graded."""
    course = released_course(tmp_path_factory.mktemp("course"))
    hand_in(course, "student-01")
    (hand_in(course, "student-02") / "ppo.ipynb").write_text("my homework")
    return course.root


@pytest.fixture(scope="module")
def graded(folder) -> subprocess.CompletedProcess[str]:
    return autograder(folder, "grade", "submitted", "--out", "results", "--workers", 1)


def test_grade_ends_with_0_when_every_submission_has_a_report(folder, graded):
    assert graded.returncode == 0, graded.stderr
    for student, status in (("student-01", "graded"), ("student-02", "needs_attention")):
        report = json.loads((folder / "results" / student / "ppo" / "report.json").read_text())
        assert report["status"] == status
        assert (folder / "results" / student / "ppo" / "feedback.html").exists()


def test_grade_shows_a_line_for_each_student_and_the_page_of_the_class(folder, graded):
    assert "student-01" in graded.stdout
    assert "4.5/5" in graded.stdout
    assert "expected a notebook in JSON" in graded.stdout
    assert "1 graded, median 5.5 points; 1 needs a person" in graded.stdout
    assert "Class report: results/ppo.html" in graded.stdout
    assert (folder / "results" / "ppo.html").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gymnasium_intro",), "gymnasium_intro: expected training checks in"),
        (("ppo", "--check", "Actor.learns"), "--check Actor.learns: expected one of PPOTrainer."),
        (("ppo", "--variants", "no.such.module"), "--variants no.such.module: expected a module with VARIANTS"),
        (("nope",), "nope"),
    ],
)
def test_calibrate_says_in_one_line_what_it_cannot_use(folder, arguments, said):
    done = autograder(folder, "calibrate", *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("autograder: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_second_release_changes_nothing_and_check_agrees(folder):
    notebook = folder / "notebooks" / "ppo" / "ppo.ipynb"
    before = notebook.read_bytes()
    assert autograder(folder, "release").returncode == 0
    assert notebook.read_bytes() == before
    assert autograder(folder, "release", "--check").returncode == 0
    notebook.write_bytes(before.replace(b"HalfCheetah", b"HalfCheetah!"))
    stale = autograder(folder, "release", "--check")
    notebook.write_bytes(before)
    assert stale.returncode == 2
    assert "run `autograder release`" in stale.stderr


def test_feedback_can_be_written_in_another_language(folder, graded):
    page = folder / "results" / "student-02" / "ppo" / "feedback.html"
    before = page.read_text()
    assert autograder(folder, "feedback", "results", "--language", "ru").returncode == 0
    assert "ожидался блокнот в формате JSON" in page.read_text()
    done = autograder(folder, "feedback", "results", "--language", "xx")
    assert done.returncode == 2
    assert "expected one of en, ru, received 'xx'" in done.stderr
    assert autograder(folder, "feedback", "results").returncode == 0
    assert page.read_text() == before


def test_pages_and_exports_are_made_of_the_reports_alone(folder, graded):
    pages = [folder / "results" / "ppo.html", folder / "results" / "student-01" / "ppo" / "feedback.html"]
    before = [page.read_text() for page in pages]
    for page in pages:
        page.unlink()
    assert autograder(folder, "feedback", "results").returncode == 0
    assert autograder(folder, "report", "results").returncode == 0
    assert [page.read_text() for page in pages] == before
    done = autograder(folder, "export", "results", "--to", "csv", "--out", "grades.csv")
    assert done.returncode == 0, done.stderr
    with (folder / "grades.csv").open() as stream:
        totals = {row["student"]: row["total"] for row in csv.DictReader(stream)}
    assert totals == {"student-01": "5.5", "student-02": ""}


def test_grades_and_pages_go_to_canvas(folder, graded, tmp_path):
    header = "Student,ID,SIS User ID,SIS Login ID,Section,PPO on HalfCheetah (9)\n"
    rows = '    Points Possible,,,,,5\n"One, S",11,,student-01,A,\n"Two, S",12,,student-02,A,\n'
    (tmp_path / "roster.csv").write_text(header + rows)
    with zipfile.ZipFile(tmp_path / "submissions.zip", "w") as archive:
        archive.writestr("ones_11_77_ppo.ipynb", "{}")
    files = {name: tmp_path / name for name in ("roster.csv", "submissions.zip", "upload.csv", "feedback.zip")}
    arguments = ["export", "results", "--to", "canvas", "--roster", files["roster.csv"], "--out", files["upload.csv"]]
    arguments += ["--feedback", files["feedback.zip"], "--submissions", files["submissions.zip"]]
    done = autograder(folder, *arguments)
    assert done.returncode == 0, done.stderr
    assert files["upload.csv"].read_text().splitlines()[2:] == ['"One, S",11,,student-01,A,5.5']
    page = (folder / "results" / "student-01" / "ppo" / "feedback.html").read_bytes()
    with zipfile.ZipFile(files["feedback.zip"]) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {"ones_11_77_feedback.html": page}


def test_a_grade_is_explained(folder, graded):
    done = autograder(folder, "explain", "student-01", "ppo")
    assert done.returncode == 0, done.stderr
    for words in (
        "student-01, ppo: 5.5 of 5 points",
        "limits     cell 20 s",
        "isolation  namespaces",
        "total      5.5",
    ):
        assert words in done.stdout
    assert "changed since" not in done.stdout


def test_what_a_changed_suite_would_change_is_shown_before_it_does(folder, graded, tmp_path):
    shutil.copytree(folder / "results", tmp_path / "new")
    file = tmp_path / "new" / "student-01" / "ppo" / "report.json"
    report = json.loads(file.read_text())
    report["checks"][0] |= {"status": "failed", "points": 0.0}
    report["score"] -= 0.0625
    file.write_text(json.dumps(report))
    gradebook = (folder / "gradebook.db").read_bytes()
    done = autograder(folder, "diff", "results", tmp_path / "new", "--csv", tmp_path / "changes.csv")
    assert done.returncode == 0, done.stderr
    assert "1 of 2 grades would change" in done.stdout
    assert "student-01, ppo: 5.5 → 5.4375" in done.stdout
    assert (folder / "gradebook.db").read_bytes() == gradebook
    assert len((tmp_path / "changes.csv").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "nowhere", "--out", "results"], "expected a folder of submissions, found none"),
        (["grade", "submitted", "--out", "results", "--assignment", "dqn"], ", received 'dqn'"),
        (["grade", "submitted", "--out", "results", "--student", "student-99"], "expected a folder of student"),
        (["grade", "submitted", "--out", "course.toml"], "expected a folder to write results to"),
        (["grade", "submitted", "--out", "results", "--course", "nowhere"], "expected the course's settings there"),
        (["release", "dqn"], ", received 'dqn'"),
        (["feedback", "nowhere"], "expected a folder written by `autograder grade --out`"),
        (["report", "submitted"], "no report.json found"),
        (
            ["export", "results", "--to", "canvas", "--out", "x.csv"],
            "expected a gradebook export of the course by --roster",
        ),
        (["export", "results", "--to", "moodle", "--out", "x.csv"], "expected the assignment's grading worksheet by"),
        (
            ["export", "results", "--to", "csv", "--out", "x.csv", "--scale"],
            "--scale: expected --to canvas or --to moodle",
        ),
        (
            ["export", "results", "--to", "canvas", "--out", "x.csv", "--roster", "nowhere.csv"],
            "expected a readable file",
        ),
        (["export", "results", "--out", "course.toml/x.csv"], "expected a place to read from or write to, received"),
        (["diff", "results", "results", "--csv", "/proc/x.csv"], "expected a place to read from or write to, received"),
        (["explain", "student-99", "ppo"], "expected a report of 'student-99' for ppo, found those of 2 others"),
        (["explain", "student-01", "dqn"], ", received 'dqn'"),
        (["diff", "results", "nowhere"], "expected a folder written by `autograder grade --out`"),
        (["gradescope", "build", "dqn"], ", received 'dqn'"),
        (["gradescope", "run", "--root", "nowhere"], "expected the settings that `autograder gradescope build` writes"),
        (
            ["grade", "submitted", "--out", "results", "--force", "--scheduler", "tcp://127.0.0.1:9"],
            "running Dask scheduler",
        ),
        (["grade", "submitted", "--out", "r", "--isolation", "bubblewrap", "--no-isolation"], "leave one out"),
    ],
)
def test_bad_input_gets_one_clear_line_and_no_traceback(folder, graded, arguments, message):
    done = autograder(folder, *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_wrong_option_is_explained(folder):
    done = autograder(folder, "grade", "submitted", "--out", "results", "--tier", "everything")
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "--tier" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--timesteps", "1000"], "--timesteps: expected --tier score beside it, received --tier checks"),
        (["--device", "cuda"], "--device cuda: expected a GPU that torch can use, found "),
    ],
)
def test_options_that_do_not_fit_are_one_clear_line(folder, tmp_path, options, said):
    if options[0] == "--device" and not find_gpu().missing:
        pytest.skip("there is a GPU")
    done = autograder(folder, "grade", "submitted", "--out", tmp_path / "results", *options)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "verb",
    [
        "release",
        "translate",
        "grade",
        "feedback",
        "report",
        "collect",
        "export",
        "explain",
        "diff",
        "gradescope",
        "matrix",
        "doctor",
        "demo",
    ],
)
def test_every_verb_explains_itself(folder, verb):
    done = autograder(folder, verb, "--help")
    assert done.returncode == 0
    assert f"Usage: autograder {verb}" in done.stdout


def test_doctor_finds_a_machine_on_which_these_tests_run_well(folder):
    done = autograder(folder, "doctor")
    assert done.returncode == 0, done.stdout
    assert "Isolation: namespaces" in done.stdout


def test_without_bubblewrap_grading_at_its_levels_refuses_and_says_what_to_install(folder, tmp_path):
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PATH": str(tmp_path)}
    command = [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--out", str(tmp_path / "results")]
    done = subprocess.run(
        [*command, "--isolation", "namespaces"],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 2
    assert "apt-get install bubblewrap" in done.stderr
    assert "Traceback" not in done.stderr


def test_without_isolation_the_report_says_so(folder, tmp_path):
    done = autograder(
        folder, "grade", "submitted", "--out", tmp_path, "--student", "student-01", "--no-isolation", "--no-gradebook"
    )
    assert done.returncode == 0, done.stderr
    report = json.loads((tmp_path / "student-01" / "ppo" / "report.json").read_text())
    assert report["isolation"] == "none"
    assert report["score"] == WITHOUT_AGENT - 1.0
    assert "without isolation" in (tmp_path / "ppo.html").read_text().lower()
