"""How well REINFORCE's reference learns CartPole with the notebook's settings: ``python -m benchmarks.reinforce``."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

import gymnasium as gym
import torch

import rlhelpers
from solutions import reinforce

Train = Callable[[reinforce.Actor, int], list[float]]


def with_totals(actor: reinforce.Actor, seed: int) -> list[float]:
    return reinforce.train(actor, reinforce.env_id, *settings(), seed)


def with_returns_to_go(actor: reinforce.Actor, seed: int) -> list[float]:
    score_fn = partial(reinforce.returns_to_go, gamma=reinforce.gamma)
    return reinforce.train(actor, reinforce.env_id, *settings(), seed, score_fn)


def with_baseline(actor: reinforce.Actor, seed: int) -> list[float]:
    value_network = reinforce.ValueNetwork(4)
    return reinforce.train_with_baseline(actor, value_network, reinforce.env_id, *settings(), reinforce.gamma, seed)


KINDS: dict[str, Train] = {"total": with_totals, "to_go": with_returns_to_go, "baseline": with_baseline}


def settings() -> tuple[float, int, int]:
    """Learning rate, epochs and episodes per epoch, those of the notebook."""
    return reinforce.learning_rate, reinforce.epochs, reinforce.batch_episodes


def main(kinds: Sequence[str], seeds: Sequence[int]) -> None:
    """Prints a line for each run: greedy episodes as the notebook plays them, and what training took."""
    torch.set_num_threads(1)
    print("scores    seed  greedy mean  worst  last 10 epochs  transitions  CPU s")
    for kind in kinds:
        for seed in seeds:
            torch.manual_seed(seed)
            actor, began = reinforce.Actor(4, 2), time.process_time()
            means = KINDS[kind](actor, seed)
            seconds = time.process_time() - began
            greedy = partial(actor.get_action, greedy=True)
            with gym.make(reinforce.env_id) as env:
                returns = rlhelpers.evaluate_policy(env, greedy, reinforce.num_eval_episodes, seed=1000)
            transitions = round(sum(means) * reinforce.batch_episodes)  # every step pays 1
            print(
                f"{kind:8}  {seed:4}  {returns.mean():11.1f}  {returns.min():5.0f}  {sum(means[-10:]) / 10:14.1f}  "
                f"{transitions:11,}  {seconds:5.1f}",
                flush=True,
            )


if __name__ == "__main__":
    chosen = sys.argv[1].split(",") if len(sys.argv) > 1 else ["total"]
    main(chosen, range(int(sys.argv[2]) if len(sys.argv) > 2 else 10))
