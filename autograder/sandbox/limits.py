"""Limits: what one submission may use."""

from __future__ import annotations

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one submission may use; every field can be set in course.toml under ``[limits]``.

    Time of cells, notebook, checks, policy and training is wall time; while a submission waits for a processor its end
    is put off, by ``overtime_seconds`` in all: see ``Deadline``.

    Attributes:
        cell_seconds: Time of one notebook cell.
        notebook_seconds: Time of all cells of a notebook together.
        check_seconds: Time of one hidden check.
        grading_seconds: Wall time of notebook and checks together; checks that are left then are not run.
        policy_seconds: Time of all hidden episodes of a trained agent together.
        overtime_seconds: Wall time by which these may be exceeded, in all, while the submission waits for a processor.
        training_cpu_seconds: CPU time of a graded training run; it is stopped then, and scored as it is.
        cpu_seconds: CPU time of any one process (seconds).
        memory_bytes: Memory of all of a submission's processes together, beyond the warm process.
        processes: Processes and threads at a time.
        open_files: Open file descriptors per process.
        file_bytes: Size of any file written, and of each in-memory file system (/tmp, /dev/shm).
        output_bytes: Output kept per notebook; the rest is counted and dropped.
    """

    cell_seconds: float = 20.0
    notebook_seconds: float = 60.0
    check_seconds: float = 10.0
    grading_seconds: float = 900.0
    policy_seconds: float = 60.0
    overtime_seconds: float = 120.0
    training_cpu_seconds: int = 180
    cpu_seconds: int = 120
    memory_bytes: int = 2048 * MEBIBYTE
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MEBIBYTE
    output_bytes: int = 1 * MEBIBYTE
