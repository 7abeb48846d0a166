"""Attacks on everything outside a submission. Where it is cheap, the same attack is shown to work without isolation."""

import os
import platform
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

import autograder
from autograder.errors import GuestDied, GuestError
from autograder.sandbox.door import SubmissionProcess, WarmProcess
from autograder.sandbox.families import family
from autograder.sandbox.isolation import outer_command
from autograder.sandbox.limits import MEBIBYTE, Limits
from autograder.sandbox.student import Student

PACKAGE = Path(autograder.__file__).parent
x86_64_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls by number")


def told(submission: SubmissionProcess, source: str, seconds: float = 15.0) -> Any:
    """Runs a cell and returns what it prints as a Python value."""
    result = submission.run_cell(1, dedent(source), seconds)
    assert result.error is None, (result.error, result.message)
    printed = "".join(output["text"] for output in result.outputs if output.get("name") == "stdout")
    return eval(printed, {})


def alive(warm: WarmProcess) -> set[int]:
    """The processes of a warm process that have not ended."""
    found = set()
    for pid in family(warm._process.pid):
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.add(pid)
    return found


@contextmanager
def opened(warm: WarmProcess, **limits: Any) -> Iterator[SubmissionProcess]:
    with warm.submission(Limits(**limits)) as submission:
        yield submission


@pytest.fixture
def plain(plain_warm: WarmProcess) -> Iterator[SubmissionProcess]:
    """A submission without isolation, for controls."""
    with opened(plain_warm) as submission:
        yield submission


# Files


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
    assert siblings == ["autograder", "rlhelpers"]
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
    assert told(submission, source) == []


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


# Descriptors and environment


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


# Processes and privileges


def test_other_processes_are_out_of_sight_and_reach(submission: SubmissionProcess, plain: SubmissionProcess) -> None:
    source = f"""
        import os
        try:
            os.kill({os.getpid()}, 0)
            print(True)
        except ProcessLookupError:
            print(False)
    """
    assert told(submission, source) is False
    assert told(plain, source) is True
    assert told(submission, "import os; print([int(name) for name in os.listdir('/proc') if name.isdigit()])") == [1, 2]


def test_its_first_process_takes_no_signal_and_shows_nothing(submission: SubmissionProcess) -> None:
    source = """
        import os, signal
        for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
            os.kill(1, number)
        os.kill(1, signal.SIGKILL)
        os.kill(1, signal.SIGSTOP)
        opened = []
        for name in ("mem", "environ", "maps", "stack", "fd", "cwd", "exe", "auxv"):
            try:
                os.listdir(f"/proc/1/{name}") if name == "fd" else open(f"/proc/1/{name}").read(1)
                opened.append(name)
            except OSError:
                pass
        print(opened)
    """
    assert told(submission, source) == []
    assert told(submission, "print(1)") == 1


def test_capabilities_are_gone_and_stay_gone(submission: SubmissionProcess) -> None:
    status = told(submission, "print(dict(line.strip().partition(':\\t')[::2] for line in open('/proc/self/status')))")
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert "0" not in status["Uid"].split()
    for command in ("unshare --user true", "unshare --mount true", "mount -t tmpfs none /tmp", "chroot / true"):
        assert told(submission, f"import subprocess; print(subprocess.run({command!r}, shell=True).returncode)") != 0


@x86_64_only
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("ptrace", "101, 16, 1, 0, 0"),
        ("process_vm_readv", "310, 1, 0, 0, 0, 0, 0"),
        ("unshare(user)", "272, 0x10000000"),
        ("clone(user)", "56, 0x10000000 | 17, 0, 0, 0, 0"),
        ("setns", "308, 0, 0"),
        ("mount", "165, 0, 0, 0, 0, 0"),
        ("bpf", "321, 0, 0, 0"),
        ("keyctl", "250, 0, -3"),
        ("userfaultfd", "323, 0"),
        ("io_uring_setup", "425, 1, 0"),
        ("memfd_create", "319, b'x', 0"),
        ("open_by_handle_at", "304, 0, 0, 0"),
        ("pidfd_getfd", "438, 0, 0, 0"),
        ("perf_event_open", "298, 0, 0, 0, 0, 0"),
        ("shmget", "29, 0, 4096, 0o1600"),
        ("msgget", "68, 0, 0o1600"),
        ("fsopen", "430, b'tmpfs', 0"),
    ],
)
def test_system_calls_that_lead_out_are_refused(submission: SubmissionProcess, name: str, call: str) -> None:
    source = f"""
        import ctypes, errno
        libc = ctypes.CDLL(None, use_errno=True)
        result = libc.syscall({call})
        print((result, errno.errorcode.get(ctypes.get_errno())))
    """
    assert told(submission, source) == (-1, "EPERM"), name


@x86_64_only
def test_system_calls_of_other_architectures_kill_who_makes_them(submission: SubmissionProcess) -> None:
    x32_getpid = "import ctypes; ctypes.CDLL(None).syscall(0x40000000 | 39)"
    source = f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {x32_getpid!r}]).returncode)"
    assert told(submission, source) == -31  # SIGSYS


# Network


def test_there_is_no_network(submission: SubmissionProcess, plain: SubmissionProcess) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        name = f"\0autograder-{os.getpid()}"
        unix.bind(name)
        unix.listen()
        source = f"""
            import socket
            reached = []
            for family, address in (
                (socket.AF_INET, ("127.0.0.1", {tcp.getsockname()[1]})), (socket.AF_UNIX, {name!r})
            ):
                with socket.socket(family) as client:
                    client.settimeout(5)
                    try:
                        client.connect(address)
                        reached.append(family.name)
                    except OSError:
                        pass
            print(reached)
        """
        assert told(submission, source) == []
        assert told(plain, source) == ["AF_INET", "AF_UNIX"]
    assert told(submission, "import socket; print([name for _, name in socket.if_nameindex()])") == ["lo"]


def test_only_harmless_families_of_sockets_can_be_made(submission: SubmissionProcess) -> None:
    source = """
        import ctypes, os
        libc, made = ctypes.CDLL(None), []
        for family in range(64):
            for kind in (1, 2, 3, 5):
                descriptor = libc.socket(family, kind, 0)
                if descriptor >= 0:
                    made.append(family)
                    os.close(descriptor)
        print(set(made))
    """
    assert told(submission, source) <= {1, 2, 10, 16}


# Limits


def test_a_fork_bomb_stops_at_its_limit_and_leaves_nothing(warm: WarmProcess) -> None:
    before = alive(warm)
    with opened(warm, processes=12) as submission:
        source = """
            import os, time
            children = 0
            try:
                while True:
                    if os.fork() == 0:
                        time.sleep(100)
                    children += 1
            except OSError:
                print(children)
        """
        assert told(submission, source) == 12 - 2  # beside the first process and the submission's own
    assert alive(warm) == before


def test_threads_count_as_processes(warm: WarmProcess) -> None:
    with opened(warm, processes=12) as submission:
        source = """
            import threading, time
            threads = 0
            try:
                while True:
                    threading.Thread(target=time.sleep, args=(100,), daemon=True).start()
                    threads += 1
            except RuntimeError:
                print(threads)
        """
        assert told(submission, source) == 12 - 2


def test_memory_of_one_process_ends_in_a_memory_error(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = """
            kept = []
            try:
                while True:
                    kept.append(bytearray(16 * 2**20))
            except MemoryError:
                print(len(kept))
        """
        assert 8 <= told(submission, source) <= 16


@pytest.mark.parametrize(
    "fill",
    [
        "bytes(b'x') * size",
        "list(range(size // 40))",
        "torch.ones(size // 4)",
        "[b'x' * 1000 for _ in range(size // 1000)]",
    ],
)
def test_a_cell_that_uses_up_all_memory_ends_its_submission(warm: WarmProcess, fill: str) -> None:
    with opened(warm, memory_bytes=192 * MEBIBYTE) as submission:
        source = f"import torch\nkept, size = [], {2 * MEBIBYTE}\nwhile True:\n    kept.append({fill})"
        with pytest.raises(GuestDied, match="more than 192 MiB of memory"):
            submission.run_cell(1, source, 20.0)


def test_a_single_request_that_is_too_large_ends_nothing(submission: SubmissionProcess) -> None:
    result = submission.run_cell(1, "import numpy\nnumpy.zeros((10**6, 10**6))", 10.0)
    assert result.error == "MemoryError"
    assert "Unable to allocate" in result.message
    assert told(submission, "print(1)") == 1


@pytest.mark.parametrize(
    "fill", ["held = b'x' * size", "import mmap; held = mmap.mmap(-1, size); held.write(b'x' * size)"]
)
def test_memory_of_many_processes_together_is_limited(warm: WarmProcess, fill: str) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = f"""
import os, time
size = {48 * MEBIBYTE}
for _ in range(10):
    if os.fork() == 0:
        {fill}
        time.sleep(100)
time.sleep(100)
"""
        with pytest.raises(GuestDied, match="more than 256 MiB of memory"):
            submission.run_cell(1, source, 20.0)


def test_pages_copied_from_the_warm_process_count(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        source = """
import ctypes, os, time
def touch():
    for line in open("/proc/self/maps").read().splitlines():
        span, access, _, _, _, *name = line.split(maxsplit=5)
        if access.startswith("rw") and not name:
            for page in range(*(int(end, 16) for end in span.split("-")), 4096):
                ctypes.memmove(page, ctypes.string_at(page, 1), 1)
for _ in range(6):
    if os.fork() == 0:
        touch()
        time.sleep(100)
time.sleep(100)
"""
        with pytest.raises(GuestDied, match="memory"):
            submission.run_cell(1, source, 20.0)


def test_memory_that_forks_share_is_counted_once(warm: WarmProcess) -> None:
    with opened(warm, memory_bytes=256 * MEBIBYTE) as submission:
        told(submission, f"held = b'x' * {100 * MEBIBYTE}; print(1)")
        checks = [submission.open_check() for _ in range(4)]
        told(submission, "import time; time.sleep(1); print(1)")
        assert all(Student(check).has("held") for check in checks)
        for check in checks:
            check.close()


def test_files_and_descriptors_are_limited(warm: WarmProcess) -> None:
    with opened(warm, file_bytes=4 * MEBIBYTE, open_files=40) as submission:
        source = """
            import errno, os
            reasons = []
            for folder in ("/tmp", "/dev/shm"):
                for number in range(3):  # each file is within its limit, all of them are not within the folder's
                    try:
                        with open(f"{folder}/{number}", "wb") as file:
                            file.write(b"x" * (3 * 2**20))
                    except OSError as error:
                        reasons.append(errno.errorcode[error.errno])
                [os.unlink(f"{folder}/{name}") for name in "012"]
            try:
                with open("/tmp/long", "wb") as file:
                    file.write(b"x" * (5 * 2**20))
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            os.unlink("/tmp/long")
            try:
                for number in range(10**5):
                    open(f"/tmp/{number}", "w").close()
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            held = []
            try:
                while True:
                    held.append(open("/dev/null"))
            except OSError as error:
                reasons.append(errno.errorcode[error.errno])
            held.clear()
            print(reasons)
        """
        assert told(submission, source) == ["ENOSPC"] * 4 + ["EFBIG", "ENOSPC", "EMFILE"]


def test_processor_time_is_limited(warm: WarmProcess) -> None:
    with opened(warm, cpu_seconds=1) as submission, pytest.raises(GuestDied):
        submission.run_cell(1, "while True: pass", 20.0)


def test_limits_cannot_be_raised(submission: SubmissionProcess) -> None:
    source = """
        import resource
        raised = []
        for name in ("AS", "CPU", "NPROC", "NOFILE", "FSIZE", "CORE", "MEMLOCK", "MSGQUEUE"):
            kind = getattr(resource, f"RLIMIT_{name}", 12)
            hard = resource.getrlimit(kind)[1]
            try:
                resource.setrlimit(kind, (hard + 1, hard + 1))
                raised.append(name)
            except (OSError, ValueError):
                pass
        print(raised)
    """
    assert told(submission, source) == []


def test_the_kernel_would_rather_kill_a_submission_than_the_grader(submission: SubmissionProcess) -> None:
    assert told(submission, "print(open('/proc/self/oom_score_adj').read())") == 1000


# The outer shell alone


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


def test_without_isolation_nothing_is_promised_but_the_grader_survives(plain_warm: WarmProcess) -> None:
    with plain_warm.submission(Limits()) as submission, pytest.raises(GuestError):
        submission.run_cell(1, "import os; os._exit(0)", 5.0)
    with plain_warm.submission(Limits()) as submission:
        assert told(submission, "print(1)") == 1
