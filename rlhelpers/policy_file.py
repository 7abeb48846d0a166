"""A policy file: a network's weights in safetensors' format, which holds numbers only and runs nothing when read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def save_policy(actor: nn.Module, path: str | Path) -> Path:
    """Writes the weights and buffers of a network.

    Args:
        actor: The network, on any device.
        path: File to write, usually ``policy.safetensors``; its folder must exist.

    Returns:
        The path.
    """
    from safetensors.torch import save

    # Copies: the format refuses tensors that share memory, and files should not depend on the device.
    weights = {name: tensor.detach().cpu().clone().contiguous() for name, tensor in actor.state_dict().items()}
    Path(path).write_bytes(save(weights))
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
