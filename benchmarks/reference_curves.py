"""Learning curves of a reference, trained as its notebook trains it: the band in feedback's figures.

``python -m benchmarks.reference_curves reinforce --seeds 30`` prints the curve's end for each run, then ``BAND`` of
``autograder/suites/reinforce/reference_curve.py``: from 10% to 90% of the runs, as feedback would draw them. A run
takes 10 s of one core for reinforce, 30 s for ppo.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from autograder.scoring.training_log import TrainingLog

POINTS = 12
History = list[tuple[float, float]]


def reinforce(seed: int) -> History:
    from solutions import reinforce as notebook

    torch.manual_seed(seed)
    actor = notebook.Actor(4, 2)
    settings = notebook.learning_rate, notebook.epochs, notebook.batch_episodes
    means = notebook.train(actor, notebook.env_id, *settings, seed)
    return list(zip(np.cumsum(means) * notebook.batch_episodes, means, strict=True))


def ppo(seed: int) -> History:
    from benchmarks.recipe import ENV_ID, SHORT
    from solutions.ppo import PPOTrainer

    trainer = PPOTrainer(ENV_ID, seed=seed, **SHORT)
    trainer.learn()
    return list(trainer.history)


RUNS: dict[str, Callable[[int], History]] = {"reinforce": reinforce, "ppo": ppo}


def drawn(history: History) -> tuple[Any, Any]:
    """Steps and returns of the curve as a report holds it."""
    log = TrainingLog()
    log.add_episodes(*map(list, zip(*((float(step), float(total)) for step, total in history), strict=True)))
    (curve,) = log.evidence("")
    return np.array(curve["steps"]), np.array(curve["returns"])


def main() -> None:
    """Trains, and prints the band."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", choices=RUNS)
    parser.add_argument("--seeds", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    curves = []
    for seed in range(options.seeds):
        began = time.process_time()
        curves.append(drawn(RUNS[options.assignment](seed)))
        steps, returns = curves[-1]
        print(
            f"seed {seed}: {returns[-1]:.0f} at {steps[-1]:,.0f} ({time.process_time() - began:.0f} CPU s)", flush=True
        )
    grid = np.linspace(max(steps[0] for steps, _ in curves), min(steps[-1] for steps, _ in curves), POINTS)
    runs = np.array([np.interp(grid, steps, returns) for steps, returns in curves])
    print(f'"steps": {grid.round().astype(int).tolist()},')
    for name, share in (("low", 0.1), ("high", 0.9)):
        print(f'"{name}": {np.quantile(runs, share, axis=0).round().astype(int).tolist()},')


if __name__ == "__main__":
    main()
