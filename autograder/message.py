"""Message: a sentence for people that can still be put into another language when a page is made of it.

Code writes English: ``message("{what}: expected shape {expected}", what=message("the returns"), expected=[5])``. The
result is a plain string, the English sentence, that remembers its template and arguments; arguments that are messages
themselves are translated with it, all others are data and stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Message(str):
    """An English sentence with the template that it was made from.

    Attributes:
        template: What the catalogues hold, with the names of arguments in braces.
        arguments: By name.
    """

    template: str
    arguments: Mapping[str, Any]

    def __new__(cls, template: str, arguments: Mapping[str, Any]) -> Message:
        """Makes the English sentence; a template without arguments stands as it is, braces included."""
        made = super().__new__(cls, template.format(**arguments) if arguments else template)
        made.template, made.arguments = template, dict(arguments)
        return made

    def __reduce__(self) -> tuple[type[Message], tuple[str, Mapping[str, Any]]]:
        """Travels between processes with its template."""
        return Message, (self.template, self.arguments)


def message(template: str, /, **arguments: Any) -> Message:
    """Makes a message; Babel finds its template in the source, so write it as one literal."""
    return Message(template, arguments)


def in_language(text: str, translate: Callable[[str], str]) -> str:
    """The text in another language.

    Args:
        text: A message, or any string; a string that is no message is looked up as a whole.
        translate: Looks a template up, for example ``gettext`` of a catalogue.
    """
    if not isinstance(text, Message):
        return translate(text) if text else text
    if not text.arguments:
        return translate(text.template)
    arguments = {
        name: in_language(each, translate) if isinstance(each, Message) else each
        for name, each in text.arguments.items()
    }
    return translate(text.template).format(**arguments)
