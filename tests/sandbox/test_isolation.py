"""Attacks on everything outside a submission. Where it is cheap, the same attack is shown to work without isolation."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.isolation import outer_command
from autograder.sandbox.student import Student
from tests.sandbox.asking import (
    PACKAGE,
    opened,
    told,
)


def test_the_graders_files_are_not_there(
    submission: SubmissionProcess, plain: SubmissionProcess, tmp_path: Path
) -> None:
    secret = tmp_path / "course.secret"
    secret.write_text("do not read")
    source = f"""
        try:
            print(repr(open({str(secret)!r}).read()))
        except OSError as error:
            print(repr(type(error).__name__))
    """
    assert told(submission, source) == "FileNotFoundError"
    assert told(plain, source) == "do not read"


def test_of_the_autograder_only_the_guests_side_is_there(submission: SubmissionProcess) -> None:
    seen = told(submission, f"import os; print(sorted(os.listdir({str(PACKAGE)!r})))")
    assert seen == ["__init__.py", "errors.py", "sandbox"]
    siblings = told(submission, f"import os; print(sorted(os.listdir({str(PACKAGE.parent)!r})))")
    environment = {Path(sys.prefix).name} if Path(sys.prefix).parent == PACKAGE.parent else set()
    assert set(siblings) == {"autograder", "rlhelpers"} | environment
    assert told(
        submission,
        """
        try:
            import autograder.suites
        except ImportError:
            print(True)
        """,
    )


def test_nothing_can_be_written_but_its_own_temporary_files(submission: SubmissionProcess) -> None:
    source = f"""
        import os, sys, sysconfig
        places = ["/", "/dev", "/etc", "/usr", "/usr/lib", "/proc", "/proc/sys/kernel", os.path.dirname(
            os.__file__), sysconfig.get_path("purelib"), {str(PACKAGE)!r}, {str(PACKAGE / "sandbox")!r}]
        written = []
        for place in places:
            try:
                open(os.path.join(place, "planted"), "w").close()
                written.append(place)
            except OSError:
                pass
        open("/tmp/planted", "w").close()
        open("/dev/shm/planted", "w").close()
        print(written)
    """
    written = told(submission, source)
    # In a checkout below /tmp the folders that lead to what is visible are on the submission's own /tmp.
    assert [place for place in written if not place.startswith("/tmp/")] == []


def test_no_file_below_proc_can_be_written(submission: SubmissionProcess) -> None:
    source = """
        import os
        written = []
        for folder, _, names in os.walk("/proc"):
            if "/fd" in folder or "/map_files" in folder:
                continue
            for name in names:
                path = os.path.join(folder, name)
                try:
                    os.close(os.open(path, os.O_WRONLY))
                    written.append(path)
                except OSError:
                    pass
        print(written)
    """
    assert told(submission, source) == []


def test_submissions_side_by_side_see_nothing_of_each_other(warm: WarmProcess) -> None:
    leave = """
        import os, socket, sys
        open("/tmp/left", "w").close()
        open("/dev/shm/left", "w").close()
        master, terminal = os.openpty()
        listener = socket.socket(socket.AF_UNIX)
        listener.bind("\\0left")
        listener.listen()
        os.environ["LEFT"] = sys.left = "left"
        print(repr(os.ttyname(terminal)))
    """
    look = """
        import os, socket, sys
        found = [path for path in ("/tmp/left", "/dev/shm/left", TERMINAL) if os.path.exists(path)]
        try:
            socket.socket(socket.AF_UNIX).connect("\\0left")
            found.append("socket")
        except OSError:
            pass
        found += [name for name in ("LEFT",) if name in os.environ]
        print(found + [getattr(sys, "left")] if hasattr(sys, "left") else found)
    """
    with opened(warm) as one, opened(warm) as other:
        terminal = told(one, leave)
        assert told(other, look.replace("TERMINAL", repr(terminal))) == []
        assert told(one, look.replace("TERMINAL", repr(terminal)))[:4] == [
            "/tmp/left",
            "/dev/shm/left",
            terminal,
            "socket",
        ]


def test_no_memory_is_shared_with_the_warm_process(submission: SubmissionProcess) -> None:
    shared = "print([line for line in open('/proc/self/maps') if line.split()[1][1:4:2] == 'ws'])"
    assert told(submission, shared) == []


def test_the_only_descriptor_is_its_own_connection(submission: SubmissionProcess) -> None:
    source = """
        import os
        open_ones = {}
        for name in os.listdir("/proc/self/fd"):
            try:
                open_ones[int(name)] = os.readlink(f"/proc/self/fd/{name}").split(":")[0]
            except OSError:
                pass
        print(open_ones)
    """
    descriptors = told(submission, source)
    assert [descriptors.pop(number) for number in range(3)] == ["/dev/null"] * 3
    assert list(descriptors.values()) == ["socket"]


def test_a_check_has_no_other_connection_than_its_own(submission: SubmissionProcess) -> None:
    submission.run_cell(
        1,
        dedent("""
        import os
        def sockets():
            names = os.listdir("/proc/self/fd")
            links = [os.readlink(f"/proc/self/fd/{name}") for name in names if os.path.exists(f"/proc/self/fd/{name}")]
            return sum(link.startswith("socket") for link in links)
        """),
        5.0,
    )
    for _ in range(2):
        check = submission.open_check()
        assert Student(check).sockets() == 1
        check.close()


def test_programs_that_it_starts_inherit_no_connection(submission: SubmissionProcess) -> None:
    source = "import os; os.system('ls -l /proc/self/fd > /tmp/listing'); print(repr(open('/tmp/listing').read()))"
    assert "socket" not in told(submission, source)


def test_the_graders_environment_stays_outside(submission: SubmissionProcess, plain: SubmissionProcess) -> None:
    assert "PYTEST_CURRENT_TEST" in os.environ
    for each in (submission, plain):
        names = told(each, "import os; print(sorted(os.environ))")
        assert "PYTEST_CURRENT_TEST" not in names
        assert not {name for name in names if "TOKEN" in name or "SECRET" in name or "KEY" in name}


def outer(program: str, visible: list[Path], hidden: list[Path]) -> str:
    command = outer_command("namespaces", ["/bin/sh", "-c", program], visible, hidden)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout


def test_the_outer_shell_hides_folders_below_visible_ones(tmp_path: Path) -> None:
    course = tmp_path / "site" / "course"
    (course / "guest").mkdir(parents=True)
    (course / "guest" / "door.txt").write_text("open")
    (course / "secret.txt").write_text("closed")
    (tmp_path / "site" / "library.txt").write_text("open")
    (tmp_path / "link").symlink_to(tmp_path / "site")
    python = [Path(sys.base_prefix), Path(sys.prefix), PACKAGE.parent]
    visible = [*python, tmp_path / "site", course / "guest"]
    for hidden in (course, tmp_path / "link" / "course"):
        seen = outer(f"cd {tmp_path} && find . -type f | sort", visible, [hidden])
        assert seen.split() == ["./site/course/guest/door.txt", "./site/library.txt"]
    seen = outer(f"cd {tmp_path} && find site -type f | sort", visible, [tmp_path / "missing"])
    assert "site/course/secret.txt" in seen


def test_the_outer_shell_is_no_root_and_has_no_network(tmp_path: Path) -> None:
    seen = outer(
        "id -u; touch /x /usr/x /dev/x 2>/dev/null || echo read-only; cat /proc/net/dev | wc -l", [tmp_path], []
    )
    uid, writable, lines = seen.split()
    assert int(uid) != 0
    assert writable == "read-only"
    assert int(lines) == 3  # two lines of headings, and lo
