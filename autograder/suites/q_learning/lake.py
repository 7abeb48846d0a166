"""A small frozen lake: its map, drawn anew for each course, and its transitions."""

from __future__ import annotations

import numpy as np

from rlhelpers.tabular_model import TabularModel

TIME_LIMIT = 100
MAPS = (("SFF", "FFH", "FFG"), ("SFF", "FFF", "HFG"))
_STEPS = ((0, -1), (1, 0), (0, 1), (-1, 0))  # left, down, right, up, as (row, column)


def draw_lake(rng: np.random.Generator) -> list[str]:
    """One of a few maps of 3 by 3 tiles, perhaps mirrored along its diagonal."""
    rows = MAPS[int(rng.integers(len(MAPS)))]
    mirrored = ["".join(tiles) for tiles in zip(*rows, strict=True)]
    return mirrored if rng.random() < 0.5 else list(rows)


def lake_model(rows: list[str]) -> TabularModel:
    """What Gymnasium's FrozenLake does on a map: the way one wants, or at right angles to it, with 1/3 each."""
    height, width = len(rows), len(rows[0])
    states = height * width
    rewards, continues = np.zeros((states, 4)), np.zeros((states, 4, states))
    for state in range(states):
        row, column = divmod(state, width)
        if rows[row][column] in "GH":
            continue
        for action in range(4):
            for direction in (action - 1, action, action + 1):
                down, right = _STEPS[direction % 4]
                new_row = min(max(row + down, 0), height - 1)
                new_column = min(max(column + right, 0), width - 1)
                tile = rows[new_row][new_column]
                rewards[state, action] += (tile == "G") / 3
                continues[state, action, new_row * width + new_column] += (tile not in "GH") / 3
    start = np.array([float(tile == "S") for tile in "".join(rows)])
    return TabularModel(rewards, continues, start, TIME_LIMIT)
