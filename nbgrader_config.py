"""Settings of the ``nbgrader`` commands and of formgrader in this folder, all taken from course.toml."""

from pathlib import Path
from typing import Any

from autograder.course import load_course
from autograder.release import STUB

course = load_course(Path(__file__).parent)

c: Any = get_config()  # type: ignore[name-defined]  # noqa: F821 - nbgrader puts it here
c.CourseDirectory.root = str(course.root)
c.CourseDirectory.course_id = course.id
c.CourseDirectory.db_url = course.database
c.CourseDirectory.source_directory = str(course.nbgrader_source_dir.relative_to(course.root))
c.CourseDirectory.release_directory = course.release_dir.name
c.CourseDirectory.autograded_directory = course.autograded_dir.name
c.ClearSolutions.code_stub = {"python": STUB}
c.Autograde.pre_convert_hook = "autograder.nbgrader_plugins.choose_notebook"
c.Autograde.exporter_class = "autograder.nbgrader_plugins.HandInExporter"
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader_plugins.SandboxedExecution",  # in place of Execute
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "autograder.nbgrader_plugins.RecordReport",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.AssignLatePenalties.plugin_class = "autograder.nbgrader_plugins.CourseLatePenalty"
c.NbGraderAPI.timezone = course.timezone.key
