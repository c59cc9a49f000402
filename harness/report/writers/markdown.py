"""Markdown as GitHub and every other renderer reads it: the only place that knows any."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape as escape_html
from typing import assert_never

from harness.report import blocks
from harness.report.blocks import Block, Document, Section, Table, Words

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&]|(?<!\S)#)")
_BLOCK = re.compile(r"^(\d{1,9})?([+.)=-])(?=[+=-]*(?: |$))")  # an item or a rule, where a line begins
_WORD_INNER = re.compile(r"(?<=[A-Za-z0-9])\\_(?=[A-Za-z0-9])")
_SPACE = re.compile(r"\s+")


def write(document: Document) -> str:
    """The document's file."""
    return _Writing(document).section(Section(document.title, document.body), 1) + "\n"


@dataclass(frozen=True)
class _Writing:
    document: Document
    in_table: bool = False

    def section(self, section: Section, level: int) -> str:
        anchor = [f'<a id="{section.anchor}"></a>'] if section.anchor else []
        body = [self.block(block, level) for block in section.body]
        return "\n\n".join([*anchor, f"{'#' * level} {self.line(section.title)}", *body])

    def block(self, block: Block, level: int) -> str:  # noqa: PLR0911 - one a kind
        """A block in a section of that level."""
        match block:
            case blocks.Text(words):
                return self.line(words)
            case blocks.Quote(words):
                return f"> {self.line(words)}"
            case blocks.Bullets(items):
                return "\n".join(f"- {self.line(item)}" for item in items)
            case blocks.Listing(language, text):
                fence = "`" * max(3, _longest(text) + 1)
                return f"{fence}{language}\n{text}\n{fence}"
            case Table():
                return self.table(block)
            case blocks.Figure(says, png, svg):
                return f"[![{self.line(says)}]({self.document.way_to(png)})]({self.document.way_to(svg)})"
            case blocks.Details(summary, body):
                folded = "\n\n".join(self.block(each, level) for each in body)
                return f"<details>\n<summary>{_html(summary)}</summary>\n\n{folded}\n\n</details>"
            case Section():
                return self.section(block, level + 1)
            case _:
                assert_never(block)

    def table(self, table: Table) -> str:
        cell = replace(self, in_table=True).line
        header, *rows = [[*map(cell, row)] for row in (table.header, *table.rows)]
        rule = ["---:" if column in table.right else "---" for column in range(len(header))]
        return "\n".join(_row(cells) for cells in (header, rule, *rows))

    def line(self, words: Words) -> str:
        """On one line, of which nothing is taken for the beginning of a block."""
        return _BLOCK.sub(r"\1\\\2", self.words(words).strip())

    def words(self, words: Words) -> str:  # noqa: PLR0911 - one a kind
        match words:
            case str():
                return _escaped(words)
            case tuple():
                return "".join(map(self.words, words))
            case blocks.Strong(inner):
                return f"**{self.words(inner).strip()}**"
            case blocks.Emphasis(inner):
                return f"*{self.words(inner).strip()}*"
            case blocks.Code(text):
                # A table takes a pipe for the end of the cell, in code as well.
                return _code(text).replace("|", r"\|") if self.in_table else _code(text)
            case blocks.Lines(lines):
                return "<br>".join(map(self.line, lines))
            case blocks.Link(path):
                return f"[{_escaped(path)}]({self.document.way_to(path)})"
            case blocks.Reference(place, inner, anchor):
                file = f"{place}.md"
                to = "" if place == self.document.place and anchor else self.document.way_to(file)
                return f"[{self.words(inner or file).strip()}]({to}{'#' if anchor else ''}{anchor})"
            case _:
                assert_never(words)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    """Text of unknown origin, so that it shows as it is. An underscore inside a word needs no escape."""
    return _WORD_INNER.sub("_", _SPECIAL.sub(r"\\\1", _SPACE.sub(" ", text)))


def _code(text: str) -> str:
    one_line = " ".join(text.split())
    longest = _longest(one_line)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{one_line}{pad}{fence}"


def _longest(text: str) -> int:
    """How many backticks are beside each other in it, at most."""
    return max(map(len, re.findall("`+", text)), default=0)


def _html(text: str) -> str:
    return escape_html(" ".join(text.split()), quote=False)
