"""Attacks by ``policy.safetensors``: they want code to run, memory, or the points of an agent that is none."""

import contextlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from tests.attacks.forging import ACTOR
from tests.attacks.graded_attack import GradedAttack
from tests.attacks.hand_ins import MEBIBYTE, SCRIPT, linked, reads_much, reads_the_secret, replaced, sparse, waits

POLICY = "policy.safetensors"
_WEIGHTS = {"policy.weight": np.zeros((6, 17), np.float32), "policy.bias": np.zeros(6, np.float32)}


class Command:
    """Makes a folder when it is unpickled."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self._folder),)


def policy_file(name: str, harm: str, content: Callable[[Path], bytes] | None = None, **options: Any) -> GradedAttack:
    layer = "read with care" if "naive" in options else ""
    cells = (ACTOR.format(before="pass"),)
    return GradedAttack(name=name, goal="policy file", harm=harm, policy=content, cells=cells, layer=layer, **options)


def raw(header: Any, data: bytes = b"", length: int | None = None) -> Callable[[Path], bytes]:
    """A file in safetensors' format: length of the header, header, data."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return lambda _: struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(shape: list[int], start: int, end: int, dtype: str = "F32") -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


def weights(**changed: np.ndarray) -> Callable[[Path], bytes]:
    named = {name.replace("_", "."): values for name, values in changed.items()}
    return lambda _: save(_WEIGHTS | named)


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
    """A grader that believes a header asks for more memory than there is."""
    try:
        bytearray(struct.unpack("<Q", (folder / POLICY).read_bytes()[:8])[0])
    except (MemoryError, OverflowError):
        return True
    return False


def accepts_what_is_no_number(folder: Path, _secret: Path) -> bool:
    """A grader that only loads has NaN for weights."""
    return any(not np.isfinite(each).all() for each in load((folder / POLICY).read_bytes()).values())


POLICY_FILES = (
    policy_file(
        "pickle",
        "run a command in the grader",
        lambda secret: pickle.dumps(Command(secret.parent / "ran")),
        naive=unpickled,
    ),
    policy_file("pickle in an archive", "run a command in the grader", archived, naive=unpickled_from_archive),
    policy_file(
        "pickle of an old protocol",
        "run a command in the grader",
        lambda secret: pickle.dumps(Command(secret.parent / "ran"), 0),
        naive=unpickled,
    ),
    policy_file("empty file", "stop the grader", lambda _: b""),
    policy_file("header cut off", "stop the grader", lambda _: save(_WEIGHTS)[:20]),
    policy_file("data cut off", "have memory read that is not its own", lambda _: save(_WEIGHTS)[:-40]),
    policy_file(
        "header of exabytes",
        "have the grader ask for memory",
        raw(b"{}", length=2**62),
        naive=allocates_what_is_claimed,
    ),
    policy_file("header of 90 MB claimed", "have the grader ask for memory", raw(b"{}", length=90_000_000)),
    policy_file(
        "shape of exabytes",
        "have a tensor made that fits nowhere",
        raw({"policy.weight": entry([2**31, 2**31], 0, 4)}, b"\0" * 4),
    ),
    policy_file(
        "shape whose product overflows",
        "pass a check of sizes by overflow",
        raw({"policy.weight": entry([2**32, 2**32, 0], 0, 0)}),
    ),
    policy_file(
        "negative offsets", "have memory read that is not its own", raw({"policy.weight": entry([1], -4, 0)}, b"\0" * 4)
    ),
    policy_file(
        "overlapping tensors",
        "share one buffer many times",
        raw({str(n): entry([1], 0, 4) for n in range(1000)}, b"\0" * 4),
    ),
    policy_file("header that is deep", "exhaust the stack", raw(b'{"a":' * 50_000 + b"1" + b"}" * 50_000)),
    policy_file(
        "many tensors", "be compared for long", lambda _: save({str(n): np.zeros(1, np.float32) for n in range(20_000)})
    ),
    policy_file(
        "widths that cost",
        "have wide networks built",
        lambda _: save({str(n): np.zeros(4096 - n, np.float32) for n in range(8)}),
    ),
    policy_file(
        "NaN weights",
        "act with NaN",
        weights(policy_bias=np.full(6, np.nan, np.float32)),
        naive=accepts_what_is_no_number,
    ),
    policy_file(
        "infinite weights",
        "act with infinities",
        weights(policy_weight=np.full((6, 17), np.inf, np.float32)),
        naive=accepts_what_is_no_number,
    ),
    policy_file("weights of other shapes", "be broadcast", weights(policy_bias=np.zeros((6, 6), np.float32))),
    policy_file("weights of other dtypes", "be converted", weights(policy_bias=np.zeros(6, np.int64))),
    policy_file("weights of other names", "set other attributes", weights(**{"__class___": np.zeros(6, np.float32)})),
    policy_file("tensors named by markup", "run script in a page", lambda _: save({SCRIPT: np.zeros(6, np.float32)})),
    policy_file(
        "history that is none", "forge a learning curve", with_history(json.dumps([[SCRIPT, 1], [1, "nan"], [[], {}]]))
    ),
    policy_file(
        "history of infinities",
        "break the report's JSON",
        with_history("[[1e999, 1e999], [NaN, -Infinity], [1, 1e308]]"),
    ),
    policy_file("history without end", "fill the report", with_history(json.dumps([[n, 1.0] for n in range(200_000)]))),
    policy_file(
        "link", "have the grader read a file of its own", place=replaced(linked, POLICY), naive=reads_the_secret(POLICY)
    ),
    policy_file(
        "pipe",
        "have the grader wait for ever",
        place=replaced(lambda path, _: os.mkfifo(path), POLICY),
        naive=waits(POLICY),
    ),
    policy_file(
        "huge file",
        "fill the grader's memory",
        place=replaced(sparse(64 * MEBIBYTE), POLICY),
        naive=reads_much(POLICY, 16 * MEBIBYTE),
    ),
    policy_file("file of gigabytes", "fill the grader's memory", place=replaced(sparse(2**42), POLICY)),
    policy_file("zeros within bounds", "be read as a header", lambda _: bytes(16 * MEBIBYTE)),
)
