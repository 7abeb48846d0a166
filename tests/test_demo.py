import ast
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.demo import DemoStudent, write_class
from autograder.errors import InputError, SubmissionError
from autograder.released_notebook import read_release
from autograder.submission import Submission, find_submissions, read_submission
from autograder.suites.ppo.misconceptions import MISCONCEPTIONS

COURSE = load_course(Path(__file__).parents[1])
PPO = COURSE.assignment("ppo")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("class") / "submitted"


@pytest.fixture(scope="module")
def students(folder) -> list[DemoStudent]:
    return write_class(COURSE, folder)


@pytest.fixture(scope="module")
def readable(folder, students) -> dict[str, Submission]:
    """The submissions that can be read, by description."""
    return {
        student.description: read_submission(folder / student.id / "ppo", PPO, COURSE.released(PPO))
        for student in students
        if student.kind != "unreadable"
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_class_is_large_and_found_where_hand_ins_are_looked_for(folder, students):
    assert len(students) >= 36
    assert [student.id for student in students] == [f"student-{n:02}" for n in range(1, len(students) + 1)]
    assert find_submissions(folder, COURSE) == [
        (student.id, "ppo", folder / student.id / "ppo") for student in students
    ]
    descriptions = Counter(student.description for student in students)
    assert max(descriptions.values()) == 1


def test_the_same_seed_gives_the_same_class_and_another_one_other_times_only(folder, students, tmp_path):
    assert write_class(COURSE, tmp_path / "again") == students
    assert contents(tmp_path / "again") == contents(folder)
    assert write_class(COURSE, tmp_path / "again", seed=1) == students
    changed = {name for name, content in contents(tmp_path / "again").items() if content != contents(folder)[name]}
    assert {Path(name).name for name in changed} == {"timestamp.txt"}


def test_every_exercise_is_got_wrong_by_somebody_and_every_mistake_named_is_a_known_one(students, folder, readable):
    known = {(mistake.exercise, mistake.id): mistake.source for mistake in MISCONCEPTIONS}
    mistaken = [student for student in students if student.misconceptions]
    assert {name for student in mistaken for name in student.wrong or ()} == set(PPO.exercises)
    assert max(len(student.misconceptions) for student in mistaken) >= 3
    for student in mistaken:
        sources = {cell.grade_id: cell.source for cell in readable[student.description].cells}
        for exercise, mistake in zip(student.wrong or (), student.misconceptions, strict=True):
            assert sources[exercise] == known[exercise, mistake]


def test_what_is_unreadable_is_refused_in_one_sentence_and_nothing_else_is(students, folder, readable):
    unreadable = [student for student in students if student.kind == "unreadable"]
    assert len(unreadable) >= 4
    for student in unreadable:
        assert student.expected_status == "needs_attention"
        assert student.is_hostile
        with pytest.raises(SubmissionError) as refused:
            read_submission(folder / student.id / "ppo", PPO, COURSE.released(PPO))
        assert "\n" not in str(refused.value)
    assert len(readable) == len(students) - len(unreadable)


def test_lateness_is_as_foretold(students, readable):
    for student in students:
        if student.description in readable:
            submitted = readable[student.description].submitted_at
            assert submitted is not None
            assert PPO.late_fraction(submitted) == student.late_fraction
    assert Counter(student.late_fraction for student in students) == {0.0: len(students) - 3, 0.5: 2, 1.0: 1}
    assert {student.kind for student in students if student.late_fraction} == {"late"}


def test_locked_cells_are_restored_in_every_notebook(readable):
    for submission in readable.values():
        release = read_release(COURSE.released(PPO, submission.language))
        locked = {cell.grade_id: cell.json["source"] for cell in release.cells if cell.role in ("given", "check")}
        sources = {cell.grade_id: cell.source for cell in submission.cells}
        assert {name: sources[name] for name in locked} == locked


def test_an_exercise_that_shall_be_right_is_defined_in_the_code_that_is_run(students, readable):
    for student in students:
        if student.wrong is None:
            continue
        submission = readable[student.description]
        code = "\n".join(cell.source for cell in submission.cells if cell.is_run)
        for exercise in set(PPO.exercises) - set(student.wrong):
            last = re.findall(rf"^(?:def|class) {exercise}\b.*?(?=^\S|\Z)", code, re.MULTILINE | re.DOTALL)[-1]
            assert "NotImplementedError" not in last, (student.description, exercise)


def test_reference_solutions_hold_no_marks_and_are_python(readable):
    for cell in readable["the reference solution"].cells:
        if cell.kind == "code":
            ast.parse(cell.source)
            assert "SOLUTION" not in cell.source
            assert "Write your solution here" not in cell.source


def test_odd_notebooks_hold_the_oddity(readable):
    notes = {name: " ".join(submission.notes) for name, submission in readable.items()}
    assert notes["the reference solution"] == ""
    assert "(`imports`) stood below code that needs it" in notes["cells out of order"]
    assert "(`imports`) was missing" in notes["given and check cells deleted"]
    assert "(`imports`) had been changed" in notes["an import added to a locked cell"]
    assert "(`critic_loss`) was missing" in notes["the cell of critic_loss deleted"]
    assert "2 cells are named `Actor`" in notes["an older attempt left in, cells twice"]
    assert "An untouched copy of `actor_loss` is left out" in notes["a solution in a cell of its own, above the stub"]
    assert "(`check_Actor`) had been changed" in notes["forged checks, nothing solved"]
    for same in ("notebook format 3", "no ids, no metadata", "byte order mark and Windows line ends"):
        assert notes[same] == ""
        assert [cell.source for cell in readable[same].cells if cell.is_run] == [
            cell.source for cell in readable["the reference solution"].cells if cell.is_run
        ]
    assert readable["the Russian file name"].language == "ru"


def test_a_class_is_written_anew_but_never_over_anything_else(students, tmp_path):
    folder = tmp_path / "submitted"
    write_class(COURSE, folder)
    (folder / "student-99" / "ppo").mkdir(parents=True)
    write_class(COURSE, folder)
    assert not (folder / "student-99").exists()
    (tmp_path / "real" / "student-01").mkdir(parents=True)
    with pytest.raises(InputError, match="expected a new or empty folder"):
        write_class(COURSE, tmp_path / "real")
    assert (tmp_path / "real" / "student-01").exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="expected a folder that can be written"):
        write_class(COURSE, tmp_path / "file")


def test_a_course_without_release_says_what_to_do(tmp_path):
    with pytest.raises(InputError, match="run `autograder release`"):
        write_class(replace(COURSE, root=tmp_path), tmp_path / "submitted")


def test_a_course_without_deadlines_has_nobody_late(tmp_path):
    endless = replace(PPO, soft_deadline=None, hard_deadline=None)
    students = write_class(replace(COURSE, assignments={"ppo": endless}), tmp_path / "submitted")
    assert {student.late_fraction for student in students} == {0.0}
