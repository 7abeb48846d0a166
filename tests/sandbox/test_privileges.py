"""What a submission may do to processes, the kernel and the network: nothing outside of itself."""

import os
import platform
import socket

import pytest

from autograder.sandbox.door import SubmissionProcess
from tests.sandbox.asking import (
    told,
)

x86_64_only = pytest.mark.skipif(platform.machine() != "x86_64", reason="system calls by number")


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
