"""The warm process: has everything imported that notebooks import, runs no student's code, and forks.

    warm ── fork ── enters namespaces ── fork ── first process ── fork ── submission ── fork ── check
                    (ends at once)               (pid 1 of them)           (cells)               (calls)

The first process mounts, limits, gives up what it may, and then only waits: when it is killed the kernel kills
everything else in its pid namespace.

No tensor operation and no thread may run here: children of a process that has used OpenMP with more than one thread
hang (https://github.com/pytorch/pytorch/issues/17199).
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import os
import random
import shutil
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

from autograder.errors import AutograderError
from autograder.sandbox.isolation import (
    confine_file_system,
    die_with_parent,
    drop_privileges,
    enter_namespaces,
    hide_memory,
    limit_resources,
    system_call_filter,
)
from autograder.sandbox.limits import Limits
from autograder.sandbox.wire import Channel

SEED = 0
PRELOADED = (
    "numpy torch torch._dynamo torch.distributions torch.nn.functional torch.optim gymnasium gymnasium.wrappers "
    "gymnasium.vector gymnasium.envs.classic_control gymnasium.envs.mujoco.half_cheetah_v5 mujoco matplotlib.pyplot "
    "matplotlib_inline.backend_inline tqdm.auto tqdm.notebook IPython.core.debugger IPython.display rlhelpers"
).split()
_MADV_COLLAPSE = 25
_HUGE_PAGE_BYTES = 2 * 1024 * 1024


def main() -> None:
    """``python -m autograder.sandbox.warm CONNECTION LEVEL FONTS FOLDER...``: warm up, then fork on request."""
    descriptor, level, fonts, *visible = sys.argv[1:]
    control = Channel(socket.socket(fileno=int(descriptor)))
    try:
        rules = system_call_filter() if level == "namespaces" else None
        warm_up(Path(fonts))
        cells = _new_cell_runner()
        settle_memory()
    except Exception as error:
        control.send({"failed": f"{type(error).__name__}: {error}"})
        return
    control.send({"ready": True, "versions": versions()})
    while True:
        try:
            request, connection = control.receive_with_descriptor()
        except AutograderError:
            return
        if connection is None:
            continue
        pid = os.fork()
        if pid == 0:
            control.close()
            _start_submission(connection, Limits(**request["limits"]), cells, rules, visible)
        os.close(connection)
        if rules is not None:
            os.waitpid(pid, 0)  # it ends as soon as it has made the first process
        else:
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)


def warm_up(fonts: Path) -> None:
    """Imports what notebooks import, with settings that fit a process without screen, network and threads.

    Args:
        fonts: Folder of matplotlib's font lists on this machine; building one takes seconds.
    """
    for source in fonts.glob("fontlist-*.json"):
        target = Path(os.environ["MPLCONFIGDIR"])
        target.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    for name in PRELOADED:
        importlib.import_module(name)
    import torch
    import tqdm

    tqdm.tqdm.monitor_interval = 0  # its monitor is a thread
    torch.set_num_threads = lambda count: None  # type: ignore[assignment]  # one core for each submission


def settle_memory() -> None:
    """Makes forks cheap: the garbage collector leaves today's objects alone, and memory lies in huge pages.

    With huge pages a fork copies 1/512 of the page table entries: 4 ms instead of 10 ms here. Old kernels refuse
    (``madvise(2)``, MADV_COLLAPSE, Linux 6.1), which costs nothing but time.
    """
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None, use_errno=True)
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, _, device, *name = line.split(maxsplit=5)
        anonymous = device == "00:00" and (not name or name[0] == "[heap]")
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


def reseed() -> None:
    """Gives a fork the same random state as every other one: grading a notebook twice gives the same report."""
    import numpy as np
    import torch

    random.seed(SEED)
    np.random.seed(SEED)
    torch.manual_seed(SEED)


def _new_cell_runner() -> Any:
    from autograder.sandbox.cells import CellRunner

    return CellRunner()


def _start_submission(connection: int, limits: Limits, cells: Any, rules: Any, visible: list[str]) -> NoReturn:
    """In the child of the warm process."""
    channel = Channel(socket.socket(fileno=connection))
    try:
        if rules is not None:
            enter_namespaces()
            if os.fork() != 0:
                os._exit(0)
            confine_file_system(limits, visible)
        else:
            os.setsid()
        limit_resources(limits)
        if rules is not None:
            drop_privileges(rules)
        descriptor = os.pidfd_open(os.getpid())
        channel.send({"ready": True}, descriptor=descriptor)
        os.close(descriptor)
    except BaseException as error:
        channel.send({"failed": f"{type(error).__name__}: {error}"})
        os._exit(1)
    if rules is not None:
        _stay_first_process(channel)
    _serve_submission(channel, limits, cells)


def _stay_first_process(channel: Channel) -> None:
    """Returns in a new child; here, waits until that child has ended, and ends everything with it."""
    submission = os.fork()
    if submission == 0:
        die_with_parent()
        return
    channel.close()
    hide_memory()
    for number in range(1, signal.NSIG):
        if number not in (signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                continue  # reserved by the C library
    while os.wait()[0] != submission:
        pass
    os._exit(0)


def _serve_submission(channel: Channel, limits: Limits, cells: Any) -> NoReturn:
    from autograder.sandbox.guest import Guest, serve

    try:
        reseed()
        cells.limit_output(limits.output_bytes)
        serve(channel, Guest(channel, cells.namespace, cells))
    finally:
        os._exit(0)


if __name__ == "__main__":
    main()
