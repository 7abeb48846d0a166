"""Hostile frames: replies as a guest sends them, and mutations of them, for ``benchmarks.fuzz_wire`` and tests."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from typing import Any

import msgpack
import numpy as np

from autograder.errors import ReplyRejected
from autograder.sandbox.wire import DTYPES, HandleRef, Tensor, encode

KINDS_OF_READERS = 256
MAX_DEPTH = 6
KEPT = 2000
DEEP = (20, 31, 33, 60, 300, 510, 600, 1020)
INTERESTING = [
    b"\xdd\xff\xff\xff\xff",  # an array of 2^32 - 1
    b"\xdf\xff\xff\xff\xff",  # a map
    b"\xc6\xff\xff\xff\xff",  # bytes
    b"\xdb\xff\xff\xff\xff",  # text
    b"\xc9\xff\xff\xff\xff\x01",  # an extension
    b"\xc1",  # nothing at all
    b"\xd4\x01\x00",
    b"\xd6\xff\xff\xff\xff\xff",  # a time
    b"\xcf" + b"\xff" * 8,
    b"\xd3\x80" + b"\x00" * 7,
    b"\xcb\x7f\xf8" + b"\x00" * 6,
    b"\xa3\xed\xa0\x80",  # half of a pair of surrogates
    b"\x91" * 700,
    b"\x81\xa1a" * 400,
    b"\xc0" * 2000,
]
TEXTS = [
    "",
    "x",
    "result",
    "raised",
    "Ω" * 40,
    "\x00\x1b[31m",
    "0x7f808a0a30d0",
    "x" * 5000,
    "<script>",
    "{name}",
    "%s",
]
NUMBERS = [0, 1, -1, 2**31, 2**63 - 1, 2**64 - 1, -(2**63), 0.0, float("nan"), float("inf"), 1e308, True, False, None]


def value(rng: random.Random, depth: int = 0) -> Any:
    """Any value that may cross."""
    kind = rng.randrange(8 if depth < MAX_DEPTH else 5)
    if kind == 0:
        return rng.choice(NUMBERS)
    if kind == 1:
        return rng.choice(TEXTS)
    if kind == 2:
        return HandleRef(rng.choice([0, -1, 2**40]), rng.choice(TEXTS))
    if kind in (3, 4):
        return array(rng)
    if kind == 5:
        return [value(rng, depth + 1) for _ in range(rng.randrange(5))]
    if kind == 6:
        return {rng.choice(TEXTS): value(rng, depth + 1) for _ in range(rng.randrange(4))}
    if rng.random() < 0.8:
        return rng.choice(TEXTS)
    nested: Any = value(rng, depth + 1)
    for _ in range(rng.choice(DEEP)):
        nested = [nested] if rng.random() < 0.9 else {"a": nested}
    return nested


def array(rng: random.Random) -> Any:
    """An array or a tensor."""
    shape = [rng.choice([0, 1, 2, 3]) for _ in range(rng.randrange(5))]
    dtype = rng.choice([*DTYPES.values()])
    values = np.full(shape, rng.choice([0.0, 1.0, *([np.nan, np.inf] if dtype.kind == "f" else [])]), dtype)
    return Tensor(values, rng.random() < 0.5) if rng.random() < 0.6 else values


def reply(rng: random.Random) -> Any:
    """What a guest sends, or nearly."""

    def free() -> Any:
        return value(rng)

    def text() -> str:
        return rng.choice(TEXTS)

    frame: dict[str, Any] = {"cell": text(), "line": rng.choice(NUMBERS), "function": text(), "source": text()}
    output: Any = rng.choice(
        [
            {"output_type": "stream", "name": "stdout", "text": text()},
            {"output_type": "display_data", "data": {"text/html": text(), "image/png": free()}},
            {"output_type": "error", "ename": text(), "evalue": text(), "traceback": [text(), free()]},
            free(),
        ]
    )
    question: dict[str, Any] = {"question": rng.choice(["make", "reset", "step", text()]), "env_id": "Hidden-v0"}
    question |= {"number": rng.choice(NUMBERS), "seed": rng.choice(NUMBERS), "action": array(rng)}
    report = {"transitions": rng.choice(NUMBERS), "steps": [free()], "returns": [free()], "kl": free(), "weights": b"x"}
    made = {"question": "make", "env_id": "Hidden-v0"}
    reset = {"question": "reset", "number": rng.choice([0, free()]), "seed": rng.choice([None, free()])}
    step = {"question": "step", "number": 0, "action": np.zeros(2, np.float32)}
    return rng.choice(
        [
            {"result": free()},
            {"result": [free(), free(), free()]},
            {"result": HandleRef(0, text())},
            {"result": {"actor": HandleRef(1, "Net"), "stopped": True}},
            {"result": {"actor": HandleRef(1, "Net"), "steps": [free(), 1], "returns": [free(), 2.0]}},
            {"result": {"problem": {"kind": text(), "expected": free(), "name": free(), "missing": [free()]}}},
            {"result": {"problem": {"kind": rng.choice(["names", "shape", "dtype", "finite"]), "missing": [free()]}}},
            {"result": [{"args": [free()], "kwargs": {"a": free()}}]},
            {
                "raised": {
                    "type": rng.choice([text(), free()]),
                    "message": rng.choice([text(), free()]),
                    "frames": [frame],
                }
            },
            {"raised": free()},
            {"rejected": text()},
            {"ask": rng.choice([question, made, reset, step, {"training": report}, free()])},
            {"outputs": [output], "error": rng.choice([None, text()]), "message": text(), "execution_count": free()},
            free(),
        ]
    )


def packed(rng: random.Random) -> bytes:
    """One reply in the format of the wire, or an array whose extension lies."""
    while True:
        try:
            return encode(lying_array(rng) if rng.random() < 0.1 else reply(rng))
        except ReplyRejected:
            continue  # nested too deeply to be packed


def lying_array(rng: random.Random) -> Any:
    """An array whose shape, dtype and buffer don't fit together."""
    shape = [rng.choice([0, 1, 2, -1, 2**31, 2**62, 1.5, None, True]) for _ in range(rng.randrange(12))]
    name = rng.choice([*DTYPES, "object", "float128", "<f4", "S4", "f4,f8", "", 7])
    fields = [name, shape, rng.choice([True, False, 1, None]), rng.randbytes(rng.choice([0, 1, 4, 8, 16]))]
    return {"result": msgpack.ExtType(rng.choice([1, 2, 3, 4, 0]), msgpack.packb(fields[: rng.randrange(5) or 4]))}


def valid_frames(rng: random.Random) -> Iterator[bytes]:
    """Byte that chooses a reader, and one to three well-formed frames."""
    while True:
        payloads = [packed(rng) for _ in range(rng.choice([1, 1, 1, 2, 3]))]
        yield bytes([rng.randrange(KINDS_OF_READERS)]) + b"".join(map(_framed, payloads))


def hostile_frames(rng: random.Random) -> Iterator[bytes]:
    """Well-formed frames, and mutations of them: of what is in a frame, of its length, and of the stream."""
    kept: list[bytes] = []
    while True:
        payload = packed(rng) if rng.random() < 0.2 or not kept else rng.choice(kept)
        if len(kept) < KEPT:
            kept.append(payload)
        else:
            kept[rng.randrange(KEPT)] = payload
        for _ in range(rng.choice([0, 0, 0, 1, 1, 2, 8])):
            payload = mutated(rng, payload, rng.choice(kept))
        stream = _framed(payload)
        if rng.random() < 0.3:
            stream += _framed(rng.choice(kept))
        if rng.random() < 0.1:
            stream = struct.pack(">I", rng.choice([0, 1, len(payload) + 1, 2**25, 2**25 + 1, 2**32 - 1])) + payload
        if rng.random() < 0.05:
            stream = stream[: rng.randrange(len(stream) + 1)]
        yield bytes([rng.randrange(KINDS_OF_READERS)]) + stream


def mutated(rng: random.Random, payload: bytes, other: bytes) -> bytes:
    """One change."""
    made = bytearray(payload)
    place = rng.randrange(len(made) + 1)
    end = min(len(made), place + rng.choice([1, 2, 4, 16, 64]))
    match rng.randrange(7):
        case 0:
            made[place:end] = rng.randbytes(end - place)
        case 1:
            made[place:end] = b""
        case 2:
            made[place:place] = made[place:end] * rng.choice([1, 2, 50])
        case 3:
            made[place:place] = rng.choice(INTERESTING)
        case 4:
            made[place:end] = rng.choice(INTERESTING)
        case 5 if made:
            made[min(place, len(made) - 1)] ^= 1 << rng.randrange(8)
        case _:
            start = rng.randrange(len(other) + 1)
            made[place:end] = other[start : start + rng.choice([1, 8, 64, 512])]
    return bytes(made[: 1 << 16])


def _framed(payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + payload
