"""Ablations: what each part and each setting of the reference is worth on HalfCheetah, one changed at a time.

    python -m benchmarks.ablations short --seeds 10    # 300,000 transitions with the notebook's settings
    python -m benchmarks.ablations 1m --seeds 5        # a million with LONG of benchmarks/recipe.py; or 5m
    python -m benchmarks.ablations 3m --seeds 1        # what was tried before LONG, beside it

Runs are made and kept as those of ``benchmarks/returns.py`` are: Ctrl-C loses one, and the same command goes on. All
changes have the same seeds. Prints a table in Markdown: interquartile mean of greedy returns and its 95% bootstrap
interval over seeds, worst and best seed, CPU seconds of one run.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from rich.progress import track

from benchmarks.recipe import BUDGETS
from benchmarks.returns import Interval, interquartile_mean, measured

Ablation = tuple[dict[str, Any], str | None]  # settings that differ; name of a variation
# The grader's full run but for episodes that do not all begin in the same step: most of what follows was tried with it.
_BEFORE: dict[str, Any] = {"gae_lambda": 0.9, "clipped_probabilities": False, "max_deviation": None, "rates": None}
# Episodes begin in the same step; so, too, with lambda 0.95.
_TOGETHER: dict[str, Any] = _BEFORE | {"staggered_over": 0}
_FARTHER: dict[str, Any] = _TOGETHER | {"gae_lambda": 0.95}
_LITTLE: dict[str, Any] = _FARTHER | {"entropy_weight": 0.005}

LONG_ABLATIONS: dict[str, Ablation] = {
    "the recipe": ({}, None),
    "actions count as sampled": ({"clipped_probabilities": False}, None),
    "deviations not bounded": ({"max_deviation": None}, None),
    "learning rate falls all the time": ({"rates": None}, None),
    "without all three: the notebook's trainer": (_BEFORE | {"gae_lambda": 0.8}, None),
    "the same, lambda 0.9": (_BEFORE, None),
    "lambda 0.9": ({"gae_lambda": 0.9}, None),
    "episodes begin together": ({"staggered_over": 0}, None),
    "rollouts of 32 steps": ({"num_env_steps": 32}, None),
    "entropy weight 0.005": ({"entropy_weight": 0.005}, None),
    "gamma 0.98": ({"gamma": 0.98}, None),
    "64 units": ({"hidden_dim": 64}, None),
    "lambda 0.7": ({"gae_lambda": 0.7}, None),
    "deviations of 0.37 at most": ({"max_deviation": 0.37}, None),
}
ABLATIONS: dict[str, dict[str, Ablation]] = {
    "short": {
        "the reference": ({}, None),
        "observations not normalised": ({}, "raw_observations"),
        "rewards not scaled": ({"scale_rewards": False}, None),
        "truncation taken for termination": ({}, "no_bootstrap"),
        "learning rate constant": ({"rates": [[0.0, 1.0], [1.0, 1.0]]}, None),
        "layers of PyTorch's default": ({}, "default_layers"),
        "standard deviation from 1": ({}, "wide_start"),
        "no GAE: `multi_step_returns`": ({"gae_lambda": None}, None),
        "lambda 0.95": ({"gae_lambda": 0.95}, None),
        "gamma 0.99": ({"gamma": 0.99}, None),
        "learning rate 3e-4": ({"learning_rate": 3e-4}, None),
        "rollouts of 128 steps": ({"num_env_steps": 128}, None),
        "batches of 2,048": ({"batch_size": 2048}, None),
        "3 epochs": ({"num_update_epochs": 3}, None),
        "eps 0.1": ({"eps": 0.1}, None),
        "gradients not limited": ({"max_grad_norm": 1e9}, None),
        "128 units": ({"hidden_dim": 128}, None),
        "entropy weight 0.002": ({"entropy_weight": 0.002}, None),
    },
    "1m": LONG_ABLATIONS,
    "5m": LONG_ABLATIONS,
    "3m": {
        "the recipe": ({}, None),
        "64 x 64 steps, before; so, too, what follows": (_BEFORE, None),
        "64 x 32 steps": (_BEFORE | {"num_env_steps": 32}, None),
        "128 x 16 steps": (_BEFORE | {"num_vec_envs": 128, "num_env_steps": 16}, None),
        "advantages computed anew for each epoch": (_BEFORE, "recomputed_advantages"),
        "deviations of 0.37 at most": (_BEFORE | {"max_deviation": 0.37}, None),
        "learning rate falls in the last 30% only": (_BEFORE | {"rates": [[0.0, 1.0], [0.7, 1.0], [1.0, 0.0]]}, None),
        "bounded means": (_BEFORE, "bounded_means"),
        "Adam's betas both 0.99": (_BEFORE, "equal_betas"),
        "the same, entropy falling in the second half": (_BEFORE, "equal_betas_less_entropy"),
        "weights decay": (_BEFORE, "weight_decay"),
        "layers normalised": (_BEFORE, "layer_norm"),
        "deviations by schedule": (_BEFORE, "scheduled_deviations"),
        "Muon": (_BEFORE, "muon"),
        "Muon, entropy weight 0.1": (_BEFORE | {"entropy_weight": 0.1}, "muon"),
        "Muon, deviations by schedule": (_BEFORE, "muon_scheduled_deviations"),
        "rate by divergence": (_BEFORE, "rate_by_divergence"),
        "rate by half the divergence": (_BEFORE, "half_the_divergence"),
        "noise correlated in time": (_BEFORE, "coloured_noise"),
        "episodes begin together": (_TOGETHER, None),
        "together, entropy weight 0.03": (_TOGETHER | {"entropy_weight": 0.03}, None),
        "together, learning rate 2e-3": (_TOGETHER | {"learning_rate": 2e-3}, None),
        "together, 20 epochs": (_TOGETHER | {"num_update_epochs": 20}, None),
        "together, SiLU in place of tanh": (_TOGETHER, "silu"),
        "together, bounded means": (_TOGETHER, "bounded_means"),
        "together, Beta in place of Gaussian": (_TOGETHER, "beta_policy"),
        "together, deviations of states": (_TOGETHER, "state_deviations"),
        "together, critic of 256 units": (_TOGETHER, "wide_critic"),
        "together, critic's lambda 0.95": (_TOGETHER, "far_critic"),
        "together, lambda 0.85": (_TOGETHER | {"gae_lambda": 0.85}, None),
        "together, lambda 0.92": (_TOGETHER | {"gae_lambda": 0.92}, None),
        "lambda 0.95": (_FARTHER, None),
        "together, lambda 0.97": (_TOGETHER | {"gae_lambda": 0.97}, None),
        "lambda 0.95, falling in the second half": (_FARTHER, "late_falling_entropy"),
        "lambda 0.95, falling from the start": (_FARTHER, "falling_entropy"),
        "lambda 0.95, entropy weight 0.1": (_FARTHER | {"entropy_weight": 0.1}, None),
        "lambda 0.95, gamma 0.98": (_FARTHER | {"gamma": 0.98}, None),
        "lambda 0.95, learning rate 7e-4": (_FARTHER | {"learning_rate": 7e-4}, None),
        "lambda 0.95, eps 0.3": (_FARTHER | {"eps": 0.3}, None),
        "lambda 0.95, 5 epochs": (_FARTHER | {"num_update_epochs": 5}, None),
        "lambda 0.95, 256 units": (_FARTHER | {"hidden_dim": 256}, None),
        "lambda 0.95, batches of 512": (_FARTHER | {"batch_size": 512}, None),
        "lambda 0.95, batches of 2,048": (_FARTHER | {"batch_size": 2048}, None),
        "lambda 0.95, 64 x 32 steps": (_FARTHER | {"num_env_steps": 32}, None),
        "lambda 0.95, 64 x 128 steps, batches of 2,048": (_FARTHER | {"num_env_steps": 128, "batch_size": 2048}, None),
        "lambda 0.95, entropy weight 0.01": (_FARTHER | {"entropy_weight": 0.01}, None),
        "lambda 0.95, 0.005": (_LITTLE, None),
        "lambda 0.95, 0.005, 256 units": (_LITTLE | {"hidden_dim": 256}, None),
        "lambda 0.95, 0.005, batches of 512": (_LITTLE | {"batch_size": 512}, None),
        "lambda 0.95, 0.005, 20 epochs": (_LITTLE | {"num_update_epochs": 20}, None),
        "lambda 0.95, 0.005, standard deviation from 1": (_LITTLE, "wide_start"),
    },
}


def main() -> None:
    """Makes the runs that are not kept yet, and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("budget", choices=ABLATIONS)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--keep", type=Path, default=Path("build/returns.jsonl"))
    options = parser.parse_args()
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in ABLATIONS[options.budget]}
    plan = [(seed, name) for seed in range(options.seeds) for name in found]
    for seed, name in track(plan, "training"):
        change, variation = ABLATIONS[options.budget][name]
        found[name].append(measured(options.keep, BUDGETS[options.budget] | change, variation, seed))
    print(f"| {options.budget}, {options.seeds} seeds | interquartile mean | worst | best | CPU s |")
    print("| --- | --- | --- | --- | --- |")
    for name, runs in found.items():
        print(row(name, runs))


def row(name: str, runs: list[dict[str, Any]]) -> str:
    """A line of the table."""
    greedy = np.array([each["greedy"] for each in runs])
    cpu_seconds = np.median([each["cpu_seconds"] for each in runs])
    middle = f"{interquartile_mean(greedy):.0f} {Interval.of(greedy)}"
    return f"| {name} | {middle} | {greedy.min():.0f} | {greedy.max():.0f} | {cpu_seconds:.0f} |"


if __name__ == "__main__":
    main()
