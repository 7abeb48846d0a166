"""Message: a sentence for people that can still be put into another language when a page is made of it.

Code writes English: ``message("{what}: expected shape {expected}", what=message("the returns"), expected=[5])``. The
result is a plain string, the English sentence, that remembers its template and arguments; arguments that are messages
themselves are translated with it, all others are data and stay as they are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Translate = Callable[[str], str]


class Message(str):
    """An English sentence with the template that it was made from.

    Attributes:
        template: What the catalogues hold, with the names of arguments in braces.
        arguments: By name; messages, whole or finite numbers, truth values and texts, which JSON keeps as they are.
    """

    template: str
    arguments: Mapping[str, Any]

    def __new__(cls, template: str, arguments: Mapping[str, Any]) -> Message:
        """Makes the English sentence; a template without arguments stands as it is, braces included."""
        kept = {name: _as_data(value) for name, value in arguments.items()}
        made = super().__new__(cls, template.format(**kept) if kept else template)
        made.template, made.arguments = template, kept
        return made

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        """Travels between processes with its template."""
        return Message, (self.template, self.arguments)

    def parts(self) -> dict[str, Any]:
        """What the sentence is made of, as plain JSON: ``{"template": ..., "arguments": {...}}``."""
        arguments = {
            name: value.parts() if isinstance(value, Message) else value for name, value in self.arguments.items()
        }
        return {"template": self.template, "arguments": arguments}

    @classmethod
    def of_parts(cls, parts: Mapping[str, Any]) -> Message:
        """Puts a sentence together again.

        Raises:
            KeyError, TypeError, ValueError: These are no parts of a sentence.
        """
        return cls(
            parts["template"],
            {
                name: cls.of_parts(value) if isinstance(value, dict) else value
                for name, value in parts["arguments"].items()
            },
        )


def message(template: str, /, **arguments: Any) -> Message:
    """Makes a message; its template is found in the source, so write it as one literal."""
    return Message(template, arguments)


def as_message(text: str) -> Message:
    """The text as a message, so that it is translated as a part of another one."""
    return text if isinstance(text, Message) else Message(text, {})


def joined(separator: str, texts: Iterable[str]) -> str:
    """Several texts as one that is translated part by part."""
    parts = {f"part{number}": as_message(text) for number, text in enumerate(texts)}
    if len(parts) == 1:
        return next(iter(parts.values()))
    return Message(separator.join(f"{{{name}}}" for name in parts), parts)


def told_by(error: BaseException) -> str:
    """What an exception says, still a message if it was raised with one; ``str(error)`` makes plain text of it."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def in_language(text: str, translate: Translate) -> str:
    """The text in another language.

    Args:
        text: A message, or any string; a string that is no message is looked up as a whole.
        translate: Looks a template up, for example ``gettext`` of a catalogue.

    Returns:
        The text; in English where the translation asks for arguments that there are not.
    """
    if not isinstance(text, Message):
        return translate(text) if text else text
    if not text.arguments:
        return translate(text.template) if text else text
    arguments = {
        name: in_language(each, translate) if isinstance(each, Message) else each
        for name, each in text.arguments.items()
    }
    try:
        return translate(text.template).format(**arguments)
    except (LookupError, ValueError, AttributeError):  # `autograder translate --check` finds it; nobody's grade waits
        return str(text)


def _as_data(value: Any) -> Any:
    plain = (
        isinstance(value, Message | str | int) or value is None or (isinstance(value, float) and math.isfinite(value))
    )
    return value if plain else str(value)
