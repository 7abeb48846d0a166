"""Where the time of a training run goes: ``python -m benchmarks.time_shares [--backend mujoco] [--budget 5m]``.

Of the reference with the settings of a budget, one thread, in its first transitions: seconds of CPU time in updates, in
stepping the environments, and in the rest of collecting (the policy, storage); and how much of stepping is MuJoCo's
``mj_step`` by itself, measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.fast_trainer import FastTrainer
from benchmarks.physics import STRETCH, mj_stepper
from benchmarks.recipe import BUDGETS


class Stopwatch:
    """Adds up the CPU time of a function's calls."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, with its time taken."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            started = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds += time.process_time() - started

        return timed


def _mj_step_seconds(stretches: int = 100) -> float:
    """CPU seconds of one transition by ``mj_step`` alone."""
    step, watch, found = mj_stepper(), Stopwatch(), []
    for _ in range(stretches):
        before = watch.seconds
        watch.around(step)()
        found.append(watch.seconds - before)
    return statistics.median(found) / STRETCH


def main() -> None:
    """Prints a line for each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=("sync", "mujoco"), default="sync")
    parser.add_argument("--budget", choices=BUDGETS, default="short")
    parser.add_argument("--transitions", type=int, default=50_000)
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    alone = _mj_step_seconds()
    trainer = FastTrainer(options.backend, 0, BUDGETS[options.budget] | {"total_timesteps": options.transitions})
    updating, collecting, stepping = Stopwatch(), Stopwatch(), Stopwatch()
    trainer.update_epochs = updating.around(trainer.update_epochs)  # type: ignore[method-assign]
    trainer.collect = collecting.around(trainer.collect)  # type: ignore[method-assign]
    trainer.envs.step = stepping.around(trainer.envs.step)  # type: ignore[method-assign]
    started = time.process_time()
    trainer.learn()
    whole = time.process_time() - started
    mj_step = alone * trainer.num_transitions
    parts = {
        "updates": updating.seconds,
        "mj_step": mj_step,
        "stepping, the rest": stepping.seconds - mj_step,
        "collecting, the rest": collecting.seconds - stepping.seconds,
        "anything else": whole - updating.seconds - collecting.seconds,
    }
    print(f"{trainer.num_transitions / whole:,.0f} transitions a second of CPU time")
    for name, seconds in parts.items():
        print(f"{name:<22}{1e6 * seconds / trainer.num_transitions:>8.1f} µs a transition {seconds / whole:>6.0%}")


if __name__ == "__main__":
    main()
