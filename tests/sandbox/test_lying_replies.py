"""Replies of a guest that was tampered with: they are rejected, or harmless."""

from typing import Any

import pytest

from autograder.errors import ReplyRejected, StudentRaised
from autograder.sandbox.claimed_text import clean_text
from autograder.sandbox.student import Handle, Student
from autograder.sandbox.wire import HandleRef, tensor


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


@pytest.mark.parametrize("part", ["type", "message"])
def test_lists_without_end_in_place_of_an_exceptions_text_are_not_told(part: str) -> None:
    with pytest.raises(StudentRaised) as caught:
        Student(Lying({"raised": {part: nested(1000)}})).f()
    assert len(str(caught.value)) < 50


def test_clean_text_is_one_printable_line_without_addresses() -> None:
    assert clean_text("a\n\tb\x00\u202ec") == "a b c"
    assert clean_text("<Net object at 0x7f808a0a30d0>") == "<Net object at 0x…>"
    assert clean_text("0xff is 255") == "0xff is 255"
    assert len(clean_text("x" * 10_000)) == 500
