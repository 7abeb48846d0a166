"""Canvas files, read as Canvas' own importer reads them (lib/gradebook_importer.rb, generate_comments_from_files)."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest

from autograder.errors import InputError
from autograder.outlets.export_request import Export
from autograder.outlets.export_run import run_export
from autograder.report import GradeReport, write_report
from tests.outlets.sample_reports import course, report, ungradable

HEADER = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Section",
    "PPO on HalfCheetah (4711)",
    "Quiz (4712)",
    "Final Score",
]
POSSIBLE = ["    Points Possible", "", "", "", "", "5.00", "3.00", "(read only)"]
STUDENTS = ["student-01", "student-02", "student-03"]


def exported_gradebook(folder: Path, students: list[str] = STUDENTS, **changes: str) -> Path:
    """A gradebook export of Canvas, with its row of hidden columns."""
    rows = [HEADER, ["", "", "", "", "", "Manual Posting", "", ""], POSSIBLE]
    for number, student in enumerate(students):
        rows.append([f"Name, {number}", str(100 + number), f"S{number}", student, "A and B", "1.00", "2.00", "50.0"])
    path = folder / "canvas.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=changes.get("delimiter", ",")).writerows(rows)
    return path


def results(folder: Path, reports: list[GradeReport]) -> Path:
    for each in reports:
        write_report(folder / "results" / each.student / each.assignment / "report.json", each)
    return folder / "results"


def results_with_pages(folder: Path, reports: list[GradeReport]) -> Path:
    """Results with a feedback page for each student that names it."""
    for each in reports:
        (results(folder, [each]) / each.student / "ppo" / "feedback.html").write_text(f"page of {each.student}")
    return folder / "results"


def export(folder: Path, reports: list[GradeReport], roster: Path, **options: object) -> list[str]:
    wanted = Export(to="canvas", out=folder / "upload.csv", roster=roster, **options)  # type: ignore[arg-type]
    return run_export(wanted, course(), results(folder, reports))


def imported(path: Path, delimiter: str = ",") -> tuple[dict[str, str], dict[str, str]]:
    """What Canvas takes from a file: by column the points possible, by student's ID the grade."""
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = list(csv.reader(stream, delimiter=delimiter, strict=True))
    assert "Student" in header[0]
    assert "ID" in header[1]
    columns = 3
    if "SIS Login ID" in header[2]:
        columns = 4
    elif "SIS User ID" in header[2] and "SIS Login ID" in header[3]:
        columns = 5
    assert "Section" in header[columns - 1]
    (assignment,) = header[columns:]
    possible = dict.fromkeys([assignment], next(row[columns] for row in rows if "Points Possible" in row[0]))
    return possible, {row[1]: row[columns] for row in rows if "Points Possible" not in row[0]}


def test_canvas_gets_the_grade_of_every_student_that_has_one(tmp_path: Path) -> None:
    reports = [report("student-01"), report("student-02", late=0.5), ungradable("student-03")]
    lines = export(tmp_path, reports, exported_gradebook(tmp_path))
    possible, grades = imported(tmp_path / "upload.csv")
    assert possible == {"PPO on HalfCheetah (4711)": "5.00"}
    assert {student: float(grade) for student, grade in grades.items()} == {"100": 6.0, "101": 3.0}
    assert lines[0].startswith("2 grades of ppo written")
    assert "Without a grade until a person has looked, left as they are: student-03." in lines


def test_a_student_without_a_grade_gets_no_row_since_an_empty_one_would_delete_a_grade(tmp_path: Path) -> None:
    export(tmp_path, [report("student-01"), ungradable("student-02")], exported_gradebook(tmp_path))
    assert set(imported(tmp_path / "upload.csv")[1]) == {"100"}


def test_semicolons_come_back_as_semicolons(tmp_path: Path) -> None:
    export(tmp_path, [report("student-01")], exported_gradebook(tmp_path, delimiter=";"))
    assert imported(tmp_path / "upload.csv", ";")[1] == {"100": "6"}


@pytest.mark.parametrize("ids", [["student-01@example.edu"], ["STUDENT-01"], ["student-01"]])
def test_logins_are_compared_without_case_and_without_what_follows_the_at_sign(tmp_path: Path, ids: list[str]) -> None:
    export(tmp_path, [report("student-01")], exported_gradebook(tmp_path, ids))
    assert imported(tmp_path / "upload.csv")[1] == {"100": "6"}


def test_a_column_can_be_chosen(tmp_path: Path) -> None:
    roster = exported_gradebook(tmp_path, ["100", "student-02"])
    reports = [report("100")]
    export(tmp_path, reports, roster, match="ID")
    assert set(imported(tmp_path / "upload.csv")[1]) == {"100"}
    with pytest.raises(InputError, match="--match: expected one of the columns"):
        export(tmp_path, reports, roster, match="E-mail")


def test_an_assignment_worth_something_else_is_scaled_only_if_asked(tmp_path: Path) -> None:
    roster = exported_gradebook(tmp_path)
    roster.write_text(roster.read_text().replace("5.00", "100.00"))
    with pytest.raises(InputError, match="worth 5 points, as its suite gives, found 100; add --scale"):
        export(tmp_path, [report("student-01")], roster)
    assert not (tmp_path / "upload.csv").exists()
    export(tmp_path, [report("student-01", bonus=0.0)], roster, scale=True)
    assert imported(tmp_path / "upload.csv") == ({"PPO on HalfCheetah (4711)": "100.00"}, {"100": "100"})
    export(tmp_path, [report("student-01", bonus=0.0)], roster, scale=False)
    assert imported(tmp_path / "upload.csv")[1] == {"100": "5"}


def test_students_that_the_roster_does_not_have_are_named(tmp_path: Path) -> None:
    lines = export(tmp_path, [report("student-01"), report("student-99")], exported_gradebook(tmp_path))
    assert "Not in canvas.csv (by SIS Login ID), so not exported: student-99." in lines


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("PPO on HalfCheetah (4711)", "Something else (4711)"), "expected an assignment named PPO on HalfCheetah"),
        (("Section,", "Group,"), "expected a gradebook export of Canvas"),
        (("student-0", "nobody-0"), "found none of 1; say which column has them by --match"),
        (("student-02", "student-01"), "expected 'student-01' in one row of 'SIS Login ID', found it in 2"),
        (("Name, 0", 'Name "0'), "expected a CSV file"),
    ],
)
def test_a_roster_that_cannot_be_used_is_refused_and_nothing_written(
    tmp_path: Path, change: tuple[str, str], error: str
) -> None:
    roster = exported_gradebook(tmp_path)
    roster.write_text(roster.read_text(encoding="utf-8-sig").replace(*change))
    with pytest.raises(InputError, match=error):
        export(tmp_path, [report("student-01")], roster)
    assert not (tmp_path / "upload.csv").exists()


def test_another_encoding_is_refused_in_one_sentence(tmp_path: Path) -> None:
    roster = tmp_path / "canvas.csv"
    roster.write_bytes("Student,ID,Section\nŽofie,1,A\n".encode("cp1250"))
    with pytest.raises(InputError, match="expected UTF-8, received other bytes"):
        export(tmp_path, [report("student-01")], roster)


def comments(archive: Path) -> dict[tuple[int, int], str]:
    """By the numbers of student and attachment the file, as Canvas finds them: the first two numbers of a name."""
    found = {}
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            student, attachment, *_ = [int(part) for part in name.split("_") if part.isdecimal()]
            found[student, attachment] = opened.read(name).decode()
    return found


def test_feedback_files_are_named_as_canvas_names_what_it_gave_for_download(tmp_path: Path) -> None:
    reports = [report("student-01"), report("student-02"), report("student-03")]
    results_with_pages(tmp_path, reports)
    downloaded = tmp_path / "submissions.zip"
    with zipfile.ZipFile(downloaded, "w") as archive:
        archive.writestr("name0_100_9001_ppo.ipynb", "{}")
        archive.writestr("name1_LATE_101_9002_ppo-1.ipynb", "{}")
    lines = export(
        tmp_path,
        reports,
        exported_gradebook(tmp_path),
        feedback=tmp_path / "feedback.zip",
        submissions=downloaded,
    )
    pages = {(100, 9001): "page of student-01", (101, 9002): "page of student-02"}
    assert comments(tmp_path / "feedback.zip") == pages
    assert "Without a place there, so not in it: student-03" in lines


def test_feedback_for_canvas_needs_its_download(tmp_path: Path) -> None:
    roster = exported_gradebook(tmp_path)
    with pytest.raises(InputError, match="--feedback: expected --submissions ZIP"):
        export(tmp_path, [report("student-01")], roster, feedback=tmp_path / "feedback.zip")
    (tmp_path / "submissions.zip").write_text("no zip")
    with pytest.raises(InputError, match="expected the zip file that Canvas' Download Submissions gave"):
        export(
            tmp_path,
            [report("student-01")],
            roster,
            feedback=tmp_path / "feedback.zip",
            submissions=tmp_path / "submissions.zip",
        )
