"""Seeds and preserved random numbers."""

import random

import numpy as np
import pytest
import torch

from rlhelpers import set_seed
from rlhelpers.seeding import preserved_randomness


def draw():
    return random.random(), float(np.random.rand()), float(torch.rand(()))


def test_the_same_seed_gives_the_same_numbers_everywhere():
    set_seed(7)
    first = draw()
    set_seed(7)
    assert draw() == first
    set_seed(8)
    assert all(a != b for a, b in zip(draw(), first, strict=True))


def test_a_seed_out_of_range_is_refused():
    with pytest.raises(ValueError, match=r"expected an integer in \[0, 2\*\*32\), received -1"):
        set_seed(-1)


def test_numbers_go_on_after_the_block_as_if_it_had_not_been():
    set_seed(7)
    draw()
    expected = draw()
    set_seed(7)
    draw()
    with pytest.raises(KeyError), preserved_randomness():
        draw()
        set_seed(99)
        raise KeyError
    assert draw() == expected
