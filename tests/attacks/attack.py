"""Attack: a notebook of hostile cells, the harm that it seeks, and who can tell whether it was done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Any

import nbformat

from autograder.sandbox.levels import Level

SECRET_READ = "read"
REACHED = "reached"
HELPERS = """
import contextlib, ctypes, errno, gc, glob, mmap, os, resource, signal, socket, stat, struct, subprocess, sys, threading
import time

libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p

def reached(what=True):
    print("reached" if what else "")

def syscall(*arguments):
    result = libc.syscall(*arguments)
    return result, ctypes.get_errno()

@contextlib.contextmanager
def refused():
    try:
        yield
    except (OSError, ValueError, MemoryError, RuntimeError) as error:
        print("refused:", error)
"""


@dataclass(frozen=True)
class Outcome:
    """What a runner saw of one attack.

    Attributes:
        printed: All that its cells have put out, and names of their errors.
        events: What happened outside meanwhile: names of the scene's witnesses.
        facts: Measurements (seconds, bytes, numbers of processes).
    """

    printed: str
    events: frozenset[str] = frozenset()
    facts: dict[str, float] = field(default_factory=dict)


Judge = Callable[["Outcome", str], bool]


def read_the_secret(outcome: Outcome, secret: str) -> bool:
    """The secret of the scene is among what it has put out."""
    return secret in outcome.printed


def says_so(outcome: Outcome, _secret: str) -> bool:
    """The attack itself tells that the kernel has let it."""
    return REACHED in outcome.printed.split()


def witnessed(event: str) -> Judge:
    """Something outside was touched."""
    return lambda outcome, _secret: event in outcome.events


def measured(fact: str, most: float) -> Judge:
    """A measurement from outside is above what it may be."""
    return lambda outcome, _secret: outcome.facts[fact] > most


def never(_outcome: Outcome, _secret: str) -> bool:
    """Harm would be to somebody else: see ``harmed_others`` of the runner."""
    return False


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        name: A few words.
        goal: ``forge``, ``read``, ``escape``, ``exhaust`` or ``hand-in``.
        harm: What it wants, as the table tells it.
        cells: Sources of its notebook's code cells; ``SCENE`` is a dictionary of what there is to be attacked.
        is_harmed: Whether it got it.
        open_at: Isolation levels at which it succeeds: known to be left. It is tried at all of them.
        uncontrolled: Why it is not shown to succeed without isolation (level ``none``) or with larger limits.
        planted: Source of a cell that puts ``SECRET``, or the like, in reach of the control.
        off: What the control has replaced in the grader, by dotted name.
        lifted: Limits of the control.
        lifted_seconds: Time of a cell of the control, for what only that time ends.
        seconds: Time of a cell.
        limits: Of the submission.
    """

    name: str
    goal: str
    harm: str
    cells: tuple[str, ...]
    is_harmed: Judge
    open_at: frozenset[Level] = frozenset()
    uncontrolled: str = ""
    planted: str = ""
    off: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 10.0
    limits: dict[str, Any] = field(default_factory=dict)
    lifted: dict[str, Any] = field(default_factory=dict)
    lifted_seconds: float | None = None

    def notebook(self, scene: dict[str, Any]) -> Any:
        """The notebook, as a student would hand it in."""
        sources = [f"SCENE = {scene!r}\n{HELPERS}", *map(dedent, self.cells)]
        return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in sources])


def attack(name: str, goal: str, harm: str, *cells: str, judge: Judge = says_so, **options: Any) -> Attack:
    """Makes an attack; limits and the like are given by name."""
    return Attack(name, goal, harm, cells, judge, **options)
