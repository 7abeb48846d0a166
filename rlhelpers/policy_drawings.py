"""Drawings of learned policies: arrows on the frozen lake, the blackjack table as heat maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from rlhelpers.language import translate as _

if TYPE_CHECKING:
    import gymnasium as gym
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

_ARROWS = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])  # left, down, right, up, as (x, y) with y downwards
_TILES = {"S": "#e3f2fd", "F": "#e3f2fd", "H": "#455a64", "G": "#ffe082"}
_CLOSE = 1e-9
_FIRST_SUM = 12  # below, another card cannot bust
_CARDS = ("A", *map(str, range(2, 11)))


def draw_lake(env: gym.Env[Any, Any], tables: Mapping[str, ArrayLike]) -> np.ndarray:
    """Draws the greedy policies of Q tables on a map of FrozenLake: arrows, and the values of the tiles.

    A tile with several best actions has several arrows; one about which the table knows nothing has all four.

    Args:
        env: A FrozenLake environment, for its map.
        tables: For each title a table, shape [rows * columns, 4].

    Returns:
        The matplotlib axes [number of tables].
    """
    from matplotlib import pyplot as plt

    tiles = np.char.decode(env.unwrapped.desc)  # type: ignore[attr-defined]
    rows, columns = tiles.shape
    size = (1.1 * columns * len(tables), 1.1 * rows + 0.4)
    axes = plt.subplots(1, len(tables), figsize=size, squeeze=False, layout="constrained")[1][0]
    for each, (title, table) in zip(axes, tables.items(), strict=True):
        _draw_lake(each, tiles, np.asarray(table, dtype=np.float64).reshape(rows, columns, 4), title)
    return np.asarray(axes)


def draw_blackjack(tables: Mapping[str, ArrayLike]) -> np.ndarray:
    """Draws Q tables of Blackjack as heat maps: the value of the better action, and which one it is.

    Args:
        tables: For each title a table, shape [32, 11, 2, 2] (sum, dealer's card, usable ace, stick or hit).

    Returns:
        The matplotlib axes [number of tables, 2]: without a usable ace, and with one.
    """
    from matplotlib import pyplot as plt

    size = (11, 4.6 * len(tables))
    figure, axes = plt.subplots(len(tables), 2, figsize=size, squeeze=False, layout="constrained")
    for row, (title, table) in zip(axes, tables.items(), strict=True):
        for usable, each in enumerate(row):
            ace = _("a usable ace") if usable else _("no usable ace")
            image = _draw_hands(each, np.asarray(table, dtype=np.float64)[_FIRST_SUM:22, 1:11, usable])
            each.set(title=f"{title}, {ace}", xlabel=_("dealer's card"), ylabel=_("player's sum"))
    figure.colorbar(image, ax=axes, label=_("value of the better action"), shrink=0.6)
    return np.asarray(axes)


def _draw_lake(axes: Axes, tiles: np.ndarray, table: np.ndarray, title: str) -> None:
    from matplotlib.patches import Rectangle

    for (row, column), tile in np.ndenumerate(tiles):
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=_TILES[tile], edgecolor="white"))
        if tile in "HG":
            name = _("hole") if tile == "H" else _("goal")
            axes.text(column, row, name, ha="center", va="center", color="white" if tile == "H" else "black")
            continue
        values = table[row, column]
        for arrow in _ARROWS[values >= values.max() - _CLOSE]:
            start, end = np.array([column, row]) + 0.08 * arrow, np.array([column, row]) + 0.36 * arrow
            axes.annotate(
                "", xy=tuple(end), xytext=tuple(start), arrowprops={"arrowstyle": "-|>", "color": "C3", "lw": 2}
            )
        axes.text(column - 0.45, row - 0.32, f"{values.max():.2f}", fontsize=8, color="0.3")
    rows, columns = tiles.shape
    axes.set(xlim=(-0.5, columns - 0.5), ylim=(rows - 0.5, -0.5), aspect="equal", title=title, xticks=[], yticks=[])


def _draw_hands(axes: Axes, table: np.ndarray) -> AxesImage:
    """Draws the hands [sums from ``_FIRST_SUM`` on, cards, actions]."""
    values = table.max(axis=-1)
    image = axes.imshow(values, cmap="RdYlBu", vmin=-1, vmax=1, origin="lower", aspect="auto")
    for (total, card), value in np.ndenumerate(values):
        stick, hit = table[total, card]
        letter = "=" if abs(stick - hit) < _CLOSE else _("S") if stick > hit else _("H")
        axes.text(
            card, total, letter, ha="center", va="center", fontsize=9, color="white" if abs(value) > 0.75 else "black"
        )
    axes.set_xticks(range(len(_CARDS)), _CARDS)
    axes.set_yticks(range(len(values)), [str(_FIRST_SUM + total) for total in range(len(values))])
    return image
