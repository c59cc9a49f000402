"""Markdown as GitHub and every other renderer reads it: tables, folded details, escaping."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape as escape_html

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&]|(?<!\S)#)")
_BLOCK = re.compile(r"^(\d{1,9})?([+.)=-])(?=[+=-]*(?: |$))")  # an item or a rule, where a line begins
_WORD_INNER = re.compile(r"(?<=[A-Za-z0-9])\\_(?=[A-Za-z0-9])")
Row = Sequence[str]


def table(header: Row, rows: Sequence[Row], *, numbers: slice = slice(0)) -> str:
    """A table of cells that are Markdown already. The columns in ``numbers`` are aligned to the right."""
    right = range(len(header))[numbers]
    rule = ["---:" if column in right else "---" for column in range(len(header))]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def escape(text: str) -> str:
    """Text of unknown origin on one line, so that it shows as it is. An underscore inside a word needs no escape."""
    one_line = " ".join(text.split())
    return _BLOCK.sub(r"\1\\\2", _WORD_INNER.sub("_", _SPECIAL.sub(r"\\\1", one_line)))


def code(text: str) -> str:
    """Text of unknown origin as code on one line. Not for a table, where a pipe would end the cell."""
    one_line = " ".join(text.split())
    longest = max(map(len, re.findall("`+", one_line)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{one_line}{pad}{fence}"


def details(summary: str, body: str) -> str:
    """Folded until it is clicked. ``summary`` is plain text."""
    return f"<details>\n<summary>{_html(summary)}</summary>\n\n{body}\n\n</details>"


def section(title: str, *parts: str) -> list[str]:
    """A heading and what is there of its parts, each a block; nothing without any."""
    there = [part for part in parts if part]
    return [f"## {title}", *there] if there else []


def bullets(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _html(text: str) -> str:
    return escape_html(" ".join(text.split()), quote=False)
