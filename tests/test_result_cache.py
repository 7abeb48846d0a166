"""Results of an earlier run: taken where nothing has changed, and only there. Real sandbox, real gradebook."""

import json
from pathlib import Path

import pytest

from autograder.class_run import grade_folder
from autograder.course import load_course
from autograder.result_cache import KEY_FILE, kept_report, result_key
from tests.ppo_course import hand_in, released_course


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = released_course(tmp_path_factory.mktemp("course"))
    hand_in(course, "student-01")
    (hand_in(course, "student-02") / "ppo.ipynb").write_text("my homework")
    return course


def grade(course, **options):
    return grade_folder(course, course.root / "submitted", course.root / "results", workers=1, **options)


def written(course) -> dict[str, int]:
    """When each report was written, in nanoseconds."""
    return {path.parts[-3]: path.stat().st_mtime_ns for path in Path(course.root, "results").glob("*/*/report.json")}


def test_only_what_has_changed_is_graded_again(course):
    first = grade(course)
    before = written(course)
    second = grade(course)
    assert (first.kept, second.kept) == (0, 2)
    assert second.reports == first.reports
    assert written(course) == before
    hand_in(course, "student-02")
    third = grade(course)
    assert (third.kept, [report.total for report in third.reports]) == (1, [6.0, 6.0])
    assert written(course)["student-01"] == before["student-01"] < written(course)["student-02"]
    assert grade(course, force=True).kept == 0
    assert written(course)["student-01"] > before["student-01"]


def key(course):
    return result_key(course, course.assignment("ppo"), course.root / "submitted" / "student-01" / "ppo", "namespaces")


@pytest.mark.parametrize("name", ["course.toml", "notebooks/ppo/ppo.ipynb", "solutions/ppo.py", "course.secret"])
def test_a_result_belongs_to_the_course_as_it_was(course, name):
    file, before = course.root / name, key(course)
    content = file.read_text()
    changed = {
        "course.toml": content.replace("2027-01-17T23:59:00", "2027-01-18T23:59:00"),
        "course.secret": content[:-2] + ("1" if content[-2] == "0" else "0") + "\n",
    }
    assert key(course) == before
    file.write_text(changed.get(name, content + " "))
    after = key(load_course(course.root))
    file.write_text(content)
    assert after != before
    assert key(load_course(course.root)) == before


def test_only_the_suite_of_the_assignment_counts(course, monkeypatch):
    before = key(course)
    monkeypatch.setattr("autograder.result_cache.suite_digest", lambda name: f"another suite of {name}")
    assert key(course) != before


def test_a_link_in_the_hand_in_is_never_trusted(course, tmp_path):
    folder = tmp_path / "student-03" / "ppo"
    folder.mkdir(parents=True)
    (folder / "ppo.ipynb").symlink_to(course.root / "submitted" / "student-01" / "ppo" / "ppo.ipynb")
    assert result_key(course, course.assignment("ppo"), folder, "namespaces") == ""


def test_a_report_that_was_changed_or_lacks_its_key_is_not_taken(course, tmp_path):
    folder = tmp_path / "student-01" / "ppo"
    grade_folder(course, course.root / "submitted", tmp_path, student="student-01", workers=1, write_gradebook=False)
    assert kept_report(tmp_path, "student-01", "ppo", key(course)) is not None
    assert kept_report(tmp_path, "student-01", "ppo", "another key") is None
    report = folder / "report.json"
    text = report.read_text()
    report.write_text(json.dumps(json.loads(text) | {"score": 3.0}))
    assert kept_report(tmp_path, "student-01", "ppo", key(course)) is None
    report.write_text(text)
    (folder / KEY_FILE).unlink()
    assert kept_report(tmp_path, "student-01", "ppo", key(course)) is None
