"""Recognising what is not written yet."""

from rlhelpers import is_written
from rlhelpers.stub import STUB_MESSAGE


def not_yet():
    raise NotImplementedError("Write your solution here, then delete this line.")


def left_on_purpose():
    raise NotImplementedError("discrete actions are not supported")


class HalfWritten:
    def first(self):
        return 1

    def second(self):
        raise NotImplementedError("Write your solution here, then delete this line.")


class Written:
    constant = 3

    def first(self):
        return 1


def test_functions_and_classes_with_a_stub_left_are_not_written():
    assert not is_written(not_yet)
    assert not is_written(HalfWritten)


def test_everything_else_is_written():
    assert is_written(left_on_purpose)
    assert is_written(Written)
    assert is_written(len)


def test_the_stub_is_the_one_that_the_release_puts_in():
    from autograder.release import STUB

    assert STUB_MESSAGE in STUB


def test_the_notebook_as_released_has_nothing_written(untouched, solved):
    for name in ("make_env", "Actor", "compute_gae", "PPOTrainer"):
        assert not is_written(untouched[name])
        assert is_written(solved[name])
