"""The warm process: has everything imported that notebooks import, runs no student's code, and forks.

What becomes of a fork is in ``settling``.

No tensor operation and no thread may run here: children of a process that has used OpenMP with more than one thread
hang (https://github.com/pytorch/pytorch/issues/17199).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import os
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.errors import AutograderError, IsolationUnavailable
from autograder.sandbox.channel import Channel
from autograder.sandbox.confinement import enter_namespaces, nesting_refused
from autograder.sandbox.deferred_compiler import import_torch
from autograder.sandbox.landlock import landlock_version
from autograder.sandbox.levels import LANDLOCKED, Level, described
from autograder.sandbox.limits import Limits
from autograder.sandbox.settling import Shell
from autograder.sandbox.system_calls import system_call_filter

if TYPE_CHECKING:
    from autograder.sandbox.cells import CellRunner

PRELOADED = (
    "numpy torch torch.distributions torch.nn.functional torch.optim gymnasium gymnasium.wrappers "
    "gymnasium.vector gymnasium.envs.classic_control gymnasium.envs.mujoco.half_cheetah_v5 mujoco matplotlib.pyplot "
    "matplotlib_inline.backend_inline tqdm.auto tqdm.notebook IPython.core.debugger IPython.display safetensors.torch "
    "rlhelpers"
).split()
_MADV_COLLAPSE = 25
_HUGE_PAGE_BYTES = 2 * 1024 * 1024


def main() -> None:
    """``python -m ...warm CONNECTION LEVEL FONTS VISIBLE -- HIDDEN -- DEVICES``: warm up, then fork on request."""
    descriptor, name, fonts, *paths = sys.argv[1:]
    visible, hidden, devices = _split(paths)
    control = Channel(socket.socket(fileno=int(descriptor)))
    os.set_inheritable(control.fileno(), False)
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # forgets a Ctrl-C of before this session began
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # nothing shall be kept from students' code
    signal.signal(signal.SIGINT, handler)
    try:
        level = described(name).name
        _require(level)
        rules = None if level == "none" else system_call_filter(level)
        warm_up(Path(fonts))
        nursery = Nursery(_new_cell_runner(), Shell(level, rules, visible, hidden, devices))
        settle_memory()
    except IsolationUnavailable as error:
        control.send({"unavailable": str(error)})
        return
    except Exception as error:
        control.send({"failed": f"{type(error).__name__}: {error}"})
        return
    control.send({"ready": True, "versions": versions()})
    with contextlib.suppress(AutograderError):
        while True:
            request, connection = control.receive_with_descriptor()
            if connection is not None:
                nursery.fork(control, connection, **request)
                os.close(connection)
    os._exit(0)  # the interpreter's own way out takes half a second


def _split(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Three lists with ``--`` between them."""
    first = words.index("--")
    second = words.index("--", first + 1)
    return words[:first], words[first + 1 : second], words[second + 1 :]


def _require(level: Level) -> None:
    """Tries at once what a level needs and a machine may refuse, before anything is imported for seconds.

    Raises:
        IsolationUnavailable: It is refused.
    """
    if level in LANDLOCKED:
        landlock_version()
    if level != "namespaces":
        return
    pid = os.fork()
    if pid == 0:
        try:
            enter_namespaces()
        except BaseException as error:
            os._exit(getattr(error, "errno", None) or 1)
        os._exit(0)
    if status := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise nesting_refused(status)


def warm_up(fonts: Path) -> None:
    """Imports what notebooks import, with settings that fit a process without screen, network and threads.

    Args:
        fonts: Folder of matplotlib's font lists on this machine; building one takes seconds.
    """
    for source in fonts.glob("fontlist-*.json"):
        target = Path(os.environ["MPLCONFIGDIR"])
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    gc.disable()  # half a million objects come, and none of them goes; ``settle_memory`` lets it run again
    import_torch()
    for name in PRELOADED:
        importlib.import_module(name)
    import torch
    import tqdm

    tqdm.tqdm.monitor_interval = 0  # its monitor is a thread
    torch.set_num_threads = lambda count: None  # type: ignore[assignment]  # one core for each submission
    sys.path.insert(0, "")  # as in Jupyter, modules in the working folder can be imported
    sys.argv = ["notebook"]


def settle_memory() -> None:
    """Makes forks cheap: the garbage collector leaves today's objects alone, and memory lies in huge pages.

    What imports have left behind is kept too: to look for it takes a quarter of a second at every start.

    With huge pages a fork copies 1/512 of the page table entries: 4 ms instead of 10 ms here. Old kernels refuse
    (``madvise(2)``, MADV_COLLAPSE, Linux 6.1), which costs nothing but time.
    """
    gc.freeze()
    gc.enable()
    libc = ctypes.CDLL(None, use_errno=True)
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, _, _, inode, *name = line.split(maxsplit=5)
        anonymous = inode == "0" and name in ([], ["[heap]"])
        start, end = (int(address, 16) for address in span.split("-"))
        if anonymous and access == "rw-p" and end - start >= _HUGE_PAGE_BYTES:
            libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)


def versions() -> dict[str, str]:
    """Versions of what a grade may depend on."""
    import gymnasium
    import mujoco
    import numpy
    import torch

    names = {"torch": torch, "gymnasium": gymnasium, "mujoco": mujoco, "numpy": numpy}
    python = ".".join(map(str, sys.version_info[:3]))
    return {"python": python} | {name: str(module.__version__) for name, module in names.items()}


def _new_cell_runner() -> CellRunner:
    from autograder.sandbox.cells import CellRunner  # imports matplotlib, whose lists of fonts have to be there
    from autograder.sandbox.serving import serve  # noqa: F401  # whatever is imported here no fork has to import

    return CellRunner()


class Nursery:
    """Forks submissions.

    Args:
        cells: Runs cells; every submission inherits it unused.
        shell: What stands around a submission.
    """

    def __init__(self, cells: CellRunner, shell: Shell) -> None:
        self._cells = cells
        self._shell = shell

    def fork(self, control: Channel, connection: int, limits: dict[str, Any], folder: str, user: int | None) -> None:
        """Forks one submission.

        Args:
            control: The warm process's own connection, which submissions must not have.
            connection: Descriptor of the submission's connection to the grader.
            limits: Fields of ``Limits``.
            folder: Where it works if it has no /tmp of its own.
            user: Whose it becomes, or None.
        """
        pid = os.fork()
        if pid == 0:
            try:
                control.close()
                _silence()
                self._start(Channel(socket.socket(fileno=connection)), Limits(**limits), folder, user)
            finally:
                os._exit(1)
        if self._shell.level == "namespaces":
            os.waitpid(pid, 0)  # it ends as soon as it has made the first process
            return
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    def _start(self, channel: Channel, limits: Limits, folder: str, user: int | None) -> None:
        """In the child of the warm process; returns when the submission is over."""
        try:
            is_submission = self._shell.settle(channel, limits, folder, user)
        except Exception as error:
            channel.send({"failed": f"{type(error).__name__}: {error}"})
            return
        if is_submission:
            self._serve(channel, limits)

    def _serve(self, channel: Channel, limits: Limits) -> None:
        from autograder.sandbox.guest import SEED, seed_all
        from autograder.sandbox.serving import SubmissionGuest, serve

        seed_all(SEED)
        self._cells.limit_output(limits.output_bytes)
        serve(channel, SubmissionGuest(channel, self._cells))


def _silence() -> None:
    """Points standard input and output at /dev/null: nothing there is shared with other submissions."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    os.close(null)


if __name__ == "__main__":
    main()
