"""What is wrong with a workload file, said so that a person can put it right: the place, the value, what is allowed."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from harness.words import plain

Place = tuple[str | int, ...]
"""The way from the top of the file to a value: keys, and positions in lists counted from 0."""

_LONGEST = 60


@dataclass(frozen=True)
class Problem:
    """One mistake. ``place`` is empty for the file as a whole."""

    place: Place
    message: str

    def __str__(self) -> str:
        return f"{dotted(self.place)}: {self.message}" if self.place else self.message


class WorkloadError(Exception):
    """A workload that cannot be run. ``problems`` has one line for every mistake in it, in the order of the file."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


def dotted(place: Place) -> str:
    """``performance.loads[0].rate``; without the index in a list of plain values: the message quotes the value."""
    if isinstance(place[-1], int) and (place[0] == "kafka" or (place[0] in ("sweep", "exclude") and len(place) > 2)):
        place = place[:-1]
    text = ""
    for part in place:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f"{'.' if text else ''}{part if part.isprintable() else quote(part)}"
    return text


def quote(value: object) -> str:
    """A value as its file has it, short enough for one line."""
    match value:
        case bool() | None:
            text = "nothing" if value is None else plain(value)
        case str():
            text = repr(value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "...")
        case int() if value.bit_length() > 64:
            text = "such a number"
        case list() | tuple() | dict():
            text = "a mapping" if isinstance(value, dict) else "a list"
        case _:
            text = str(value)
    return text


def suggestion(word: object, known: Iterable[str]) -> str:
    """``; did you mean acks?``, or nothing when no known word is near."""
    near = difflib.get_close_matches(word if isinstance(word, str) else quote(word), list(known), n=1, cutoff=0.65)
    return f"; did you mean {near[0]}?" if near else ""
