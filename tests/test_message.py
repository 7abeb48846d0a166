import json
import pickle

import pytest
from distributed.protocol.pickle import dumps, loads

from autograder.message import Message, as_message, in_language, joined, message, told_by

GERMAN = {
    "{what}: expected shape {shape}": "{what}: erwartete Form {shape}",
    "the returns": "die Erträge",
    "Look at the mask.": "Sieh auf die Maske.",
    "{share:.0%} of {{all}}": "{share:.0%} von {{allen}}",
}
SHAPE = message("{what}: expected shape {shape}", what=message("the returns"), shape=[5, 1])
WITH_HINT = joined("\n", [SHAPE, "Look at the mask."])


def german(text: str) -> str:
    return in_language(text, lambda template: GERMAN.get(template, template))


def test_a_message_is_the_english_sentence():
    assert SHAPE == "the returns: expected shape [5, 1]"
    assert isinstance(SHAPE, str)
    assert f"{SHAPE}!" == "the returns: expected shape [5, 1]!"


def test_a_message_is_translated_with_the_messages_in_it_and_data_stay():
    assert german(SHAPE) == "die Erträge: erwartete Form [5, 1]"
    assert german(message("{what}: expected shape {shape}", what="the returns", shape=3)) == (
        "the returns: erwartete Form 3"
    )


def test_plain_strings_are_translated_as_a_whole():
    assert german("the returns") == "die Erträge"
    assert german("something else") == "something else"
    assert german("") == german(message("")) == ""


def test_joined_texts_are_translated_one_by_one():
    assert WITH_HINT == "the returns: expected shape [5, 1]\nLook at the mask."
    assert german(WITH_HINT) == "die Erträge: erwartete Form [5, 1]\nSieh auf die Maske."
    assert german(joined(" ", ["the returns"])) == "die Erträge"
    assert joined(" ", []) == ""


def test_numbers_keep_their_format_in_translation():
    assert german(message("{share:.0%} of {{all}}", share=0.5)) == "50% von {allen}"


def test_braces_of_a_message_without_arguments_are_no_places():
    assert message("a set {1, 2}") == "a set {1, 2}"
    assert german(message("a set {1, 2}")) == "a set {1, 2}"


@pytest.mark.parametrize("text", [SHAPE, WITH_HINT, message("{a}", a=float("nan")), message("plain")])
def test_a_message_survives_pickle_dask_and_json(text):
    for again in (
        pickle.loads(pickle.dumps(text)),
        loads(dumps(text)),
        Message.of_parts(json.loads(json.dumps(text.parts(), allow_nan=False))),
    ):
        assert again == text
        assert isinstance(again, Message)
        assert again.parts() == text.parts()
        assert german(again) == german(text)


@pytest.mark.parametrize("broken", ["{other}", "{}", "{shape", "{shape.size}"])
def test_a_broken_translation_leaves_the_english_sentence(broken):
    text = message("shape {shape}", shape=3)
    assert in_language(text, lambda _: broken) == "shape 3"


def test_an_exception_tells_the_message_that_it_was_raised_with():
    assert german(told_by(ValueError(SHAPE))) == "die Erträge: erwartete Form [5, 1]"
    assert told_by(OSError(2, "gone")) == "[Errno 2] gone"
    assert told_by(ValueError()) == ""


def test_a_text_becomes_a_message_once():
    assert as_message(SHAPE) is SHAPE
    assert german(message("{what}: expected shape {shape}", what=as_message("the returns"), shape=1)).startswith("die")
