"""How much of collecting experience is physics: ``python -m benchmarks.physics [--seconds 3]``.

Transitions per second, one process, in the same run: MuJoCo's ``mj_step`` alone (five a transition; on one thread, and
on one for each core), vector environments stepped with random actions, and the reference's ``collect``, which also asks
the policy. Backend "mujoco" has a thread for each core, "sync" one.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import torch

import rlhelpers
from benchmarks.fast_trainer import FastTrainer
from benchmarks.recipe import ENV_ID, SHORT
from solutions.ppo import make_env

FRAME_SKIP = 5
STRETCH = 200
TRANSITIONS = 4096  # of a rollout, as in the grader's full run


def rate(step: Callable[[], Any], transitions: int, seconds: float) -> float:
    """Median transitions per second over short stretches."""
    rates = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = time.monotonic()
        step()
        rates.append(transitions / (time.monotonic() - started))
    return statistics.median(rates)


def mj_stepper() -> Callable[[], None]:
    """What makes ``STRETCH`` transitions by ``mj_step`` alone, with a constant random action; without Python's lock."""
    import mujoco

    env = gym.make(ENV_ID)
    env.reset(seed=0)
    unwrapped: Any = env.unwrapped
    model, data = unwrapped.model, unwrapped.data
    data.ctrl[:] = np.random.default_rng(0).uniform(-1.0, 1.0, model.nu)
    return lambda: mujoco.mj_step(model, data, nstep=FRAME_SKIP * STRETCH)


def physics(threads: int, seconds: float) -> float:
    """``mj_step`` alone."""
    steppers = [mj_stepper() for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        return rate(lambda: [*pool.map(lambda step: step(), steppers)], STRETCH * threads, seconds)


def stepped(num_envs: int, backend: Any, seconds: float) -> float:
    """A vector environment with random actions."""
    envs = rlhelpers.make_vec_env(partial(make_env, ENV_ID), num_envs, autoreset_mode="same_step", backend=backend)
    envs.reset(seed=0)
    actions = np.random.default_rng(0).uniform(-1.0, 1.0, (num_envs, 6)).astype(np.float32)
    found = rate(lambda: [envs.step(actions) for _ in range(20)], 20 * num_envs, seconds)
    envs.close()
    return found


def collected(num_envs: int, backend: Any, seconds: float) -> float:
    """The reference's rollouts."""
    settings = SHORT | {"num_vec_envs": num_envs, "num_env_steps": TRANSITIONS // num_envs}
    trainer = FastTrainer(backend, 0, settings)
    return rate(trainer.collect, TRANSITIONS, seconds)


def main() -> None:
    """Prints a line for each, and its share of the physics."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each line")
    options = parser.parse_args()
    torch.set_num_threads(1)
    cores = len(os.sched_getaffinity(0))
    limits = {threads: physics(threads, options.seconds) for threads in dict.fromkeys((1, cores))}
    for threads, limit in limits.items():
        print(f"{f'mj_step alone, threads: {threads}':<40}{limit:>10,.0f} transitions/s")
    for num_envs in (16, 64, 256):
        for backend in ("sync", "mujoco"):
            for name, measure in (("stepped", stepped), ("collected", collected)):
                found = measure(num_envs, backend, options.seconds)
                label = f"{num_envs} environments, {backend}, {name}"
                shares = ", ".join(f"{found / limit:.0%} of {threads}" for threads, limit in limits.items())
                print(f"{label:<40}{found:>10,.0f} transitions/s, {shares} threads of mj_step")


if __name__ == "__main__":
    main()
