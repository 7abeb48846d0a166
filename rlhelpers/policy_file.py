"""A policy file: a network's weights in safetensors' format, which holds numbers only and runs nothing when read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn


_MAX_EPISODES = 1000
_USUAL_WIDTH, _MAX_WIDTH, _MAX_WIDTHS = 64, 4096, 8


def save_policy(actor: nn.Module, path: str | Path, history: Sequence[tuple[int, float]] = ()) -> Path:
    """Writes the weights and buffers of a network.

    Args:
        actor: The network, on any device.
        path: File to write, usually ``policy.safetensors``; its folder must exist.
        history: Pairs (transitions so far, return of an episode) of its training, for the learning curve in the
            feedback; of very many, every n-th is kept.

    Returns:
        The path.
    """
    from safetensors.torch import save

    # Copies: the format refuses tensors that share memory, and files should not depend on the device.
    weights = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in actor.state_dict().items()}
    every = -(-len(history) // _MAX_EPISODES) or 1
    kept = [(int(step), round(float(total), 2)) for step, total in history[::every]]
    Path(path).write_bytes(save(weights, metadata={"history": json.dumps(kept)} if kept else None))
    return Path(path)


def load_policy(actor: nn.Module, path: str | Path) -> None:
    """Reads weights that ``save_policy`` has written into a network of the same architecture.

    Args:
        actor: The network; changed in place.
        path: The file.

    Raises:
        ValueError: The file's weights have other names or shapes than the network's.
        FileNotFoundError: There is no such file.
    """
    from safetensors.torch import load_file

    try:
        actor.load_state_dict(load_file(str(path)))
    except RuntimeError as error:
        raise ValueError(
            f"{path}: expected the weights of this {type(actor).__name__}, received others; make the network with "
            f"the sizes that it was saved with, or save it again ({error})"
        ) from error


def likely_widths(weights: Mapping[str, Tensor]) -> list[int]:
    """Widths that hidden layers may have, by the shapes of a policy's weights: the most frequent one first.

    Args:
        weights: By name.
    """
    sizes = Counter(size for tensor in weights.values() for size in tensor.shape if 1 < size <= _MAX_WIDTH)
    return list(dict.fromkeys([*(size for size, _ in sizes.most_common(_MAX_WIDTHS)), _USUAL_WIDTH]))
