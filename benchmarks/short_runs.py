"""Short training runs of the reference and of broken trainers: what the threshold of `--tier training` rests on.

``python -m benchmarks.short_runs --seeds 10`` prints the greedy return of each run as it ends, then the distribution
of each kind and the band of learning curves. A run takes 22 s of one core, more where others use it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from autograder.course import load_course
from autograder.suites.ppo.graded_training import SHORT_RUN, arguments

ROOT = Path(__file__).resolve().parent.parent
LOSS = "actor_loss(new_log_probs, log_probs[batch], advantages[batch], self.eps)"
FIRST_HIDDEN_SEED = 7_000_000
# Kind of trainer: what is changed in the reference's source.
KINDS: dict[str, tuple[str, str]] = {
    "reference": ("", ""),
    "reference without the bonus": ("", ""),
    "advantage with the wrong sign": (LOSS, LOSS.replace("advantages", "-advantages")),
    "inverted ratio": (LOSS, LOSS.replace("new_log_probs, log_probs[batch]", "log_probs[batch], new_log_probs")),
    "critic only": (LOSS, f"0.0 * {LOSS}"),
    "advantages misaligned": (LOSS, LOSS.replace("advantages[batch]", "advantages.roll(1)[batch]")),
    "gradient clipped to 0.0001": ("self.actor.parameters(), self.max_grad_norm", "self.actor.parameters(), 1e-4"),
    "no clipping": (LOSS, LOSS.replace("self.eps", "1e9")),
    "bootstraps the reset observation": ('np.stack(infos["final_obs"][cut])', "obs[cut]"),
}


def main() -> None:
    """Trains, and prints what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="runs of the reference of each kind")
    parser.add_argument("--broken-seeds", type=int, default=2, help="runs of each broken trainer")
    options = parser.parse_args()
    torch.set_num_threads(1)
    returns: dict[str, list[float]] = {}
    histories = []
    for kind in KINDS:
        is_reference = kind.startswith("reference")
        for seed in range(options.seeds if is_reference else options.broken_seeds):
            started = time.process_time()
            mean, history = run(kind, seed)
            returns.setdefault(kind, []).append(mean)
            histories += [history] if is_reference else []
            print(f"{kind}, seed {seed}: {mean:.0f} ({time.process_time() - started:.0f} CPU s)", flush=True)
    for kind, found in returns.items():
        median = statistics.median(found)
        print(f"{kind:<34} {len(found):3} runs: {min(found):6.0f} to {max(found):6.0f}, median {median:.0f}")
    for name, values in band(histories):
        print(f"{name}: {values}")


def run(kind: str, seed: int) -> tuple[float, list[tuple[int, float]]]:
    """Mean greedy return of a trainer of this kind after the short run, and its history."""
    task = load_course(ROOT).assignment("ppo").policy
    assert task is not None
    module = notebook(*KINDS[kind])
    given = arguments(
        task.env_id,
        task.training_timesteps,
        seed,
        "cpu",
        parameters=["gae_lambda"],
        with_gae=kind != "reference without the bonus",
        short=True,
    )
    assert given["gae_lambda"] in (None, SHORT_RUN["gae_lambda"])
    trainer = module.PPOTrainer(**given)
    actor = trainer.learn()
    returns = module.evaluate(actor, task.episodes, FIRST_HIDDEN_SEED + 100 * seed, "cpu", env_id=task.env_id)
    return float(returns.mean()), trainer.history


def notebook(old: str, new: str) -> Any:
    """The reference as a module, with a piece of its text replaced and without progress bars."""
    source = (ROOT / "solutions" / "ppo.py").read_text(encoding="utf-8")
    if old not in source:
        raise ValueError(f"expected {old!r} in the reference; correct KINDS")
    module = types.ModuleType("short_run")
    sys.modules["short_run"] = module  # where NamedTuple looks for the class's module
    quiet = "from functools import partial as _partial\ntqdm = _partial(tqdm, disable=True)\n"
    changed = source.replace(old, new) if old else source
    exec(compile(changed.replace("import rlhelpers\n\n", f"import rlhelpers\n\n{quiet}"), "ppo", "exec"), vars(module))
    return module


def band(histories: list[list[tuple[int, float]]]) -> Iterator[tuple[str, list[int]]]:
    """Steps at which episodes end, and the 10% and 90% quantiles over runs of the mean return at each."""
    steps = sorted({step for step, _ in histories[0]}) if histories else []
    means = [[np.mean([total for at, total in history if at == step]) for step in steps] for history in histories]
    if not means:
        return
    yield "steps", steps
    for name, share in (("low", 0.1), ("high", 0.9)):
        yield name, np.quantile(np.array(means), share, axis=0).round().astype(int).tolist()


if __name__ == "__main__":
    main()
