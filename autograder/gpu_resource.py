"""GpuResource: a GPU as what Dask calls a resource, so that submissions that need one go to workers that have one.

A worker says what it has when it starts (``dask worker --resources GPU=1``); a task that asks for one GPU holds it
while it runs. On this machine alone nothing is asked for: its workers share what is there.

Source: Dask.distributed's documentation, "Worker Resources".
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from autograder.errors import InputError
from autograder.gpu import choose_device
from autograder.grading_plan import Device

RESOURCE = "GPU"


def choose_device_there(wish: str, scheduler: str | None, *, trains: bool) -> Device:
    """The device for students' networks, on this machine or on a cluster.

    Args:
        wish: ``cpu``, ``cuda``, or ``auto``: a GPU in plans that train, where there is one.
        scheduler: Address of the cluster's scheduler; None: this machine.
        trains: Whether the plan trains.

    Raises:
        InputError: ``cuda`` was asked for, and there is none, or no scheduler answers.
    """
    if scheduler is None:
        return choose_device(wish, trains=trains)
    if wish == "cpu" or (wish == "auto" and not trains):
        return "cpu"
    from autograder.classroom import dask_client

    with dask_client(1, scheduler) as client:
        there = has_gpu(client)
    if wish == "cuda" and not there:
        raise InputError(
            f"--device cuda: expected a worker at {scheduler} with the resource {RESOURCE}=1, found none; start "
            f"workers with `dask worker {scheduler} --resources {RESOURCE}=1`, or use --device cpu"
        )
    return "cuda" if there else "cpu"


def has_gpu(client: Any) -> bool:
    """Whether a worker of the cluster says that it has a GPU."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return any(worker.get("resources", {}).get(RESOURCE, 0) >= 1 for worker in workers)


@contextlib.contextmanager
def one_gpu_each(device: Device, scheduler: str | None) -> Iterator[None]:
    """Every task that is submitted within the block holds a GPU of a cluster while it runs, if it needs one."""
    if scheduler is None or device != "cuda":
        yield
        return
    import dask  # only where there is a cluster

    with dask.annotate(resources={RESOURCE: 1}):
        yield
