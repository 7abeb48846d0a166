"""A small class, graded by the command line without a network, and under a wall clock that jumps."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course import Course
from autograder.gradebook_database import open_gradebook
from autograder.report import GradeReport, read_reports
from tests.clock_jumps import jumping_clock
from tests.page_resources import fetched_from_outside
from tests.ppo_course import REPOSITORY, WITHOUT_AGENT, hand_in, released_course

AGENT = REPOSITORY / "autograder" / "demo" / "half_cheetah.safetensors"
WRONG = {"evaluate": "def evaluate(agent, seeds):\n    return [0.0 for _ in seeds]"}
WATCHES_THE_CLOCK = """
import time

start = time.time() - time.monotonic()
for _ in range(40):
    time.sleep(0.1)
    if abs(time.time() - time.monotonic() - start) > 60.0:
        print("the clock has jumped")
        break
"""
GRADE = [sys.executable, "-m", "autograder.cli", "grade", "submitted", "--workers", "2", "--out"]
EXPORT = [sys.executable, "-m", "autograder.cli", "export", "results", "--to", "csv", "--out", "grades.csv"]

# In a network namespace that has nothing but a loopback device, which is switched on as on any machine.
ALONE = """
import fcntl, json, socket, struct, subprocess, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP: netdevice(7)
found = {"devices": [name for _, name in socket.if_nameindex()]}
for what, address in (("address", "192.0.2.1"), ("name", "example.com")):  # the first is nobody's: RFC 5737
    try:
        socket.create_connection((address, 443), timeout=30).close()
    except OSError as error:
        found[what] = str(error)
print(json.dumps(found), flush=True)
for command in json.loads(sys.argv[1]):
    done = subprocess.run(command, capture_output=True, text=True)
    sys.stderr.write(done.stdout + done.stderr)
    if done.returncode:
        sys.exit(done.returncode)
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """An agent handed in in time; a mistake, late; one that looks at the clock; one that is no notebook."""
    course = released_course(tmp_path_factory.mktemp("course"))
    hand_in(course, "student-01", at="2027-01-16 10:00:00 UTC", agent=AGENT.read_bytes())
    hand_in(course, "student-02", WRONG, at="2027-01-18 10:00:00 UTC")
    folder = hand_in(course, "student-03")
    notebook = json.loads((folder / "ppo.ipynb").read_text())
    cell: dict[str, object] = {
        "cell_type": "code",
        "id": "clock",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    notebook["cells"].append(cell | {"source": WATCHES_THE_CLOCK})
    (folder / "ppo.ipynb").write_text(json.dumps(notebook))
    (hand_in(course, "student-04") / "ppo.ipynb").write_text("no notebook")
    return course


@pytest.fixture(scope="module")
def alone(course: Course) -> dict[str, object]:
    """Grades and exports without a network; what the namespace could reach."""
    if os.geteuid() != 0:
        pytest.skip("a network namespace in which the sandbox still has user namespaces is made as root")
    command = ["unshare", "--net", sys.executable, "-c", ALONE, json.dumps([[*GRADE, "results"], EXPORT])]
    if subprocess.run([*command[:2], "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine makes no network namespaces")
    done = subprocess.run(command, cwd=course.root, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def reports(course: Course, alone: object) -> dict[str, GradeReport]:
    return {report.student: report for report in read_reports(course.root / "results")}


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"} | more


def test_a_class_is_graded_without_a_network(course, alone, reports):
    assert alone["devices"] == ["lo"]
    assert "unreachable" in str(alone["address"])
    assert "resolution" in str(alone["name"]) or "not known" in str(alone["name"])
    assert reports["student-01"].total == WITHOUT_AGENT + 0.5
    assert {check.exercise for check in reports["student-02"].checks if check.status == "failed"} == {"evaluate"}
    assert reports["student-03"].total == WITHOUT_AGENT
    assert reports["student-04"].status == "needs_attention"
    with open_gradebook(course) as gradebook:
        for student, report in reports.items():
            if report.status == "graded":
                row = gradebook.find_submission("ppo", student)
                assert row.score - row.late_submission_penalty == pytest.approx(report.total)
    exported = (course.root / "grades.csv").read_text()
    assert [student for student in reports if student not in exported] == []


def test_no_page_loads_anything_from_the_network(course, alone, reports):
    pages = list((course.root / "results").rglob("*.html"))
    assert len(pages) == len(reports) + 1
    assert {page: found for page in pages if (found := fetched_from_outside(page.read_text()))} == {}


@pytest.mark.parametrize(
    "source",
    [
        '<img src="https://example.com/a.png">',
        '<img srcset="a.png 1x, //example.com/a.png 2x">',
        '<link rel="stylesheet" href="http://example.com/a.css">',
        '<svg><image xlink:href="https://example.com/a.png"/></svg>',
        "<style>@import 'https://example.com/a.css';</style>",
        '<style>@font-face { src: url("//example.com/a.woff2") }</style>',
        '<p style="background: url(https://example.com/a.png)">',
        '<script src="HTTPS://example.com/a.js"></script>',
        '<meta http-equiv="refresh" content="0; url=https://example.com">',
    ],
)
def test_what_a_page_would_load_is_found_and_links_are_not(source):
    harmless = '<a href="https://example.com">x</a><svg xmlns="http://www.w3.org/2000/svg"/><img src="data:image/png,">'
    assert fetched_from_outside(harmless) == []
    assert len(fetched_from_outside(harmless + source)) == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="the jumping clock is compiled; expected cc, found none")
def test_a_clock_that_jumps_across_the_deadlines_changes_no_report(course, reports, tmp_path):
    with jumping_clock(tmp_path) as jumping:
        watch = [sys.executable, "-S", "-c", WATCHES_THE_CLOCK]
        watched = subprocess.run(watch, env=environment(**jumping), capture_output=True, text=True, check=True)
        assert "jumped" in watched.stdout
        done = subprocess.run(
            [*GRADE, "jumped", "--no-gradebook"],
            cwd=course.root,
            env=environment(**jumping),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    jumped = {report.student: report for report in read_reports(course.root / "jumped")}
    assert jumped.keys() == reports.keys()
    for student, report in reports.items():
        assert jumped[student].without_times().to_json() == report.without_times().to_json()
        assert "timeout" not in {check.status for check in report.checks}
    assert [student for student, report in jumped.items() if report.late_penalty > 0.0] == ["student-02"]
    assert seen_by_the_student(course.root / "jumped")
    assert not seen_by_the_student(course.root / "results")


def seen_by_the_student(results: Path) -> bool:
    return "the clock has jumped\\n" in (results / "student-03" / "ppo" / "executed.ipynb").read_text()
