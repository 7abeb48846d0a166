"""CPU seconds of updates: the reference's, the benchmarks' trainer's, and those with compiled networks.

    python -m benchmarks.updates --rounds 15

Every round updates on the same rollout once with each, in turn; one thread. Medians are printed, and the ratio to the
reference of the same round. Compiling needs a C++ compiler, and is not counted: it comes before the first round.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import torch
from rich.progress import track

from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import ENV_ID, SHORT
from solutions.ppo import PPOTrainer, compute_gae


def main() -> None:
    """Prints a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    torch.set_num_threads(1)
    reference, compiled = PPOTrainer(ENV_ID, **SHORT), FastTrainer("sync", 0, SHORT)
    compiled.actor.policy.compile()
    compiled.actor.value.compile()
    trainers = {
        "reference": reference,
        "Adam fused, distributions not validated": FastTrainer("sync", 0, SHORT),
        "the same, networks compiled": compiled,
    }
    experience = reference.collect()
    returns, advantages = compute_gae(
        experience.rewards, experience.values, experience.dones, SHORT["gamma"], SHORT["gae_lambda"]
    )
    rollout = (experience.observations, experience.actions, experience.log_probs, returns, advantages)
    flat = [data.flatten(0, 1) for data in rollout]
    seconds: dict[str, list[float]] = {name: [] for name in trainers}
    for trainer in trainers.values():
        trainer.update_epochs(*flat)
    for _ in track(range(options.rounds), "updating"):
        for name, trainer in trainers.items():
            started = time.process_time()
            trainer.update_epochs(*flat)
            seconds[name].append(time.process_time() - started)
    print("| update | CPU ms | of the reference's |\n| --- | --- | --- |")
    for name, found in seconds.items():
        ratio = np.median(np.array(found) / seconds["reference"])
        print(f"| {name} | {1000 * np.median(found):.1f} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
