"""The autograder zip in a folder laid out as Gradescope's container: built, unpacked and run by its own script."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.course import Course, load_course
from autograder.errors import InputError
from autograder.gradescope.build import build_zip
from autograder.gradescope.settings import Settings, read_settings
from autograder.suites.diagnosis import misconceptions
from tests.ppo_course import hand_in, released_course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    return released_course(tmp_path_factory.mktemp("course"))


@pytest.fixture
def container(course: Course, tmp_path: Path) -> Iterator[Path]:
    """/autograder before the first run."""
    yield unpacked(course, tmp_path, Settings(assignment="ppo"))


def unpacked(course: Course, folder: Path, settings: Settings) -> Path:
    build_zip(course, settings, folder / "autograder.zip")
    root = folder / "autograder"
    with zipfile.ZipFile(folder / "autograder.zip") as archive:
        for entry in archive.infolist():
            path = Path(archive.extract(entry, root / "source"))
            path.chmod(entry.external_attr >> 16)
    (root / "submission").mkdir()
    (root / "results").mkdir()
    (root / "source" / "run_autograder").rename(root / "run_autograder")
    (root / "submission_metadata.json").write_text(
        json.dumps({"created_at": "2027-01-18T08:00:00.123456-08:00", "users": [{"id": 42, "email": "x@example.edu"}]})
    )
    return root


def upload(container: Path, course: Course, changed: dict[str, str] | None = None) -> None:
    """Uploads a hand-in under a name of the student's own."""
    handed_in = hand_in(course, "student-01", changed)
    (container / "submission" / "my homework.ipynb").write_text((handed_in / "ppo.ipynb").read_text())


def run(container: Path, **environment: str) -> dict[str, Any]:
    given = {"AUTOGRADER_ROOT": str(container), "AUTOGRADER_PYTHON": sys.executable}
    subprocess.run(
        [container / "run_autograder"], check=False, cwd=container, env=os.environ | given | environment, timeout=300
    )
    results: dict[str, Any] = json.loads((container / "results" / "results.json").read_text())
    return results


def test_a_submission_is_graded_and_its_mistake_named(container: Path, course: Course) -> None:
    mistake = next(each for each in misconceptions("ppo") if each.exercise == "evaluate")
    upload(container, course, {"evaluate": mistake.source})
    results = run(container)
    assert results["extra_data"]["status"] == "graded"
    assert results["extra_data"]["isolation"] == "namespaces"
    failed = {test["tags"][0] for test in results["tests"] if test["extra_data"]["status"] == "failed"}
    assert failed == {"evaluate"}
    assert mistake.sentence in {test["output"] for test in results["tests"]}
    points = sum(test["score"] for test in results["tests"])
    assert results["score"] == pytest.approx(points / 2)  # handed in after the soft deadline
    assert "after the soft deadline" in results["output"]


def test_without_bubblewrap_a_weaker_level_is_named_and_none_is_taken_only_if_the_build_allows_it(
    course: Course, tmp_path: Path
) -> None:
    refusing = unpacked(course, tmp_path / "one", Settings(assignment="ppo"))
    upload(refusing, course)
    results = run(refusing, PATH=path_without_bubblewrap(tmp_path))
    level = results["extra_data"].get("isolation")
    if level is None:  # this machine gives no other level
        assert results["extra_data"]["status"] == "needs_attention"
        assert "build with --allow-no-isolation" in results["output"]
    else:
        assert level not in ("namespaces", "none")
        assert f"Graded with isolation “{level}”" in results["output"]
    allowing = unpacked(course, tmp_path / "two", Settings(assignment="ppo", allow_none=True))
    upload(allowing, course)
    results = run(allowing, PATH=path_without_bubblewrap(tmp_path))
    assert results["extra_data"]["isolation"] == (level or "none")
    assert f"Graded with isolation “{level or 'none'}”" in results["output"]
    written = [test["max_score"] for test in results["tests"] if test["tags"][0] != "policy"]  # no agent was uploaded
    assert results["score"] == pytest.approx(sum(written) / 2)  # late


def path_without_bubblewrap(folder: Path) -> str:
    """The programs that scripts need, and no bwrap."""
    tools = folder / "bin"
    tools.mkdir(exist_ok=True)
    for name in ("bash", "env", "mkdir", "chmod", "printf", "git"):
        source = next((Path(each) / name for each in ("/usr/bin", "/bin") if (Path(each) / name).exists()), None)
        if source is not None and not (tools / name).exists():
            (tools / name).symlink_to(source)
    return str(tools)


def test_an_upload_without_a_notebook_and_a_broken_container_leave_an_explanation(container: Path) -> None:
    (container / "submission" / "notes.txt").write_text("see attachment")
    results = run(container)
    assert results["extra_data"]["status"] == "needs_attention"
    assert "A person has to look at this" in results["output"]
    (container / "results" / "results.json").unlink()
    assert "did not start (exit status" in run(container, AUTOGRADER_PYTHON="/nowhere/python")["output"]


def test_the_zip_holds_what_gradescope_asks_for_and_nothing_of_other_assignments(
    course: Course, tmp_path: Path
) -> None:
    build_zip(course, Settings(assignment="ppo", allow_none=True, seconds=100.0), tmp_path / "autograder.zip")
    with zipfile.ZipFile(tmp_path / "autograder.zip") as archive:
        names = set(archive.namelist())
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        secret = archive.read("course/course.secret").decode().strip()
        archive.extractall(tmp_path / "source")
    assert {"setup.sh", "run_autograder"} <= names
    assert modes["setup.sh"] == modes["run_autograder"] == 0o755
    assert not [name for name in names if "q_learning" in name and "visible_checks" not in name]
    assert secret != course.secret().hex()  # what leaks from a container says nothing about the course's own inputs
    assert read_settings(tmp_path / "source") == Settings(assignment="ppo", allow_none=True, seconds=100.0)
    for script in ("setup.sh", "run_autograder"):
        subprocess.run(["bash", "-n", tmp_path / "source" / script], check=True)


def test_the_same_course_gives_the_same_zip(course: Course, tmp_path: Path) -> None:
    for name in ("one.zip", "two.zip"):
        build_zip(course, Settings(assignment="ppo"), tmp_path / name)
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize(
    ("assignment", "error"),
    [("dqn", "received 'dqn'"), ("gymnasium_intro", "is not graded"), ("q_learning", "released")],
)
def test_what_cannot_be_built_is_refused(course: Course, tmp_path: Path, assignment: str, error: str) -> None:
    with pytest.raises(InputError, match=error):
        build_zip(course, Settings(assignment=assignment), tmp_path / "autograder.zip")
    assert not (tmp_path / "autograder.zip").exists()


def test_the_course_file_that_was_named_is_packed_and_the_secret_may_lie_anywhere(
    course: Course, tmp_path: Path
) -> None:
    named = course.root / "autumn.toml"
    text = (course.root / "course.toml").read_text().replace('"course.secret"', f'"{tmp_path}/keys.txt"')
    named.write_text(text)
    root = unpacked(load_course(named), tmp_path, Settings(assignment="ppo"))
    named.unlink()
    packed = root / "source" / "course"
    assert (packed / "course.toml").read_text() == text
    assert (packed / "course.secret").read_text() != (tmp_path / "keys.txt").read_text()
    (tmp_path / "keys.txt").unlink()
    (root / "submission" / "notes.txt").write_text("see attachment")
    assert "expected a notebook named ppo.ipynb" in run(root)["output"]  # so the grader had its secret
    assert (packed / "course.secret").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "keys.txt").exists()
