"""Release, against nbgrader itself: the students' notebook, the gradebook's rows, and what is refused."""

import io
import json
import logging
import shutil
import stat
from datetime import datetime
from typing import Any

import nbformat
import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.gradebook_database import open_gradebook
from autograder.release import STUB, difference, release
from rlhelpers import is_written
from tests.made_up_course import POINTS, REPOSITORY, SOURCE, TOML, copy_course, make_course, rows, run_nbgrader

UNGRADED = '[assignments.tour]\ntitle = "A tour"\n'
TOUR = """# %% [markdown]
# # A tour

# %% locked="imports"
import math

# %%
math.tau
"""


@pytest.fixture(scope="module")
def released_once(tmp_path_factory):
    course = make_course(tmp_path_factory.mktemp("course"))
    release(course, course.assignment("numbers"), POINTS)
    return course


@pytest.fixture
def course(released_once, tmp_path):
    """A released course of its own."""
    return copy_course(released_once, tmp_path)


@pytest.fixture
def numbers(course):
    return course.assignment("numbers")


@pytest.fixture
def cells(course, numbers):
    notebook = nbformat.read(course.released(numbers), as_version=4)
    return {cell.metadata.get("nbgrader", {}).get("grade_id", cell.id): cell for cell in notebook.cells}


def write_source(course, source):
    (course.root / "solutions" / "numbers.py").write_text(source, encoding="utf-8")


def files(course):
    return {path: path.read_bytes() for path in course.root.rglob("*") if path.is_file()}


def test_solutions_become_stubs_and_the_rest_stays(cells):
    assert cells["double"].source == (
        f'def double(number: float) -> float:\n    """Returns twice the number."""\n    {STUB}'
    )
    assert cells["Counter"].source.count(STUB) == 2
    assert '"""Starts at zero."""' in cells["Counter"].source
    assert [cell.source for cell in cells.values() if cell.cell_type == "markdown"] == ["# Čísla a numbers"]


def test_no_solution_is_left_in_the_students_notebook(course, numbers):
    text = course.released(numbers).read_text(encoding="utf-8")
    for trace in ("secret_of_double", "number / 2", "self.count", "BEGIN SOLUTION", "END SOLUTION"):
        assert trace in SOURCE
        assert trace not in text


def test_a_stub_raises_and_says_what_to_do(cells):
    namespace: dict[str, Any] = {}
    exec(cells["double"].source, namespace)
    with pytest.raises(NotImplementedError, match="Write your solution here, then delete this line"):
        namespace["double"](1)


def test_check_cells_are_one_call_locked_and_graded(cells):
    for exercise in POINTS:
        cell = cells[f"check_{exercise}"]
        assert cell.source == f'check("{exercise}")'
        assert cell.metadata.editable is False
        assert cell.metadata.deletable is False
        assert cell.metadata.nbgrader["grade"] and cell.metadata.nbgrader["locked"]


def test_points_come_from_the_suite_and_bonus_cells_have_none(cells):
    points = {name: cells[f"check_{name}"].metadata.nbgrader["points"] for name in POINTS}
    assert points == {"double": 1.5, "halve": 0, "Counter": 0.5}


def test_students_may_edit_their_cells_but_not_delete_them(cells):
    for exercise in POINTS:
        marks = cells[exercise].metadata.nbgrader
        assert (marks["solution"], marks["locked"], marks["grade"]) == (True, False, False)
        assert "editable" not in cells[exercise].metadata
        assert cells[exercise].metadata.deletable is False


def test_given_code_is_locked_and_tags_are_kept(course, numbers, cells):
    assert cells["given"].metadata.nbgrader["locked"] is True
    notebook = nbformat.read(course.released(numbers), as_version=4)
    tags = {cell.source: cell.metadata.tags for cell in notebook.cells if "tags" in cell.metadata}
    assert tags == {"repetitions = 3": ["parameters"], "print(double(repetitions))": ["training"]}


def test_the_notebook_is_valid_and_its_cells_have_readable_ids(course, numbers):
    notebook = nbformat.read(course.released(numbers), as_version=4)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert [cell.id for cell in notebook.cells if "-" not in cell.id] == [
        *("given", "double", "check_double", "halve", "check_halve", "Counter", "check_Counter")
    ]
    assert all(not cell.outputs and cell.execution_count is None for cell in notebook.cells if "outputs" in cell)


def test_nbgraders_own_validator_finds_checksums_and_metadata_in_order(course, numbers):
    from nbgrader.preprocessors import CheckCellMetadata
    from nbgrader.utils import compute_checksum
    from nbgrader.validator import Validator

    notebook = nbformat.read(course.released(numbers), as_version=4)
    CheckCellMetadata().preprocess(notebook, {})
    assert Validator()._get_changed_cells(notebook) == []
    assert Validator()._get_type_changed_cells(notebook) == []
    graded = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert all(cell.metadata.nbgrader.checksum == compute_checksum(cell) for cell in graded)
    notebook.cells[-2].source = "check('nothing')"
    assert Validator()._get_changed_cells(notebook) == [notebook.cells[-2]]


def test_nbgrader_validate_runs_the_notebook_and_reports_the_stubs(course, numbers):
    from nbgrader.validator import Validator

    source = SOURCE.replace('"""Stands for the inline check."""', "globals()[name](1)")
    write_source(course, source)
    release(course, numbers, POINTS)
    said = io.StringIO()
    validator = Validator(log=logging.Logger("validator"))
    validator.stream = said
    validator.validate_and_print(str(course.released(numbers)))
    assert "VALIDATION FAILED ON 3 CELL(S)" in said.getvalue()
    assert "Write your solution here" in said.getvalue()


def test_the_gradebook_knows_assignment_notebook_and_cells(course, numbers):
    with open_gradebook(course) as gradebook:
        assignment = gradebook.find_assignment("numbers")
        assert assignment.duedate == datetime(2027, 1, 17, 22, 59)  # nbgrader keeps UTC
        assert assignment.course_id == "tiny"
        assert assignment.max_score == 2.0
        notebook = gradebook.find_notebook("numbers", "numbers")
        graded = {cell.name: (cell.max_score, cell.cell_type) for cell in notebook.grade_cells}
        assert graded == {
            "check_double": (1.5, "code"),
            "check_halve": (0.0, "code"),
            "check_Counter": (0.5, "code"),
        }
        assert {cell.name for cell in notebook.solution_cells} == set(POINTS)
        sources = {cell.name: (cell.source, cell.locked) for cell in notebook.source_cells}
        assert sources["check_double"] == ('check("double")', True)
        assert STUB in sources["double"][0] and not sources["double"][1]
        assert sources["given"][1]
        assert len(sources) == 7


def test_releasing_twice_changes_no_file_and_no_row(course, numbers):
    files_before, rows_before = files(course), rows(course)
    again = release(course, numbers, POINTS)
    assert again.notebooks == {course.released(numbers): False}
    assert str(again) == f"{course.released(numbers)}: up to date"
    del files_before[course.root / "gradebook.db"]  # pages may be laid out anew
    assert {path: text for path, text in files(course).items() if path in files_before} == files_before
    assert rows(course) == rows_before


def test_the_same_source_gives_the_same_bytes_in_another_folder(course, numbers, tmp_path):
    other = make_course(tmp_path / "other")
    release(other, numbers, POINTS)
    assert other.released(numbers).read_bytes() == course.released(numbers).read_bytes()


def test_the_release_can_be_read_by_students(course, numbers):
    assert stat.S_IMODE(course.released(numbers).stat().st_mode) == 0o644
    assert [path.name for path in course.released(numbers).parent.iterdir()] == ["numbers.ipynb"]


def test_a_changed_source_changes_release_and_gradebook(course, numbers):
    assert not difference(course, numbers, POINTS)
    write_source(course, SOURCE.replace("twice the number", "the number, doubled"))
    before = files(course)
    text = difference(course, numbers, POINTS)
    assert "notebooks/numbers/numbers.ipynb as it is" in text
    assert "the number, doubled" in text
    assert files(course) == before  # looking writes nothing
    assert any(release(course, numbers, POINTS).notebooks.values())
    assert difference(course, numbers, POINTS) == ""
    with open_gradebook(course) as gradebook:
        assert "doubled" in gradebook.find_source_cell("double", "numbers", "numbers").source


def test_other_points_make_a_release_stale(course, numbers):
    points = POINTS | {"double": 3.0}
    assert difference(course, numbers, points)
    release(course, numbers, points)
    with open_gradebook(course) as gradebook:
        assert gradebook.find_assignment("numbers").max_score == 3.5


def test_a_missing_or_edited_release_is_stale(course, numbers):
    notebook = course.released(numbers)
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("Counts.", "Counts!"), encoding="utf-8")
    assert difference(course, numbers, POINTS)
    notebook.unlink()
    assert difference(course, numbers, POINTS)
    release(course, numbers, POINTS)
    assert not difference(course, numbers, POINTS)


def test_nbgraders_own_command_makes_the_same_release_of_what_is_in_build(course, numbers):
    notebook = course.nbgrader_source_dir / "numbers" / "numbers.ipynb"
    assert "secret_of_double" in notebook.read_text(encoding="utf-8")
    expected = course.released(numbers).read_bytes()
    before = rows(course)
    run_nbgrader(course, "generate_assignment", "numbers", "--force")
    assert course.released(numbers).read_bytes() == expected
    assert rows(course) == before


def test_a_course_without_deadlines_has_no_due_date(tmp_path):
    lines = [line for line in TOML.splitlines() if "deadline" not in line]
    course = make_course(tmp_path, "\n".join(lines))
    release(course, course.assignment("numbers"), POINTS)
    with open_gradebook(course) as gradebook:
        assert gradebook.find_assignment("numbers").duedate is None


@pytest.fixture
def translated(course, numbers):
    """The released course with a Russian catalogue that knows three blocks."""
    file = course.catalogue(numbers, "ru")
    file.parent.mkdir(parents=True)
    known = {"# Čísla a numbers": "# Числа", "Counts.": "Считает.", "Returns twice the number.": "Удваивает число."}
    entries = [f'msgid "{english}"\nmsgstr "{russian}"\n' for english, russian in known.items()]
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n'
    file.write_text("\n".join([head, *entries]), encoding="utf-8")
    return course


def test_a_catalogue_makes_a_second_notebook_with_the_same_cells(translated, numbers):
    english_before, rows_before = translated.released(numbers).read_bytes(), rows(translated)
    assert "numbers.ru.ipynb as released now" in difference(translated, numbers, POINTS)
    released = release(translated, numbers, POINTS)
    assert [file.name for file in released.notebooks] == ["numbers.ipynb", "numbers.ru.ipynb"]
    assert not difference(translated, numbers, POINTS)
    assert not any(release(translated, numbers, POINTS).notebooks.values())
    assert translated.released(numbers).read_bytes() == english_before
    assert rows(translated) == rows_before
    english = nbformat.read(translated.released(numbers), as_version=4)
    russian = nbformat.read(translated.released(numbers, "ru"), as_version=4)
    nbformat.validate(russian)
    assert [cell.id for cell in russian.cells] == [cell.id for cell in english.cells]
    sources = {cell.id: cell.source for cell in russian.cells}
    assert [cell.source for cell in russian.cells if cell.cell_type == "markdown"] == ["# Числа"]
    assert '"""Удваивает число."""' in sources["double"]
    assert '"""Returns half of the number."""' in sources["halve"]  # not translated yet
    assert "secret_of_double" not in "".join(sources.values())


def test_the_stub_is_in_the_language_of_the_notebook_and_known_in_any(translated, numbers):
    release(translated, numbers, POINTS)
    russian = nbformat.read(translated.released(numbers, "ru"), as_version=4)
    namespace: dict[str, Any] = {}
    exec(next(cell.source for cell in russian.cells if cell.id == "double"), namespace)
    with pytest.raises(NotImplementedError, match="Напишите здесь своё решение"):
        namespace["double"](1)
    assert not is_written(namespace["double"])


def test_an_edited_or_missing_translation_is_stale(translated, numbers):
    release(translated, numbers, POINTS)
    notebook = translated.released(numbers, "ru")
    notebook.write_text(notebook.read_text(encoding="utf-8").replace("Числа", "Цифры"), encoding="utf-8")
    assert difference(translated, numbers, POINTS)
    notebook.unlink()
    assert difference(translated, numbers, POINTS)


def test_what_is_not_graded_is_released_without_a_trace_in_nbgrader(tmp_path):
    course = make_course(tmp_path, TOML + UNGRADED)
    (course.root / "solutions" / "tour.py").write_text(TOUR, encoding="utf-8")
    tour = course.assignment("tour")
    assert any(release(course, tour, {}).notebooks.values())
    notebook = nbformat.read(course.released(tour), as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells] == ["# A tour", "import math", "math.tau"]
    assert notebook.cells[1].metadata.nbgrader["locked"] is True
    assert not any(release(course, tour, {}).notebooks.values())
    assert not difference(course, tour, {})
    assert not (course.root / "gradebook.db").exists()
    assert not course.nbgrader_source_dir.exists()


def test_what_is_not_graded_has_no_exercise_and_no_suite(tmp_path):
    course = make_course(tmp_path, TOML + UNGRADED)
    (course.root / "solutions" / "tour.py").write_text(SOURCE, encoding="utf-8")
    with pytest.raises(InputError, match=r"expected one exercise cell for each of none, .*, received double, halve"):
        release(course, course.assignment("tour"), {})
    with pytest.raises(InputError, match="received one that also judges double"):
        release(course, course.assignment("tour"), {"double": 1.0})


def test_recorded_submissions_keep_the_set_of_cells(course, numbers):
    with open_gradebook(course) as gradebook:
        gradebook.add_student("student-07")
        with gradebook.db.no_autoflush:
            gradebook.add_submission("numbers", "student-07")
    before = course.released(numbers).read_bytes()
    assert not any(release(course, numbers, POINTS).notebooks.values())
    write_source(course, SOURCE.replace('locked="given"', 'locked="given_check"'))
    with pytest.raises(InputError, match=r"submissions associated with it.*nbgrader db assignment remove numbers"):
        release(course, numbers, POINTS)
    assert course.released(numbers).read_bytes() == before


def test_a_notebook_folder_that_cannot_be_written_is_named(course, numbers):
    shutil.rmtree(course.release_dir)
    course.release_dir.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="the release cannot be written"):
        release(course, numbers, POINTS)


def test_the_real_ppo_source_can_be_released(tmp_path):
    shutil.copytree(REPOSITORY / "solutions", tmp_path / "solutions")
    shutil.copy(REPOSITORY / "course.toml", tmp_path)
    course = load_course(tmp_path)
    ppo = course.assignment("ppo")
    release(course, ppo, dict.fromkeys(ppo.exercises, 0.5))
    notebook = json.loads(course.released(ppo).read_text(encoding="utf-8"))
    graded = [cell["metadata"]["nbgrader"] for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
    assert ppo.policy is not None
    assert sum(marks["grade"] for marks in graded) == len(ppo.exercises) + 1
    points = 0.5 * (len(ppo.exercises) - len(ppo.bonus)) + ppo.policy.points
    assert sum(marks.get("points", 0) for marks in graded) == points
    assert not difference(course, ppo, dict.fromkeys(ppo.exercises, 0.5))


def test_the_notebooks_of_this_repository_are_up_to_date():
    from autograder.suites.check_plugin import points_per_exercise

    course = load_course(REPOSITORY)
    for assignment in course.assignments.values():
        changes = difference(course, assignment, points_per_exercise(assignment.id) if assignment.is_graded else {})
        assert not changes, f"run `autograder release`:\n{changes}"
