"""Training on HalfCheetah: the reference against Stable-Baselines3, in one run, one thread each.

    python -m benchmarks.training [--goal 3000] [--seeds 0 1 2] [--only reference sb3-tuned] [--jobs 2] [--json FILE]

Measured is the time until ten greedy episodes have a mean return that reaches the goal; every 10,000 transitions the
clock is stopped and they are played. Each run is a process of its own with one thread, on a processor of its own. CPU
seconds tell what it costs on a machine that does nothing else; wall seconds what it took here. With ``--jobs 2`` two
runs go on side by side, until the last one is alone.

``sb3-tuned`` is the recipe that the RL Zoo publishes for HalfCheetah
(https://github.com/DLR-RM/rl-baselines3-zoo/blob/master/hyperparams/ppo.yml); ``sb3-default`` has PPO's defaults.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import numpy as np

ENV_ID = "HalfCheetah-v5"
EPISODES = 10  # whose mean return has to reach the goal
INTERVAL = 10_000  # transitions between two looks


@dataclass(frozen=True)
class Run:
    """One training run.

    Attributes:
        contender: Who trained.
        seed: Its seed.
        reached: Mean return of the greedy episodes when it stopped.
        transitions: Transitions until then.
        cpu_seconds: User and system time of the process, imports and greedy episodes left out.
        wall_seconds: Wall time, imports and greedy episodes left out.
    """

    contender: str
    seed: int
    reached: float
    transitions: int
    cpu_seconds: float
    wall_seconds: float


class GoalReached(Exception):
    """Ends a training run."""


class Watch:
    """Has the agent play greedily now and then, while the clock is stopped; ends the run at the goal or the limit."""

    def __init__(self, goal: float, limit: int) -> None:
        self.goal, self.limit = goal, limit
        self.reached, self.transitions = float("nan"), 0
        self.cpu_seconds = self.wall_seconds = 0.0
        self._looked_at = 0
        self.resume()

    def resume(self) -> None:
        """Starts the clock."""
        self._cpu, self._wall = time.process_time(), time.monotonic()

    def __call__(self, act: Callable[[np.ndarray], np.ndarray], transitions: int) -> None:
        """Raises GoalReached when it is time.

        Args:
            act: Greedy actions [B, 6] for observations [B, 17].
            transitions: Transitions so far.
        """
        if transitions - self._looked_at < INTERVAL:
            return
        self.cpu_seconds += time.process_time() - self._cpu
        self.wall_seconds += time.monotonic() - self._wall
        self.transitions = self._looked_at = transitions
        self.reached = greedy_return(act)
        if self.reached >= self.goal or transitions >= self.limit:
            raise GoalReached
        self.resume()


def greedy_return(act: Callable[[np.ndarray], np.ndarray], seed: int = 10_000) -> float:
    """Mean return of greedy episodes, played side by side."""
    import rlhelpers
    from solutions.ppo import make_env

    envs = rlhelpers.make_vec_env(partial(make_env, ENV_ID), EPISODES, autoreset_mode="same_step", backend="mujoco")
    observations, _ = envs.reset(seed=seed)
    total = 0.0
    for _ in range(1000):  # HalfCheetah only ever truncates, after 1,000 steps
        observations, rewards, *_ = envs.step(act(observations))
        total += float(rewards.sum())
    envs.close()
    return total / EPISODES


def train_reference(watch: Watch, seed: int, backend: str) -> None:
    """The reference with the notebook's own settings."""
    import torch

    from benchmarks.fast_trainer import FastTrainer
    from benchmarks.recipe import SHORT
    from solutions.ppo import Experience

    class Watched(FastTrainer):
        def collect(self) -> Experience:
            watch(self.greedy, self.num_transitions)
            return super().collect()

        def greedy(self, observations: np.ndarray) -> np.ndarray:
            seen = torch.tensor(observations, dtype=torch.float32)
            actions: np.ndarray = self.actor.get_action(seen, greedy=True).numpy()
            return actions

    Watched(backend, seed, SHORT).learn()


def train_sb3(watch: Watch, seed: int, *, tuned: bool) -> None:
    """Stable-Baselines3's PPO."""
    import gymnasium as gym
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.vec_env import DummyVecEnv, VecNormalize
    from torch import nn

    recipe: dict[str, Any] = {
        "batch_size": 64,
        "n_steps": 512,
        "gamma": 0.98,
        "learning_rate": 2.0633e-05,
        "ent_coef": 0.000401762,
        "clip_range": 0.1,
        "n_epochs": 20,
        "gae_lambda": 0.92,
        "max_grad_norm": 0.8,
        "vf_coef": 0.58096,
        "policy_kwargs": {
            "log_std_init": -2,
            "ortho_init": False,
            "activation_fn": nn.ReLU,
            "net_arch": {"pi": [256, 256], "vf": [256, 256]},
        },
    }

    class Watching(BaseCallback):
        def _on_step(self) -> bool:
            watch(self.greedy, self.num_timesteps)
            return True

        def greedy(self, observations: np.ndarray) -> np.ndarray:
            return self.model.predict(env.normalize_obs(observations) if tuned else observations, deterministic=True)[0]

    env: Any = DummyVecEnv([lambda: gym.make(ENV_ID)])
    if tuned:
        env = VecNormalize(env, gamma=recipe["gamma"])
    model = PPO("MlpPolicy", env, seed=seed, device="cpu", **(recipe if tuned else {}))
    model.learn(watch.limit + 1, callback=Watching())


CONTENDERS: dict[str, Callable[[Watch, int], None]] = {
    "reference": lambda watch, seed: train_reference(watch, seed, "sync"),
    "reference-mujoco": lambda watch, seed: train_reference(watch, seed, "mujoco"),
    "sb3-tuned": lambda watch, seed: train_sb3(watch, seed, tuned=True),
    "sb3-default": lambda watch, seed: train_sb3(watch, seed, tuned=False),
}


def measured(contender: str, seed: int, goal: float, limit: int) -> Run:
    """Trains in this process."""
    import torch

    torch.set_num_threads(1)
    watch, train = Watch(goal, limit), CONTENDERS[contender]
    import stable_baselines3  # noqa: F401 - imports are not measured

    watch.resume()
    with contextlib.suppress(GoalReached):
        train(watch, seed)
    return Run(contender, seed, watch.reached, watch.transitions, watch.cpu_seconds, watch.wall_seconds)


def in_process(contender: str, seed: int, processors: SimpleQueue[int], options: argparse.Namespace) -> Run:
    """Trains in a process of its own, with one thread, on the next processor that is free."""
    processor = processors.get()
    command = [sys.executable, "-m", "benchmarks.training", "--run", contender, "--seeds", str(seed)]
    command += ["--goal", str(options.goal), "--limit", str(options.limit), "--processor", str(processor)]
    settings = {"OMP_NUM_THREADS": "1", "MUJOCO_GL": "disable"}
    try:
        done = subprocess.run(command, env=os.environ | settings, stdout=subprocess.PIPE, text=True, check=True)
    finally:
        processors.put(processor)
    return Run(**json.loads(done.stdout.splitlines()[-1]))


def print_table(runs: Sequence[Run], goal: float) -> None:
    """Prints medians over seeds, and each one's time to the goal as a multiple of the first one's."""
    heads = ("runs", "reached", "transitions/s", "transitions", "CPU s", "wall s", "times")
    widths = (5, 9, 15, 13, 9, 9, 8)
    print(" " * 20 + "".join(f"{head:>{width}}" for head, width in zip(heads, widths, strict=True)))
    first = None
    for contender in dict.fromkeys(run.contender for run in runs):
        own = [run for run in runs if run.contender == contender]
        cpu = statistics.median(run.cpu_seconds for run in own)
        wall = statistics.median(run.wall_seconds for run in own)
        transitions = statistics.median(run.transitions for run in own)
        speed = statistics.median(run.transitions / run.cpu_seconds for run in own)
        first = first or cpu
        reached = sum(run.reached >= goal for run in own)
        print(
            f"{contender:<20}{len(own):>5}{reached:>9}{speed:>15,.0f}{transitions:>13,.0f}{cpu:>9.0f}{wall:>9.0f}"
            f"{cpu / first:>8.1f}"
        )


def main() -> None:
    """Trains everyone in turn and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--goal", type=float, default=3000.0, help="mean return of ten greedy episodes")
    parser.add_argument("--limit", type=int, default=1_000_000, help="transitions after which a run is given up")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--jobs", type=int, default=1, help="how many runs side by side")
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--json", type=Path, help="where to write the runs")
    parser.add_argument("--run", choices=CONTENDERS, help=argparse.SUPPRESS)
    parser.add_argument("--processor", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        os.sched_setaffinity(0, {options.processor})
        print(json.dumps(asdict(measured(options.run, options.seeds[0], options.goal, options.limit))))
        return
    processors: SimpleQueue[int] = SimpleQueue()
    for processor in os.sched_getaffinity(0):
        processors.put(processor)
    runs = []
    with ThreadPoolExecutor(options.jobs) as side_by_side:
        tried = [(contender, seed) for contender in options.only for seed in options.seeds]
        for run in side_by_side.map(lambda each: in_process(each[0], each[1], processors, options), tried):
            runs.append(run)
            print(run, file=sys.stderr)
    print_table(runs, options.goal)
    if options.json:
        options.json.write_text(json.dumps([asdict(run) for run in runs], indent=1))


if __name__ == "__main__":
    main()
