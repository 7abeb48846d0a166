"""Moodle files, read as Moodle's own importers read them (mod/assign/feedback/offline and /file)."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from autograder.errors import InputError
from autograder.outlets.export_request import Export
from autograder.outlets.export_run import run_export
from autograder.report import GradeReport
from tests.outlets.lms.test_canvas import results, results_with_pages
from tests.outlets.sample_reports import course, report, ungradable

ENGLISH = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum grade", "Grade can be changed"]
ENGLISH += ["Last modified (submission)", "Last modified (grade)", "Feedback comments"]
RUSSIAN = ["Идентификатор", "Полное имя", "Адрес электронной почты", "Статус", "Оценка", "Максимальная оценка"]
RUSSIAN += ["Оценка может быть изменена", "Последнее изменение (ответ)", "Последнее изменение (оценка)"]
RUSSIAN += ["Отзыв в виде комментария"]


def worksheet(folder: Path, header: list[str] = ENGLISH, maximum: str = "6.00") -> Path:
    rows = [header]
    word = "Participant" if header is ENGLISH else "Участник"
    for number in (1, 2, 3):
        mail = f"student-0{number}@example.edu"
        name = f"First_{number} O'Last/{number}"
        rows.append([f"{word} {700 + number}", name, mail, "Submitted", "-", maximum, "Yes", "May", "-", ""])
    path = folder / "worksheet.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return path


def export(folder: Path, reports: list[GradeReport], roster: Path, **options: object) -> list[str]:
    wanted = Export(to="moodle", out=folder / "upload.csv", roster=roster, **options)  # type: ignore[arg-type]
    return run_export(wanted, course(), results(folder, reports))


def imported(path: Path, header: list[str] = ENGLISH, word: str = "Participant ") -> dict[int, float]:
    """By participant's number the grade that Moodle enters; it skips what is no number or above the maximum."""
    grades = {}
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream, strict=True):
            assert row[header[8]] == "-"  # the time of the last change goes back as it came
            assert row[header[0]].startswith(word)
            try:
                grade = float(row[header[4]])
            except ValueError:
                continue
            if 0 <= grade <= float(row[header[5]]):
                grades[int(row[header[0]][len(word) :])] = grade
    return grades


def test_the_worksheet_comes_back_with_grades_filled_in(tmp_path: Path) -> None:
    reports = [report("student-01"), ungradable("student-02"), report("student-03", late=0.5)]
    export(tmp_path, reports, worksheet(tmp_path), scale=False)
    assert imported(tmp_path / "upload.csv") == {701: 6.0, 703: 3.0}
    before, after = worksheet(tmp_path).read_text("utf-8-sig"), (tmp_path / "upload.csv").read_text()
    assert next(csv.reader(before.splitlines())) == next(csv.reader(after.splitlines())) == ENGLISH
    assert [row[4] for row in csv.reader(after.splitlines())] == ["Grade", "6", "-", "3"]


def test_a_russian_worksheet_is_read_as_well(tmp_path: Path) -> None:
    export(tmp_path, [report("student-01")], worksheet(tmp_path, RUSSIAN), scale=False)
    assert imported(tmp_path / "upload.csv", RUSSIAN, "Участник ") == {701: 6.0}


def test_any_other_language_needs_the_column_of_the_grades(tmp_path: Path) -> None:
    german = [*ENGLISH]
    german[4:6] = ["Bewertung", "Bestwertung"]
    roster = worksheet(tmp_path, german)
    export(tmp_path, [report("student-01")], roster, column="Bewertung", match="Email address")
    assert [row[4] for row in csv.reader((tmp_path / "upload.csv").read_text().splitlines())][1:] == ["6", "-", "-"]
    with pytest.raises(InputError, match="--column: expected one of the columns"):
        export(tmp_path, [report("student-01")], roster, column="Note")


def test_bonus_above_the_maximum_is_cut_as_moodle_would_skip_the_grade(tmp_path: Path) -> None:
    lines = export(tmp_path, [report("student-01")], worksheet(tmp_path, maximum="5.00"))
    assert imported(tmp_path / "upload.csv") == {701: 5.0}
    assert "Cut to 5, since the system takes no more (bonus points): student-01." in lines


def test_students_may_be_known_by_the_number_of_the_participant(tmp_path: Path) -> None:
    export(tmp_path, [report("702")], worksheet(tmp_path), scale=False)
    assert imported(tmp_path / "upload.csv") == {702: 6.0}


def test_another_table_of_participants_gives_a_file_for_grade_import(tmp_path: Path) -> None:
    roster = tmp_path / "participants.csv"
    roster.write_text("First name,Last name,ID number,Email address,Groups\nŽ,One,student-01,one@example.edu,A\n")
    export(tmp_path, [report("student-01")], roster)
    with (tmp_path / "upload.csv").open() as stream:
        (row,) = csv.DictReader(stream)
    assert row == {
        "First name": "Ž",
        "Last name": "One",
        "ID number": "student-01",
        "Email address": "one@example.edu",
        "PPO on HalfCheetah": "6",
    }


def feedback_files(archive: Path, participants: set[int]) -> dict[int, dict[str, str]]:
    """By participant the files that Moodle takes: it splits each part of a path at underscores, into five."""
    found: dict[int, dict[str, str]] = {}
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            folder, _, rest = name.partition("/")
            info = folder.split("_", 4)
            assert info[2:4] == ["assignsubmission", "file"]
            assert int(info[1]) in participants
            found[int(info[1])] = {rest: opened.read(name).decode()}
    return found


def test_the_feedback_archive_is_laid_out_for_bulk_upload(tmp_path: Path) -> None:
    reports = [report("student-01"), ungradable("student-02"), report("student-99")]
    results_with_pages(tmp_path, reports)
    export(tmp_path, reports, worksheet(tmp_path), scale=False, feedback=tmp_path / "feedback.zip")
    assert feedback_files(tmp_path / "feedback.zip", {701, 702, 703}) == {
        701: {"feedback.html": "page of student-01"},
        702: {"feedback.html": "page of student-02"},
    }


def test_a_missing_page_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found none; run `autograder feedback`"):
        export(tmp_path, [report("student-01")], worksheet(tmp_path), scale=False, feedback=tmp_path / "feedback.zip")
    assert {path.name for path in tmp_path.iterdir()} == {"results", "worksheet.csv"}
