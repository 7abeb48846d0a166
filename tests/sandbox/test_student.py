"""The proxy that hidden checks call: values, handles, gradients, spies, hidden environments."""

import random
from typing import Any

import gymnasium
import numpy as np
import pytest
import torch

from autograder.errors import ReplyRejected, StudentRaised
from autograder.sandbox.environments import Box, Discrete, EnvironmentDesk
from autograder.sandbox.loopback import loopback_student
from autograder.sandbox.student import Handle, Student, clean_text
from autograder.sandbox.wire import HandleRef, Tensor, tensor


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


class Counting:
    """Counts up; the action is added to the reward."""

    observation_space = Box([-1.0], [1.0])
    action_space = Box([-1.0, -1.0], [1.0, 1.0])

    def __init__(self) -> None:
        self.seeds: list[int | None] = []
        self.actions: list[np.ndarray] = []

    def reset(self, seed: int | None) -> np.ndarray:
        self.seeds.append(seed)
        return np.zeros(1, dtype=np.float32)

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool]:
        if np.isnan(action).any():
            raise RuntimeError("cannot happen with a sane action")
        self.actions.append(action)
        count = len(self.actions)
        return np.full(1, count, dtype=np.float32), float(count + action.sum()), False, count == 3


def rollout(env_id: str, action: Any) -> list[float]:
    env = gymnasium.make(env_id)
    assert isinstance(env.action_space, gymnasium.spaces.Box)
    env.reset(seed=11)
    rewards, truncated = [], False
    while not truncated:
        _, reward, _, truncated, _ = env.step(action)
        rewards.append(float(reward))
    env.close()
    return rewards


@pytest.mark.parametrize("action", [np.array([0.5, 0.0]), torch.tensor([0.5, 0.0], requires_grad=True)])
def test_a_hidden_environment_is_stepped_by_the_grader(action: Any) -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", action))
    student.environment("Counting-v0", Counting)
    assert student.rollout() == [1.5, 2.5, 3.5]
    (environment,) = student.environments_made("Counting-v0")
    assert environment.seeds == [11]
    assert [list(action) for action in environment.actions] == [[0.5, 0.0]] * 3
    assert student.environments_made("Another-v0") == []


def test_an_action_of_a_wrong_shape_is_the_students_mistake() -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", np.zeros((1, 2))))
    student.environment("Counting-v0", Counting)
    with pytest.raises(StudentRaised, match=r"dimension mismatch. Expected \(2,\), found \(1, 2\)"):
        student.rollout()


def test_an_action_that_breaks_the_graders_environment_is_not_the_graders_fault() -> None:
    student = student_with(rollout=lambda: rollout("Counting-v0", np.full(2, np.nan)))
    student.environment("Counting-v0", Counting)
    with pytest.raises(StudentRaised, match="cannot take an action of shape"):
        student.rollout()


@pytest.mark.parametrize(
    "question",
    [
        None,
        {},
        {"question": "make", "env_id": "Unknown-v0"},
        {"question": "make", "env_id": 1},
        {"question": "reset", "number": 0, "seed": 1.5},
        {"question": "reset", "number": 1, "seed": 1},
        {"question": "reset", "number": -1, "seed": 1},
        {"question": "step", "number": 0, "action": 1},
        {"question": "step", "number": 0, "action": np.zeros(3)},
        {"question": "step", "number": 0, "action": np.zeros((1000, 1000))},
        {"question": "close", "number": 0},
    ],
)
def test_questions_that_make_no_sense_get_no_answer(question: Any) -> None:
    desk = EnvironmentDesk()
    desk.register("Counting-v0", Counting)
    desk.answer({"question": "make", "env_id": "Counting-v0"})
    with pytest.raises(ValueError, match="expected"):
        desk.answer(question)


def test_hidden_environments_come_in_vectors_too() -> None:
    def run() -> list[Any]:
        envs = gymnasium.make_vec("Counting-v0", num_envs=2, vectorization_mode="sync")
        observations, _ = envs.reset(seed=3)
        _, rewards, *_ = envs.step(np.zeros((2, 2)))
        envs.close()
        return [list(observations.shape), rewards.tolist()]

    student = student_with(run=run)
    student.environment("Counting-v0", Counting)
    assert student.run() == [[2, 1], [1.0, 1.0]]
    assert [environment.seeds for environment in student.environments_made("Counting-v0")] == [[3], [4]]


class Coin:
    """One observation, two actions."""

    observation_space = Discrete(1)
    action_space = Discrete(2)

    def reset(self, seed: int | None) -> int:
        return 0

    def step(self, action: np.ndarray) -> tuple[int, float, bool, bool]:
        return 0, float(action), True, False


def test_discrete_environments() -> None:
    def run() -> list[float]:
        env = gymnasium.make("Coin-v0")
        env.reset()
        return [float(env.step(action)[1]) for action in (0, 1, np.int64(1))]

    student = student_with(run=run)
    student.environment("Coin-v0", Coin)
    assert student.run() == [0.0, 1.0, 1.0]


def test_there_is_an_end_to_making_environments() -> None:
    def run() -> None:
        while True:
            gymnasium.make("Coin-v0")

    student = student_with(run=run)
    student.environment("Coin-v0", Coin)
    with pytest.raises(StudentRaised, match="at most 256"):
        student.run()


class Lying:
    """A transport that answers what it likes, as a tampered-with guest can."""

    def __init__(self, reply: Any) -> None:
        self.reply = reply

    def exchange(self, request: dict[str, Any], answer: Any) -> Any:
        return self.reply


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "reply",
    [
        None,
        1,
        [],
        {},
        {"result": 1, "more": 2},
        {"ask": 1},
        {"rejected": 1},
        {"raised": "text"},
        {"raised": {"frames": [1]}},
        {"raised": {"frames": [{"cell": 1}]}},
        {"result": nested(500)},
    ],
)
def test_a_malformed_reply_is_rejected(reply: Any) -> None:
    with pytest.raises(ReplyRejected):
        Student(Lying(reply)).f()


@pytest.mark.parametrize("result", [None, 1.0, [1], {}, tensor([1.0])])
def test_what_was_to_be_kept_is_a_handle_or_rejected(result: Any) -> None:
    with pytest.raises(ReplyRejected):
        Student(Lying({"result": result})).keep.f()


def test_lies_about_gradients_parameters_and_spies_are_rejected() -> None:
    liar = Student(Lying({"result": 7}))
    handle = Handle(liar, HandleRef(0, "Net"))
    for ask in (
        lambda: liar.gradients(handle, [handle]),
        lambda: liar.spied(handle),
        handle.parameters,
        lambda: handle.parameter_gradients(of=handle),
    ):
        with pytest.raises(ReplyRejected):
            ask()
    with pytest.raises(ReplyRejected):
        Student(Lying({"result": [{"args": 1, "kwargs": {}}]})).spied(handle)
    assert not liar.has("f")
    assert liar.signature("f") == []


def test_an_exception_of_a_lying_guest_is_still_one_line() -> None:
    reply = {"raised": {"type": ["x"], "message": {"a": "\x1b[31m\n" * 5000}, "frames": 3}}
    with pytest.raises(StudentRaised) as caught:
        Student(Lying(reply)).f()
    assert len(str(caught.value)) < 700
    assert str(caught.value).isprintable()


def test_clean_text_is_one_printable_line_without_addresses() -> None:
    assert clean_text("a\n\tb\x00\u202ec") == "a b c"
    assert clean_text("<Net object at 0x7f808a0a30d0>") == "<Net object at 0x…>"
    assert clean_text("0xff is 255") == "0xff is 255"
    assert len(clean_text("x" * 10_000)) == 500
