"""How often an actor that nobody has trained is taken for a trained one: ``python -m benchmarks.untrained_actors``.

REINFORCE's Actor on CartPole, the reference's and right ones of other kinds, each built anew ``--builds`` times: shares
of those that look trained in the beginning of their episodes, and in whole episodes. The grader suspects an Actor that
does so once in the beginning and then, built anew each time, in whole episodes again and again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autograder.course import load_course
from autograder.sandbox.loopback import loopback_student
from autograder.scoring.handed_in import (
    SUSPICIOUS_SHARE,
    UNTRAINED_ACTORS,
    UNTRAINED_EPISODES,
    UNTRAINED_STEPS,
    USUAL_WIDTH,
)
from autograder.scoring.play import play
from solutions import reinforce
from tests.course.reinforce_variants import KINDS

ROOT = Path(__file__).resolve().parent.parent


def looks(namespace: dict[str, Any], builds: int, steps: int | None, seeds: Iterator[int]) -> float:
    """Share of new actors that would earn a suspicious share of the points."""
    task = load_course(ROOT).assignment("reinforce").policy
    assert task is not None
    student = loopback_student(namespace)
    found = 0
    for _ in range(builds):
        actor = student.keep.Actor(4, 2, USUAL_WIDTH)
        played = play(actor, task.env_id, [next(seeds) for _ in range(UNTRAINED_EPISODES)], steps)
        found += task.share(float(np.mean(played.projected))) >= SUSPICIOUS_SHARE
    return found / builds


def main() -> None:
    """Prints a line for each kind of Actor."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--builds", type=int, default=1000)
    builds = parser.parse_args().builds
    torch.set_num_threads(1)
    torch.manual_seed(0)
    seeds = count(10_000_000)
    kinds: Mapping[str, str] = {"reference": "", **KINDS["Actor"]}
    print(f"{'Actor':<32}{'beginning':>10}{'whole':>10}{'suspected':>12}")
    for name, source in kinds.items():
        namespace = dict(vars(reinforce))
        exec(source, namespace)
        first, whole = (looks(namespace, builds, steps, seeds) for steps in (UNTRAINED_STEPS, None))
        print(f"{name:<32}{first:>10.1%}{whole:>10.1%}{first * whole**UNTRAINED_ACTORS:>12.1e}", flush=True)


if __name__ == "__main__":
    main()
