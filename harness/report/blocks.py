"""What a report is made of, whatever it is written in: sections, text, tables, figures, details and lists.

A block says what something is; how that looks is a writer's to say (``writers/``). A ``str`` is text as it is to show:
it may come from anywhere, and each writer escapes it by itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Strong:
    words: Words


@dataclass(frozen=True)
class Emphasis:
    words: Words


@dataclass(frozen=True)
class Code:
    """On one line."""

    text: str


@dataclass(frozen=True)
class Lines:
    """Each on a line of its own, in one cell."""

    lines: tuple[Words, ...]


@dataclass(frozen=True)
class Link:
    """To a file that is beside the report whatever that is written in."""

    path: str
    """From the report's folder."""


@dataclass(frozen=True)
class Reference:
    """To another document, or to a section of one that has an anchor."""

    place: str
    words: Words = ""
    """Empty for the name of its file."""
    anchor: str = ""


Words: TypeAlias = "str | Strong | Emphasis | Code | Lines | Link | Reference | tuple[Words, ...]"
"""What stands in a line; a tuple is its parts, one behind the other."""


@dataclass(frozen=True)
class Text:
    """A paragraph."""

    words: Words


@dataclass(frozen=True)
class Quote:
    """What somebody else says."""

    words: Words


@dataclass(frozen=True)
class Bullets:
    items: Sequence[Words]


@dataclass(frozen=True)
class Listing:
    """Lines for a machine, as they are."""

    language: str
    text: str


@dataclass(frozen=True)
class Table:
    header: Sequence[Words]
    rows: Sequence[Sequence[Words]]
    """As many cells each as the header."""
    numbers: slice | None = None
    """The columns that are aligned to the right, if any are."""

    @property
    def right(self) -> range:
        """Which columns those are."""
        return range(len(self.header))[self.numbers or slice(0)]


@dataclass(frozen=True)
class Figure:
    """A chart, as two files; the paths are from the report's folder."""

    says: str
    """What is in it, for somebody who cannot see it."""
    png: str
    svg: str


@dataclass(frozen=True)
class Details:
    """Folded until somebody asks."""

    summary: str
    body: tuple[Block, ...]


@dataclass(frozen=True)
class Section:
    """How deep it is follows from what it is in."""

    title: Words
    body: tuple[Block, ...]
    anchor: str = ""
    """What references to it call it: letters, digits and dashes."""


Block: TypeAlias = Text | Quote | Bullets | Listing | Table | Figure | Details | Section


@dataclass(frozen=True)
class Document:
    """One file of a report in each writer's form."""

    place: str
    """Its path from the report's folder, without the suffix, which is the writer's."""
    title: Words
    body: tuple[Block, ...]

    def way_to(self, path: str) -> str:
        """From its own folder to a path that is from the report's."""
        return "../" * self.place.count("/") + path


def section(title: Words, *parts: Block | None) -> list[Section]:
    """A section of what is there of its parts; none without any."""
    there = tuple(part for part in parts if part is not None)
    return [Section(title, there)] if there else []


def joined(parts: Iterable[Words], between: str) -> Words:
    """The parts, one behind the other."""
    first, *others = [*parts] or [""]
    return (first, *(each for part in others for each in (between, part)))


_MARKS: Mapping[str, Callable[[str], Words]] = {"**": Strong, "*": Emphasis, "`": Code}
_MARKED = re.compile(r"(\*\*|\*|`)(.+?)\1")


def prose(literal: str) -> Words:
    """A literal of ours, with ``**strong**``, ``*emphasis*`` and code between backticks. Never for any other text."""
    parts: list[Words] = []
    end = 0
    for found in _MARKED.finditer(literal):
        parts += [literal[end : found.start()], _MARKS[found[1]](found[2])]
        end = found.end()
    return (*parts, literal[end:])
