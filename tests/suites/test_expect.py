"""Expectations: what they accept, and what their messages say and never say."""

import numpy as np
import pytest

from autograder.errors import CheckFailed
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import HandleRef, Tensor, tensor
from autograder.suites import expect


def message_of(call, *args, **kwargs):
    with pytest.raises(CheckFailed) as caught:
        call(*args, **kwargs)
    return str(caught.value)


def some_object():
    return Handle(Student(transport=None), HandleRef(3, "Actor"))  # type: ignore[arg-type]  # it is never called


@pytest.mark.parametrize(
    ("received", "expected", "remedy"),
    [
        ((5, 1), (5,), "expected shape [5], received [5, 1]; squeeze the last axis"),
        ((1, 5), (5,), "expected shape [5], received [1, 5]; squeeze the first axis"),
        ((5,), (5, 1), "expected shape [5, 1], received [5]; a last axis of size 1 is missing"),
        ((5,), (), "expected shape [], received [5]; reduce it to one number, for example with .mean()"),
        ((3, 5), (5, 3), "expected shape [5, 3], received [3, 5]; the axes are swapped"),
        ((6, 3), (5, 3), "expected shape [5, 3], received [6, 3]; 1 too many along the first axis"),
        ((4, 3), (6, 3), "expected shape [6, 3], received [4, 3]; 2 too few along the first axis"),
        ((5, 5), (5,), "expected shape [5], received [5, 5]; [N, 1] and [N] were broadcast to [N, N]"),
        ((2, 7), (5,), "expected shape [5], received [2, 7]"),
    ],
)
def test_a_wrong_shape_says_how_to_mend_it(received, expected, remedy):
    assert message_of(expect.shape, tensor(np.zeros(received)), expected, "the returns") == f"the returns: {remedy}"


def test_close_returns_the_values():
    values = expect.close(tensor([1.0, 2.0]), [1.0, 2.0 + 1e-6], "the returns")
    assert values.tolist() == [1.0, 2.0]


def test_close_never_tells_expected_or_received_values():
    message = message_of(expect.close, tensor([0.7733, 0.25]), [0.7733, 0.68025], "the returns")
    assert message == "the returns: the values are not right (1 of 2 elements are off)"


def test_close_of_one_number_counts_no_elements():
    assert message_of(expect.close, 3.0, 4.0, "the loss") == "the loss: the values are not right"


@pytest.mark.parametrize(("value", "name"), [(np.nan, "NaN"), (np.inf, "infinity")])
def test_numbers_that_are_not_finite_are_named(value, name):
    message = f"the loss: expected finite numbers, received {name}"
    assert message_of(expect.close, tensor([1.0, value]), [1.0, 2.0], "the loss") == message
    assert message_of(expect.number, tensor(value), "the loss").endswith(f"received {name}")


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (None, "None (is there a `return`?)"),
        ("text", "a Python str"),
        ([1, 2], "a list or tuple of 2"),
        ({"a": 1}, "a Python dict"),
        (np.zeros((2, 3)), "a NumPy array of shape [2, 3]"),
        (1.5, "a Python float"),
        (some_object(), "an object of class Actor"),
    ],
)
def test_what_is_no_tensor_is_called_what_it_is(received, words):
    assert message_of(expect.tensor, received, "the loss") == f"the loss: expected a torch tensor, received {words}"


def test_numbers_tensors_and_arrays_are_all_numbers():
    assert [float(expect.as_array(each, "it")) for each in (2, 2.0, tensor(2.0), np.array(2.0))] == [2.0] * 4
    assert message_of(expect.as_array, "2", "it") == "it: expected numbers, received a Python str"


def test_a_number_has_no_axes():
    assert expect.number(tensor(1.5), "the loss") == 1.5
    assert "expected shape []" in message_of(expect.number, tensor([1.5]), "the loss")


def test_a_wrong_dtype_is_named():
    message = message_of(expect.dtype, tensor([1.0], "float32"), "float64", "the returns")
    assert message == "the returns: expected dtype float64, received float32"


def test_an_object_is_expected():
    handle = some_object()
    assert expect.handle(handle, "make_env(...)") is handle
    assert message_of(expect.handle, None, "make_env(...)").startswith(
        "make_env(...): expected an object, received None"
    )


def test_same_is_bit_for_bit():
    expect.same(tensor([1.0, np.nan]), tensor([1.0, np.nan]), "changed")
    for other in (tensor([1.0 + 1e-7]), tensor([1.0], "float64"), tensor([[1.0]])):
        assert message_of(expect.same, tensor([1.0]), other, "changed") == "changed"


def test_a_scalar_bool_is_a_number_but_a_handle_is_not():
    assert expect.as_array(True, "it")
    assert "object of class Actor" in message_of(expect.as_array, some_object(), "it")


def test_tensors_carry_no_torch():
    assert isinstance(expect.tensor(Tensor(np.zeros(2)), "it"), np.ndarray)
