"""Attacks by ``policy.safetensors``: they want code to run, memory, or the points of an agent that is none."""

import contextlib
import io
import json
import math
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load, save

from autograder.submission import MAX_POLICY_BYTES
from tests.attacks.forging import ACTOR
from tests.attacks.graded_attack import UNESCAPED, GradedAttack
from tests.attacks.hand_ins import (
    MEBIBYTE,
    SCRIPT,
    Naive,
    has_no_memory_left,
    linked,
    reads_much,
    reads_the_secret,
    replaced,
    sparse,
    stops,
    waits,
)

POLICY = "policy.safetensors"
_WEIGHTS = {"policy.weight": np.zeros((6, 17), np.float32), "policy.bias": np.zeros(6, np.float32)}


class Command:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._folder),)


def policy_file(name: str, harm: str, content: Callable[[Path], bytes] | None = None, **options: Any) -> GradedAttack:
    options = {"layer": "read with care"} | options
    cells = (ACTOR.format(before="pass"),)
    return GradedAttack(name=name, goal="policy file", harm=harm, policy=content, cells=cells, **options)


def raw(header: Any, data: bytes = b"", length: int | None = None) -> Callable[[Path], bytes]:
    """A file in safetensors' format: length of the header, header, data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return lambda _: struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def weights(changed: dict[str, np.ndarray]) -> Callable[[Path], bytes]:
    return lambda _: save(_WEIGHTS | changed)


def with_history(history: str) -> Callable[[Path], bytes]:
    return lambda _: save(_WEIGHTS, metadata={"history": history})


def archived(secret: Path) -> bytes:
    """What ``torch.save`` would write of an object whose reading runs a command."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(Command(secret.parent / "ran")))
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/version", "3\n")
    return made.getvalue()


def unpickled(folder: Path, secret: Path) -> bool:
    """A grader that unpickles runs what the file says."""
    pickle.loads((folder / POLICY).read_bytes())
    (secret.parent / "ran").rmdir()
    return True


def unpickled_from_archive(folder: Path, secret: Path) -> bool:
    """The same by ``torch.load`` as it was before weights_only."""
    import torch

    ran = secret.parent / "ran"
    with contextlib.suppress(Exception):
        torch.load(io.BytesIO((folder / POLICY).read_bytes()), weights_only=False)
    was_made = ran.is_dir()
    if was_made:
        ran.rmdir()
    return was_made


def allocates_what_is_claimed(folder: Path, _secret: Path) -> bool:
    """A grader that believes a header makes room for it: for more than a policy may have, or than there is."""
    try:
        room = bytearray(struct.unpack("<Q", (folder / POLICY).read_bytes()[:8])[0])
    except (MemoryError, OverflowError):
        return True
    return len(room) > MAX_POLICY_BYTES


def parts(folder: Path) -> tuple[dict[str, Any], bytes]:
    """Tensors of the header, and data, by the length that the file claims."""
    content = (folder / POLICY).read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    return {name: each for name, each in header.items() if name != "__metadata__"}, content[8 + length :]


def shaped(folder: Path) -> dict[str, np.ndarray]:
    """Room for tensors by a header that seems to fit: sizes are compared modulo 2**64, as in C."""
    header, _ = parts(folder)
    sizes = {name: 4 * math.prod(each["shape"]) % 2**64 for name, each in header.items()}
    assert all(sizes[name] in (0, end - start) for name, (start, end) in offsets(header).items())
    return {name: np.empty(each["shape"], np.float32) for name, each in header.items()}


def offsets(header: dict[str, Any]) -> dict[str, tuple[int, int]]:
    return {name: tuple(each["data_offsets"]) for name, each in header.items()}


def reads_what_lies_beside(folder: Path, secret: Path) -> bool:
    """A grader that takes tensors from where the header says: around the data is the secret."""
    header, data = parts(folder)
    beside = secret.read_bytes()
    memory = beside + data + beside
    read = [memory[len(beside) + start : len(beside) + end] for start, end in offsets(header).values()]
    return any(beside[:4] in each or beside[-4:] in each for each in read)


def copies_what_overlaps(folder: Path, _secret: Path) -> bool:
    """A grader that copies each tensor has many times the file."""
    header, data = parts(folder)
    return sum(len(data[start:end]) for start, end in offsets(header).values()) > 100 * len(data)


def loaded(folder: Path) -> dict[str, np.ndarray]:
    return load((folder / POLICY).read_bytes())


def accepts_what_is_no_number(folder: Path, _secret: Path) -> bool:
    """A grader that only loads has NaN for weights."""
    return any(not np.isfinite(each).all() for each in loaded(folder).values())


def acts(folder: Path) -> np.ndarray:
    """Actions for one observation, by a grader that computes with whatever has been loaded."""
    named = loaded(folder)
    actions: np.ndarray = np.ones(17, np.float32) @ named["policy.weight"].T + named["policy.bias"]
    return actions


def names_all(folder: Path, _secret: Path) -> bool:
    """A grader that tells of every tensor that it does not know."""
    return len(f"unknown: {', '.join(loaded(folder))}") > 100_000


def builds_all(folder: Path, _secret: Path) -> bool:
    """A grader that builds networks of all widths that a file may mean."""
    widths = {size for each in loaded(folder).values() for size in each.shape}
    return sum(np.zeros((width, width), np.float32).nbytes for width in widths) > 16 * MAX_POLICY_BYTES


def sets_attributes(folder: Path, _secret: Path) -> bool:
    """A grader that hangs weights on an object by their names."""

    class Actor:
        def get_action(self) -> None:
            """What is to be called."""

    actor = Actor()
    vars(actor).update(loaded(folder))
    return not callable(actor.get_action)


def told(says: Callable[[Any], bool]) -> Naive:
    """A grader that takes the history of training into its report; what can be said of it then."""

    def naive(folder: Path, _secret: Path) -> bool:
        with safe_open(folder / POLICY, "numpy") as file:
            return says(json.loads(file.metadata()["history"]))

    return naive


POLICY_FILES = (
    policy_file(
        "pickle",
        "run a command in the grader",
        lambda secret: pickle.dumps(Command(secret.parent / "ran")),
        naive=unpickled,
        outside=True,
    ),
    policy_file(
        "pickle in an archive", "run a command in the grader", archived, naive=unpickled_from_archive, outside=True
    ),
    policy_file(
        "pickle of an old protocol",
        "run a command in the grader",
        lambda secret: pickle.dumps(Command(secret.parent / "ran"), 0),
        naive=unpickled,
    ),
    policy_file("empty file", "stop the grader", lambda _: b"", naive=stops(parts, struct.error)),
    policy_file("header cut off", "stop the grader", lambda _: save(_WEIGHTS)[:20], naive=stops(parts, ValueError)),
    policy_file(
        "data cut off",
        "have memory read that is not its own",
        lambda _: save(_WEIGHTS)[:-40],
        naive=reads_what_lies_beside,
    ),
    policy_file(
        "header of exabytes",
        "have the grader ask for memory",
        raw(b"{}", length=2**62),
        naive=allocates_what_is_claimed,
    ),
    policy_file(
        "header of 90 MB claimed",
        "have the grader ask for memory",
        raw(b"{}", length=90_000_000),
        naive=allocates_what_is_claimed,
    ),
    policy_file(
        "shape of exabytes",
        "have a tensor made that fits nowhere",
        raw({"policy.weight": entry([2**31, 2**31], 0, 4)}, b"\0" * 4),
        naive=stops(shaped, ValueError),
    ),
    policy_file(
        "shape whose product overflows",
        "pass a check of sizes by overflow",
        raw({"policy.weight": entry([2**32, 2**32, 0], 0, 0)}),
        naive=stops(shaped, ValueError),
    ),
    policy_file(
        "negative offsets",
        "have memory read that is not its own",
        raw({"policy.weight": entry([1], -4, 0)}, b"\0" * 4),
        naive=reads_what_lies_beside,
    ),
    policy_file(
        "overlapping tensors",
        "share one buffer many times",
        raw({str(n): entry([1], 0, 4) for n in range(1000)}, b"\0" * 4),
        naive=copies_what_overlaps,
    ),
    policy_file(
        "header that is deep",
        "exhaust the stack",
        raw(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
        naive=stops(parts, RecursionError),
    ),
    policy_file(
        "many tensors",
        "be told one by one",
        lambda _: save({str(n): np.zeros(1, np.float32) for n in range(20_000)}),
        naive=names_all,
    ),
    policy_file(
        "widths that cost",
        "have wide networks built",
        lambda _: save({str(n): np.zeros(4096 - n, np.float32) for n in range(8)}),
        naive=builds_all,
    ),
    policy_file(
        "NaN weights",
        "act with NaN",
        weights({"policy.bias": np.full(6, np.nan, np.float32)}),
        naive=accepts_what_is_no_number,
    ),
    policy_file(
        "infinite weights",
        "act with infinities",
        weights({"policy.weight": np.full((6, 17), np.inf, np.float32)}),
        naive=accepts_what_is_no_number,
    ),
    policy_file(
        "weights of other shapes",
        "be broadcast",
        weights({"policy.bias": np.zeros((6, 6), np.float32)}),
        naive=lambda folder, _: acts(folder).shape == (6, 6),
    ),
    policy_file(
        "weights of other dtypes",
        "be converted",
        weights({"policy.bias": np.zeros(6, np.int64)}),
        naive=lambda folder, _: acts(folder).dtype == np.float64,
    ),
    policy_file(
        "weights of other names",
        "set other attributes",
        weights({"__class__": np.zeros(6, np.float32), "get_action": np.zeros(6, np.float32)}),
        naive=sets_attributes,
    ),
    policy_file(
        "tensors named by markup",
        "run script in a page",
        lambda _: save({SCRIPT: np.zeros(6, np.float32)}),
        off=UNESCAPED,
        layer="pages escaped",
    ),
    policy_file(
        "history that is none",
        "forge a learning curve",
        with_history(json.dumps([[SCRIPT, 1], [1, "nan"], [[], {}]])),
        naive=told(lambda history: SCRIPT in f"<title>{history}</title>"),
    ),
    policy_file(
        "history of infinities",
        "break the report's JSON",
        with_history("[[1e999, 1e999], [NaN, -Infinity], [1, 1e308]]"),
        naive=told(lambda history: "Infinity" in json.dumps(history)),
    ),
    policy_file(
        "history without end",
        "fill the report",
        with_history(json.dumps([[n, 1.0] for n in range(200_000)])),
        naive=told(lambda history: len(json.dumps(history)) > MEBIBYTE),
    ),
    policy_file(
        "link",
        "have the grader read a file of its own",
        place=replaced(linked, POLICY),
        naive=reads_the_secret(POLICY),
        outside=True,
    ),
    policy_file(
        "pipe",
        "have the grader wait for ever",
        place=replaced(lambda path, _: os.mkfifo(path), POLICY),
        naive=waits(POLICY),
        outside=True,
    ),
    policy_file(
        "huge file",
        "fill the grader's memory",
        place=replaced(sparse(64 * MEBIBYTE), POLICY),
        naive=reads_much(POLICY, MAX_POLICY_BYTES),
        outside=True,
    ),
    policy_file(
        "file of gigabytes",
        "fill the grader's memory",
        place=replaced(sparse(2**42), POLICY),
        naive=has_no_memory_left(POLICY),
        outside=True,
    ),
    policy_file(
        "zeros within bounds", "be read as a header", lambda _: bytes(MAX_POLICY_BYTES), naive=stops(parts, ValueError)
    ),
)
