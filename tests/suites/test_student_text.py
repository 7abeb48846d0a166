# mypy: disable-error-code="attr-defined, operator, misc, name-defined"
"""What is quoted of a student's exceptions: the usual messages, and never a hidden input."""

import re

import numpy as np
import pytest
import torch

from autograder.errors import Frame, ReplyRejected, StudentRaised
from autograder.suites.student_text import StudentText

SOURCE = """import torch

def critic_loss(target_values, pred_values):
    return target_values.mean().nope
"""
TEXT = StudentText.of({7: SOURCE}, {7: "critic_loss"})
HERE = (Frame("cell 7", 4, "critic_loss", "whatever the sandbox claims"),)


def undefined():
    return nope  # noqa: F821


def in_place_on_a_leaf():
    torch.zeros(3, requires_grad=True).add_(1)


def twice_backward():
    loss = (torch.ones(3, requires_grad=True) ** 2).sum()
    loss.backward()
    loss.backward()


USUAL = {
    "the name of a global": (undefined, "name 'nope' is not defined"),
    "an attribute": (lambda: torch.zeros(3).nope, "'Tensor' object has no attribute 'nope'"),
    "operands": (lambda: torch.zeros(3) @ "a", "unsupported operand type"),
    "lists": (lambda: [] + 1, "can only concatenate list"),
    "unpacking": (lambda: [a for a, b in [(1, 2, 3)]], "too many values to unpack (expected 2)"),
    "shapes that do not broadcast": (lambda: torch.zeros(5) + torch.zeros(6), "The size of tensor a (5) must match"),
    "matrices": (lambda: torch.zeros(2, 3) @ torch.zeros(4, 5), "shapes cannot be multiplied (2x3 and 4x5)"),
    "views": (lambda: torch.zeros(6).view(4, 2), "shape '[4, 2]' is invalid for input of size 6"),
    "dtypes": (lambda: torch.zeros(2, 2) @ torch.zeros(2, 2).double(), "same dtype"),
    "indices": (lambda: torch.zeros(3)[5], "index 5 is out of bounds for dimension 0 with size 3"),
    "numpy of a gradient": (lambda: torch.zeros(3, requires_grad=True).numpy(), "Use tensor.detach().numpy() instead"),
    "no graph": (lambda: torch.zeros(()).backward(), "does not require grad and does not have a grad_fn"),
    "no scalar": (lambda: torch.zeros(3, requires_grad=True).mul(2).backward(), "only for scalar outputs"),
    "in place": (in_place_on_a_leaf, "is being used in an in-place operation"),
    "a second backward": (twice_backward, "Trying to backward through the graph a second time"),
    "truth of a tensor": (lambda: bool(torch.zeros(3)), "more than one value is ambiguous"),
    "bool masks": (lambda: 1 - torch.ones(3, dtype=torch.bool), "bool tensor is not supported"),
    "arrays": (lambda: np.zeros(3) + np.zeros(4), "could not be broadcast together with shapes (3,) (4,)"),
}


@pytest.mark.parametrize(("act", "message"), USUAL.values(), ids=USUAL)
def test_usual_messages_are_quoted(act, message):
    with pytest.raises(Exception) as caught:
        act()
    error = StudentRaised(type(caught.value).__name__, " ".join(str(caught.value).split()), HERE)
    assert message in TEXT.raised(error)


@pytest.mark.parametrize(
    "message",
    [
        "tensor([0.1250, -3.5000, 7.2500])",
        "0.125 -3.5 7.25",
        "name 'x_3e000000_c0600000' is not defined",
        "The size of tensor a (0.125) must match the size of tensor b (7.25) at non-singleton dimension 3",
        "The size of tensor a (1040187392) must match the size of tensor b (5) at non-singleton dimension 3",
        "'Tensor' object has no attribute 'minus_three_point_five'",
        "list index out of range: 0.125",
        "PqAAAMDgQA==",
    ],
)
def test_nothing_is_quoted_that_could_hold_a_hidden_input(message):
    told = TEXT.raised(StudentRaised("ValueError", message, HERE)) + TEXT.rejected(ReplyRejected(message))
    for number in ("0.125", "3.5", "7.25", "3e000000", "1040187392", "three", "PqAAA"):
        assert number not in told


def test_a_class_that_is_named_after_the_inputs_is_not_named():
    told = TEXT.raised(StudentRaised("E0_125_and_3_5", "", HERE))
    assert told.startswith("an exception in cell 7")


def test_the_line_is_the_notebooks_own_whatever_the_sandbox_claims():
    claimed = (Frame("cell 7", 4, "f", "0.125 -3.5 7.25"), Frame("cell 9", 1, "f", "0.125"))
    told = TEXT.raised(StudentRaised("AttributeError", "", claimed))
    assert told == "AttributeError in cell 7 (`critic_loss`), line 4: `return target_values.mean().nope`"
    assert TEXT.raised(StudentRaised("TypeError", "", (Frame("cell 7", 99, "f", "0.125"),))) == "TypeError"


def test_reasons_of_the_door_are_quoted():
    reason = "expected an array of numbers, received dtype object"
    assert TEXT.rejected(ReplyRejected(reason)) == reason
    assert not re.search(r"\d", TEXT.rejected(ReplyRejected("0.125")))
