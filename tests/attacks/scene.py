"""Scene: what there is to be attacked on the grader's machine, and witnesses that tell whether it was."""

from __future__ import annotations

import contextlib
import ctypes
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import autograder
from autograder.sandbox.door import WarmProcess
from autograder.sandbox.families import family, pid_of
from autograder.sandbox.limits import Limits

_SIBLING = """
import ctypes, os
open("planted", "w").write(SECRET)
held = ctypes.create_string_buffer(SECRET.encode(), 64)
shared = ""
try:
    shared = f"/dev/shm/planted-{os.getpid()}"
    os.fchmod(os.open(shared, os.O_CREAT | os.O_WRONLY), 0o600)
    open(shared, "w").write(SECRET)
except OSError:
    pass
print(repr((os.getcwd(), ctypes.addressof(held), shared)))
"""
_FOR_ALL = ("/tmp", "/dev/shm", "/var/tmp")
_IPC_CREAT, _IPC_RMID = 0o1000, 0


class Scene:
    """Things to attack, all of them made here and removed at the end.

    Args:
        warm: Opens the sibling.
        folder: For files; nobody else's are in it.
    """

    def __init__(self, warm: WarmProcess, folder: Path) -> None:
        self.secret = f"SECRET-{secrets.token_hex(12)}"
        self._warm = warm
        self._folder = folder
        self._undo = contextlib.ExitStack()
        self._events: set[str] = set()
        self._held = ctypes.create_string_buffer(self.secret.encode(), 64)
        self.facts: dict[str, Any] = {
            "grader": os.getpid(),
            "address": ctypes.addressof(self._held),
            "suite": str(Path(autograder.__file__).parent / "suites" / "ppo" / "oracles.py"),
            "marker": str(86400 + secrets.randbelow(10**6)),
        }
        self._plant_files()
        self._plant_services()
        self._plant_segment()
        self.facts["victim"] = self._new_victim().pid
        self._open_sibling()

    def close(self) -> None:
        """Removes everything."""
        self._undo.close()
        self._sibling.close()
        self._victim.kill()
        self._victim.wait()

    def events(self) -> frozenset[str]:
        """What has happened since the last look; what was broken is made anew."""
        mine = Path(self.facts["mine"])
        status = mine.stat()
        checks = {
            "rights changed": status.st_mode & 0o777 != 0o600,
            "file cut": status.st_size == 0,
            "file dated": status.st_mtime < 10**6,
            "file planted": (Path(self.facts["open_folder"]) / "planted").exists(),
            "file removed": not Path(self.facts["removable"]).exists(),
            "victim ended": self._victim.poll() is not None,
        }
        if checks["victim ended"]:
            self.facts["victim"] = self._new_victim().pid
        self._plant_files()
        happened = {name for name, happened in checks.items() if happened} | self._events
        self._events.clear()
        return frozenset(happened)

    def sibling_answers(self) -> bool:
        """Whether the other submission still does."""
        try:
            return self._sibling.run_cell(2, "held.value", 30.0).error is None
        except Exception:
            self._sibling.close()
            self._open_sibling()
            return False

    def end_left_processes(self) -> int:
        """How many processes with the marker there are; those that are being ended get some time, then all are."""
        deadline = time.monotonic() + 5.0
        while (left := self._marked()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(left)

    def _marked(self) -> list[int]:
        marker, found = self.facts["marker"].encode(), []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                found += [int(path.parent.name)] if marker in path.read_bytes() else []
        return found

    def _plant_files(self) -> None:
        self._folder.chmod(0o755)
        for name, fact, mode in (
            ("secret.txt", "file", 0o600),
            ("mine.txt", "mine", 0o600),
            ("removable.txt", "removable", 0o600),
        ):
            path = self._folder / name
            path.write_text(self.secret)
            path.chmod(mode)
            self.facts[fact] = str(path)
        opened = self._folder / "open"
        opened.mkdir(exist_ok=True)
        opened.chmod(0o777)
        (opened / "planted").unlink(missing_ok=True)
        self.facts["open_folder"] = str(opened)

    def _plant_services(self) -> None:
        abstract, named = f"\0{self.secret[-8:]}", str(self._folder / "service")
        for kind, address, fact in (
            (socket.AF_INET, ("127.0.0.1", 0), "tcp"),
            (socket.AF_UNIX, abstract, "abstract"),
            (socket.AF_UNIX, named, "socket"),
        ):
            server = self._undo.enter_context(socket.socket(kind, socket.SOCK_STREAM))
            server.bind(address)
            server.listen()
            self.facts[fact] = address if kind == socket.AF_UNIX else server.getsockname()[1]
            threading.Thread(target=self._serve, args=(server,), daemon=True).start()
        Path(named).chmod(0o777)
        for kind, address, fact, event in (
            (socket.AF_INET, ("127.0.0.1", 0), "udp", "datagram came"),
            (socket.AF_UNIX, str(self._folder / "datagrams"), "datagrams", "message came"),
        ):
            server = self._undo.enter_context(socket.socket(kind, socket.SOCK_DGRAM))
            server.bind(address)
            self.facts[fact] = address if kind == socket.AF_UNIX else server.getsockname()[1]
            threading.Thread(target=self._note, args=(server, event), daemon=True).start()
        (self._folder / "datagrams").chmod(0o777)

    def _serve(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                with server.accept()[0] as client:
                    client.send(self.secret.encode())

    def _note(self, server: socket.socket, event: str) -> None:
        with contextlib.suppress(OSError):
            while server.recv(64):
                self._events.add(event)

    def _plant_segment(self) -> None:
        libc = ctypes.CDLL(None)
        libc.shmat.restype = ctypes.c_void_p
        self.facts["segment_key"] = key = 0x5EC00000 + secrets.randbelow(2**16)
        number = libc.shmget(key, 64, _IPC_CREAT | 0o600)
        ctypes.memmove(libc.shmat(number, None, 0), self.secret.encode(), len(self.secret))
        self._undo.callback(libc.shmctl, number, _IPC_RMID, None)

    def _new_victim(self) -> subprocess.Popen[bytes]:
        environment = {"KEY": self.secret, "PATH": os.environ["PATH"]}
        command = [sys.executable, "-S", "-c", "import time; time.sleep(1000)", self.secret]
        quiet = subprocess.DEVNULL
        self._victim = subprocess.Popen(command, env=environment, stdin=quiet, stdout=quiet, stderr=quiet)
        return self._victim

    def _open_sibling(self) -> None:
        self._sibling = self._warm.open_submission(Limits())
        result = self._sibling.run_cell(1, f"SECRET = {self.secret!r}\n{_SIBLING}", 20.0)
        folder, address, shared = eval(result.outputs[0]["text"], {})
        members = family(pid_of(self._sibling._pidfd))
        self.facts |= {
            "sibling": members[-1],
            "sibling_folder": folder,
            "sibling_address": address,
            "sibling_shared": shared,
        }


@contextlib.contextmanager
def planted_before(warm: WarmProcess, secret: str) -> Iterator[None]:
    """An earlier submission that leaves the secret wherever it may write."""
    source = f"""
import os
for folder in (os.path.expanduser("~"), {", ".join(map(repr, _FOR_ALL))}, "."):
    try:
        os.makedirs(folder, exist_ok=True)
        open(folder + "/planted-leftover", "w").write({secret!r})
    except OSError:
        pass
"""
    with warm.submission(Limits()) as submission:
        submission.run_cell(1, source, 10.0)
    try:
        yield
    finally:  # at the level `none` these are the machine's own
        for folder in _FOR_ALL:
            (Path(folder) / "planted-leftover").unlink(missing_ok=True)
