"""Returns of the reference on HalfCheetah after budgets of several lengths, over seeds.

    python -m benchmarks.returns short --seeds 20    # 300,000 transitions with the notebook's settings
    python -m benchmarks.returns 1m --seeds 10       # 1 million with benchmarks/recipe.py's LONG
    python -m benchmarks.returns 5m --seeds 10       # 5 million with the same

Each run is a process with one thread for its networks; MuJoCo steps its environments, on all cores. Ten greedy
episodes of seeds hidden from training are played in Gymnasium's own. Finished runs are kept in ``--keep`` (one JSON
object a line): Ctrl-C loses the run at hand only, and the same command goes on. Reported are the interquartile mean
over runs and its 95% bootstrap interval over seeds (Agarwal et al. 2021, https://arxiv.org/abs/2108.13264).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.fast_trainer import ADDED, FastTrainer
from benchmarks.recipe import BUDGETS, ENV_ID
from benchmarks.variations import VARIATIONS

EPISODES = 10
FIRST_HIDDEN_SEED = 99_000_000


def main() -> None:
    """Trains what is not kept yet, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("budget", choices=BUDGETS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--change", type=json.loads, default={}, help='settings that differ, as JSON: {"gamma": 0.99}')
    parser.add_argument("--keep", type=Path, default=Path("build/returns.jsonl"))
    parser.add_argument("--variation", choices=VARIATIONS, help="what differs in the trainer itself")
    parser.add_argument("--device", default="cpu", help="where the network learns: cpu or cuda")
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)  # one seed, in this process
    options = parser.parse_args()
    if options.variation is not None and options.device != "cpu":
        parser.error("--variation: expected --device cpu, since variations put layers of their own there")
    settings = BUDGETS[options.budget] | options.change
    if options.variation is not None and any(settings.get(name) for name in ADDED):
        without = json.dumps(dict.fromkeys(ADDED))
        parser.error(f"--variation: expected a trainer without {', '.join(ADDED)}, as in --change '{without}'")
    if options.run is not None:
        print(json.dumps(run(settings, options.variation, options.run, options.device)))
        return
    found = []
    for seed in range(options.seeds):
        found.append(measured(options.keep, settings, options.variation, seed, options.device))
        print("seed {seed}: {greedy:.0f} ± {std:.0f} ({cpu_seconds:.0f} CPU s)".format(**found[-1]), flush=True)
    print(summary(np.array([each["greedy"] for each in found])))


def measured(
    path: Path, settings: dict[str, Any], variation: str | None, seed: int, device: str = "cpu"
) -> dict[str, Any]:
    """The run of these settings and this seed: the kept one if it has been made, else a new one."""
    runs = map(json.loads, path.read_text(encoding="utf-8").splitlines()) if path.exists() else ()
    wanted = (settings, variation, seed, device)
    return next((each for each in runs if _key(each) == wanted), None) or _measure(path, *wanted)


def _key(kept: dict[str, Any]) -> tuple[dict[str, Any], str | None, int, str]:
    return kept["settings"], kept.get("variation"), kept["seed"], kept.get("device", "cpu")


def _measure(path: Path, settings: dict[str, Any], variation: str | None, seed: int, device: str) -> dict[str, Any]:
    """Makes one run in a process of its own and keeps it."""
    command = [
        sys.executable,
        "-m",
        "benchmarks.returns",
        "short",
        "--change",
        json.dumps(settings),
        "--run",
        str(seed),
        "--device",
        device,
        *(["--variation", variation] if variation else []),
    ]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "MUJOCO_GL": "disable"}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(found) + "\n")
    return found


def run(settings: dict[str, Any], variation: str | None, seed: int, device: str) -> dict[str, Any]:
    """Trains once and plays greedily.

    Returns:
        settings, variation, seed, device, mean and standard deviation of the greedy returns, CPU seconds of training,
        the policy's standard deviations at the end, and the learning curve: mean return of training episodes that ended
        in each tenth of the run, null where none did.
    """
    from solutions.ppo import evaluate

    started = time.process_time()
    trainer = FastTrainer("mujoco", seed, settings, device)
    if variation is not None:
        VARIATIONS[variation](trainer)
    actor = trainer.learn()
    cpu_seconds = time.process_time() - started
    returns = evaluate(actor, EPISODES, FIRST_HIDDEN_SEED + 100 * seed, device, env_id=ENV_ID)
    tenths: list[list[float]] = [[] for _ in range(10)]
    for transitions, episode_return in trainer.history:
        tenths[min(9, 10 * transitions // settings["total_timesteps"])].append(episode_return)
    return {
        "settings": settings,
        "variation": variation,
        "seed": seed,
        "device": device,
        "greedy": float(returns.mean()),
        "std": float(returns.std()),
        "cpu_seconds": cpu_seconds,
        "deviations": [round(float(each), 3) for each in actor.log_std.detach().exp()],
        "curve": [round(float(np.mean(each))) if each else None for each in tenths],
    }


def interquartile_mean(values: np.ndarray, axis: int = -1) -> Any:
    """Mean of what lies between the quartiles."""
    return stats.trim_mean(values, 0.25, axis=axis)


@dataclass(frozen=True)
class Interval:
    """95% bootstrap interval of the interquartile mean over seeds."""

    low: float
    high: float

    @classmethod
    def of(cls, greedy: np.ndarray) -> Interval:
        """The interval of returns [N], one for each seed; of a single one it is that one."""
        if len(greedy) < 2:
            return cls(float(greedy[0]), float(greedy[0]))
        found = stats.bootstrap((greedy,), interquartile_mean, method="percentile", rng=0).confidence_interval
        return cls(float(found.low), float(found.high))

    def __str__(self) -> str:
        return f"[{self.low:.0f}, {self.high:.0f}]"


def summary(greedy: np.ndarray) -> str:
    """Interquartile mean, its interval, and the range, in a line."""
    text = f"{len(greedy)} seeds: {greedy.min():.0f} to {greedy.max():.0f}"
    return f"{text}, interquartile mean {interquartile_mean(greedy):.0f} {Interval.of(greedy)}"


if __name__ == "__main__":
    main()
