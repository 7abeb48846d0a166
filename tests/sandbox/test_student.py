"""The proxy that hidden checks call: values, handles, gradients, spies, hidden environments."""

import random
from typing import Any

import numpy as np
import pytest
import torch

from autograder.errors import ReplyRejected, StudentRaised
from autograder.sandbox.loopback import loopback_student
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import Tensor, tensor


class Net(torch.nn.Module):
    """A module as a student would write it."""

    def __init__(self, size: int = 2) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(size, 1)
        self.unused = torch.nn.Parameter(torch.zeros(1))
        self.size = size

    def forward(self, values: torch.Tensor, scale: float = 1.0) -> torch.Tensor:
        output: torch.Tensor = self.layer(values) * scale
        return output

    def distribution(self) -> torch.distributions.Normal:
        return torch.distributions.Normal(torch.zeros(2), torch.ones(2))


def student_with(**names: Any) -> Student:
    return loopback_student(names)


def test_plain_values_come_by_value() -> None:
    student = student_with(echo=lambda value: value)
    for value in (None, True, 3, 2.5, "текст", b"raw", [1, [2.0, "x"]], {"a": {"b": [None]}}):
        assert student.echo(value) == value
    assert student.echo((1, 2)) == [1, 2]


def test_arrays_and_tensors_keep_dtype_and_shape() -> None:
    student = student_with(echo=lambda value: value)
    for dtype in ("float32", "float64", "int64", "bool", "uint8"):
        array = np.ones((2, 3), dtype=dtype)
        received = student.echo(array)
        assert isinstance(received, np.ndarray)
        assert (received.dtype, received.shape) == (array.dtype, array.shape)
        received = student.echo(Tensor(array))
        assert isinstance(received, Tensor)
        assert (received.dtype, received.shape) == (dtype, (2, 3))


def test_a_tensor_arrives_as_a_torch_tensor_and_says_whether_it_has_a_graph() -> None:
    student = student_with(kind=lambda x: type(x).__name__, double=lambda x: 2 * x)
    assert student.kind(tensor([1.0])) == "Tensor"
    assert student.kind(np.ones(1)) == "ndarray"
    assert not student.double(tensor([1.0])).requires_grad
    assert student.double(tensor([1.0], requires_grad=True)).requires_grad


def test_numpy_scalars_come_as_arrays_without_axes() -> None:
    received = student_with(mean=lambda: np.float32(0.5)).mean()
    assert isinstance(received, np.ndarray)
    assert received.shape == ()
    assert received.dtype == np.float32


def test_other_objects_come_as_handles_even_within_lists() -> None:
    student = student_with(make=lambda: [Net(), 1])
    handle, one = student.make()
    assert isinstance(handle, Handle)
    assert handle.type_name == "Net"
    assert one == 1


@pytest.mark.parametrize("value", [np.array([object()]), torch.zeros(1, dtype=torch.complex64), 2**70, "\ud800"])
def test_what_cannot_cross_is_rejected(value: Any) -> None:
    with pytest.raises(ReplyRejected):
        student_with(make=lambda: value).make()


def test_lists_within_lists_without_end_are_rejected() -> None:
    endless: list[Any] = []
    endless.append(endless)
    received = student_with(make=lambda: endless).make()
    for _ in range(12):
        received = received[0]
    assert isinstance(received, Handle)


def test_handles_call_methods_and_read_attributes() -> None:
    student = student_with(Net=Net)
    net = student.keep.Net(3)
    assert net.has_attribute("layer")
    assert not net.has_attribute("missing")
    assert net.attribute("size") == 3
    assert net.keep_attribute("layer").type_name == "Linear"
    assert net(tensor(np.ones((4, 3)))).shape == (4, 1)
    assert net.forward(tensor(np.ones((4, 3))), scale=0.0).array.tolist() == [[0.0]] * 4
    kept = net.keep.forward(tensor(np.ones((4, 3))))
    assert kept.value().shape == (4, 1)
    assert net.keep.distribution().keep_attribute("loc").value().array.tolist() == [0.0, 0.0]


def test_a_handle_is_an_argument_like_any_other() -> None:
    student = student_with(Net=Net, size_of=lambda nets: nets["a"][0].size)
    assert student.size_of({"a": [student.keep.Net(5)]}) == 5


def test_gradients_of_leaves() -> None:
    student = student_with(loss=lambda x, y: (x**2).sum() + 3.0, constant=lambda: torch.ones(1))
    x, y = student.leaf([1.0, -2.0]), student.leaf([5.0])
    of_x, of_y = student.gradients(of=student.keep.loss(x, y), wrt=[x, y])
    assert of_x is not None
    assert of_x.array.tolist() == [2.0, -4.0]
    assert of_y is None
    assert student.gradients(of=student.keep.constant(), wrt=[x]) == [None]


def test_gradients_of_what_is_no_tensor_are_none() -> None:
    student = student_with(Net=Net)
    assert student.gradients(of=student.keep.Net(), wrt=[student.leaf([1.0])]) == [None]


def test_parameters_can_be_read_set_and_differentiated() -> None:
    net = student_with(Net=Net).keep.Net(2)
    assert {name: value.shape for name, value in net.parameters().items()} == {
        "unused": (1,),
        "layer.weight": (1, 2),
        "layer.bias": (1,),
    }
    net.set_parameters({"layer.weight": tensor([[2.0, 3.0]]), "layer.bias": tensor([1.0])})
    output = net.keep.forward(tensor([[10.0, 100.0]]))
    assert output.value().array.tolist() == [[321.0]]
    gradients = net.parameter_gradients(of=output)
    assert gradients["unused"] is None
    assert gradients["layer.weight"] is not None
    assert gradients["layer.weight"].array.tolist() == [[10.0, 100.0]]


def test_a_spy_records_copies_of_arguments() -> None:
    def run(net: Net) -> None:
        values = torch.ones(1, 2)
        net.forward(values, scale=2.0)
        values.zero_()
        net(values)

    student = student_with(Net=Net, run=run)
    net = student.keep.Net(2)
    recorder = net.spy("forward")
    student.run(net)
    first, second = student.spied(recorder)
    assert first["args"][0].array.tolist() == [[1.0, 1.0]]
    assert first["kwargs"] == {"scale": 2.0}
    assert second["args"][0].array.tolist() == [[0.0, 0.0]]
    assert second["kwargs"] == {}


def test_names_and_signatures() -> None:
    def loss(new_log_probs: Any, old_log_probs: Any, eps: float = 0.2) -> None: ...

    student = student_with(loss=loss)
    assert student.has("loss")
    assert not student.has("missing")
    assert student.signature("loss") == ["new_log_probs", "old_log_probs", "eps"]


def test_repeated_calls_come_back_in_one_reply() -> None:
    numbers = iter(range(5))
    student = student_with(count=lambda start, step=1: start + step * next(numbers))
    assert student.repeated(3, "count", 10, step=2) == [10, 12, 14]
    assert student.count(10) == 13


def test_a_repeated_call_that_raises_raises() -> None:
    with pytest.raises(StudentRaised, match="ZeroDivisionError"):
        student_with(f=lambda: 1 / 0).repeated(2, "f")


def test_what_libraries_offer_can_be_made_inside() -> None:
    student = student_with(name=lambda value: type(value).__name__, draw=lambda rng: rng.random())
    assert student.name(student.library("builtins.tuple", [1, 2])) == "tuple"
    generator = student.library("numpy.random.default_rng", 5)
    expected = np.random.default_rng(5)
    assert [student.draw(generator), student.draw(generator)] == [expected.random(), expected.random()]


def test_seeding_reaches_every_generator() -> None:
    student = student_with(draw=lambda: [float(torch.rand(1)), float(np.random.rand()), random.random()])
    student.seed(5)
    first = student.draw()
    student.seed(5)
    assert student.draw() == first


def test_a_missing_function_is_a_name_error_of_the_student() -> None:
    with pytest.raises(StudentRaised, match="NameError: `f` is not defined in the notebook"):
        student_with().f()


def test_an_exception_comes_with_type_and_message() -> None:
    def fail() -> None:
        raise ValueError("wrong\nshape")

    with pytest.raises(StudentRaised) as caught:
        student_with(fail=fail).fail()
    assert (caught.value.type_name, caught.value.message) == ("ValueError", "wrong shape")


def test_an_exception_that_does_not_print_is_told_all_the_same() -> None:
    class Silent(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    def fail() -> None:
        raise Silent

    with pytest.raises(StudentRaised, match="Silent"):
        student_with(fail=fail).fail()


@pytest.mark.parametrize("error", [SystemExit(1), KeyboardInterrupt()])
def test_even_exits_are_exceptions_of_the_student(error: BaseException) -> None:
    def leave() -> None:
        raise error

    with pytest.raises(StudentRaised, match=type(error).__name__):
        student_with(leave=leave).leave()


def test_frames_are_those_of_the_notebooks_cells() -> None:
    namespace: dict[str, Any] = {}
    source = "def inner():\n    return 1 / 0\n\ndef outer():\n    return inner()\n"
    exec(compile(source, "cell 7", "exec"), namespace)
    with pytest.raises(StudentRaised) as caught:
        loopback_student(namespace).outer()
    assert [(frame.cell, frame.line, frame.function) for frame in caught.value.frames] == [
        ("cell 7", 5, "outer"),
        ("cell 7", 2, "inner"),
    ]
