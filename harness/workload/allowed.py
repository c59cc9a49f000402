"""What a setting may be: a kind of value, how it is read, and what is said of one that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.clients import Setting as Value
from harness.words import options
from harness.workload.problems import quote, suggestion

INT = 2**31 - 1
LONG = 2**63 - 1


@dataclass(frozen=True)
class Flag:
    """True or false; ``yes`` and ``no`` is what people say in place of its name and either."""

    yes: str
    no: str

    def read(self, value: object) -> Value:
        if not isinstance(value, bool):
            raise ValueError(f"{quote(value)} is neither true nor false")  # noqa: TRY004 - pydantic's way to say no
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Whole:
    """A whole number within bounds, both included."""

    lowest: int
    highest: int = INT

    def read(self, value: object) -> Value:
        if isinstance(value, bool) or not isinstance(value, int) or not self.lowest <= value <= self.highest:
            raise ValueError(f"{quote(value)} is not a whole number from {self.lowest} to {self.highest}")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "integer", "minimum": self.lowest, "maximum": self.highest}


@dataclass(frozen=True)
class Text:
    """Up to so many printable characters."""

    longest: int

    def read(self, value: object) -> Value:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # what YAML takes for a number
        if not isinstance(value, str) or not 1 <= len(value) <= self.longest or not value.isprintable():
            raise ValueError(f"{quote(value)} is not a text of 1 to {self.longest} printable characters")
        return value

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1, "maxLength": self.longest}


@dataclass(frozen=True)
class Choice:
    """One of a few words; ``same`` has their other spellings, and the numbers that YAML makes of some."""

    words: tuple[str, ...]
    same: Mapping[str | int, str] = field(default_factory=dict)

    def read(self, value: object) -> Value:
        if isinstance(value, str | int) and not isinstance(value, bool):
            word = self.same.get(value, value)
            if word in self.words:
                return word
        raise ValueError(f"{quote(value)} is not one of {options(self.words)}{suggestion(value, self.words)}")

    def schema(self) -> dict[str, Any]:
        return {"enum": [*self.words, *self.same]}


@dataclass(frozen=True)
class WordOrNumber:
    """One of a few words, or a whole number within bounds."""

    words: Choice
    numbers: Whole

    def read(self, value: object) -> Value:
        if isinstance(value, int) and not isinstance(value, bool):
            return self.numbers.read(value)
        try:
            return self.words.read(value)
        except ValueError as neither:
            raise ValueError(f"{neither}, nor a whole number from {self.numbers.lowest}") from None

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.words.schema(), self.numbers.schema()]}
