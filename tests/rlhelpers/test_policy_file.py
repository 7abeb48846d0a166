"""Policies to and from a file."""

import pytest
import torch
from torch import nn

from rlhelpers import load_policy, save_policy


class Small(nn.Module):
    count: torch.Tensor

    def __init__(self, width=3):
        super().__init__()
        self.layer = nn.Linear(2, width)
        self.same_layer = self.layer  # weights that share memory
        self.register_buffer("count", torch.tensor(5.0))


def test_weights_and_buffers_come_back_and_are_readable_by_others(tmp_path):
    saved, loaded = Small(), Small()
    saved.count.fill_(9.0)
    file = save_policy(saved, tmp_path / "policy.safetensors")
    load_policy(loaded, file)
    for name, tensor in saved.state_dict().items():
        assert loaded.state_dict()[name].equal(tensor), name
    assert file.stat().st_mode & 0o400


def test_the_file_holds_numbers_in_safetensors_format(tmp_path):
    from safetensors.numpy import load

    names = load(save_policy(Small(), str(tmp_path / "policy.safetensors")).read_bytes())
    assert set(names) == {"layer.weight", "layer.bias", "same_layer.weight", "same_layer.bias", "count"}


def test_weights_of_another_network_are_refused(tmp_path):
    file = save_policy(Small(), tmp_path / "policy.safetensors")
    with pytest.raises(ValueError, match="expected the weights of this Small, received others"):
        load_policy(Small(width=4), file)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(FileNotFoundError):
        load_policy(Small(), tmp_path / "nothing.safetensors")
