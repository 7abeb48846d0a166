"""TomlTable: one table of course.toml, read key by key; a wrong value or a misspelt key is an InputError."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomllib

from autograder.errors import InputError

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class TomlTable:
    """A table whose keys are taken out one by one; what is left in the end is a mistake.

    Attributes:
        place: File and table, for messages.
        left: The keys that have not been taken yet.
    """

    def __init__(self, place: str, values: dict[str, Any]) -> None:
        self.place = place
        self.left = dict(values)
        self._known: set[str] = set()

    def error(self, key: str, expected: str, received: object, remedy: str = "") -> InputError:
        """The error to raise for a key whose value cannot be used."""
        tail = f"; {remedy}" if remedy else ""
        return InputError(f"{self.place}: {key}: expected {expected}, received {received}{tail}")

    def take(self, key: str, kinds: tuple[type, ...], expected: str, default: Any = None) -> Any:
        """The value of ``key`` if it is of one of ``kinds``; ``default`` if the key is absent.

        Raises:
            InputError: The value is of another kind.
        """
        self._known.add(key)
        if key not in self.left:
            return default
        value = self.left.pop(key)
        if not isinstance(value, kinds) or isinstance(value, bool):
            raise self.error(key, expected, repr(value))
        return value

    def table(self, key: str, *, required: bool = False) -> TomlTable:
        """The table inside this one; an empty one if it is absent and not required."""
        values = self.take(key, (dict,), "a table")
        if values is None and required:
            raise InputError(f"{self.place}: expected a table [{key}], received none; add it")
        file, _, inner = self.place.partition(" [")
        name = f"{inner.rstrip(']')}.{key}" if inner else key
        return TomlTable(f"{file} [{name}]", values or {})

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; required if there is no default."""
        value: str | None = self.take(key, (str,), "a text", default)
        if value is None:
            raise self.error(key, "a text", "nothing", f'add {key} = "..."')
        if not value.strip():
            raise self.error(key, "a text that is not empty", repr(value))
        return value

    def texts(self, key: str) -> dict[str, str]:
        """A table of texts, such as ``{ru = "..."}``; empty if absent."""
        inner = self.table(key)
        return {name: inner.text(name) for name in list(inner.left)}

    def name(self, key: str, pattern: re.Pattern[str], expected: str) -> str:
        """A text that matches ``pattern`` as a whole."""
        value = self.text(key)
        if not pattern.fullmatch(value):
            raise self.error(key, expected, repr(value))
        return value

    def names(self, key: str) -> tuple[str, ...]:
        """A list of different names of functions or classes; empty if absent."""
        values = self.take(key, (list,), "a list of names", [])
        for value in values:
            if not isinstance(value, str) or not NAME.fullmatch(value):
                raise self.error(key, "names of functions or classes", repr(value))
            if values.count(value) > 1:
                raise self.error(key, "each name once", f"{value!r} {values.count(value)} times")
        return tuple(values)

    def finish(self) -> None:
        """Ends reading.

        Raises:
            InputError: A key is left that nothing asked for.
        """
        for key in self.left:
            near = difflib.get_close_matches(key, self._known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "remove it"
            known = f"expected one of {listed(self._known)}"
            raise InputError(f"{self.place}: unknown key {key!r}, {known}; {hint}")


def listed(names: Iterable[str]) -> str:
    """Names for a message, sorted."""
    return ", ".join(sorted(names)) or "none"


def read_toml(file: Path) -> TomlTable:
    """The top table of a TOML file.

    Raises:
        InputError: The file is missing, cannot be read or is not TOML.
    """
    try:
        return TomlTable(file.name, tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise InputError(
            f"{file}: expected the course's settings there, found none; go to the course's folder or name it"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error})") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError(f"{file}: expected TOML, received something else: {error}") from error
