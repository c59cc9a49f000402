"""A whole second writer, to show that what a report says does not depend on the first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from html import escape
from typing import Any

from harness.report import blocks
from harness.report.blocks import Document


def write(document: Document) -> str:
    def put(them: Iterable[Any], level: int = 0) -> str:
        return "".join(next(part for kind, part in parts.items() if isinstance(it, kind))(it, level) for it in them)

    def each(tag: str, cells: Iterable[Any]) -> str:
        return "".join(_tag(tag, put([cell])) for cell in cells)

    def row(tag: str, cells: Iterable[Any]) -> str:
        return _tag("tr", each(tag, cells))

    way = document.way_to
    parts: dict[type, Callable[[Any, int], str]] = {
        str: lambda it, level: escape(it),
        tuple: put,
        blocks.Strong: lambda it, level: _tag("strong", put([it.words])),
        blocks.Emphasis: lambda it, level: _tag("em", put([it.words])),
        blocks.Code: lambda it, level: _tag("code", put([it.text])),
        blocks.Lines: lambda it, level: "<br>".join(put([line]) for line in it.lines),
        blocks.Link: lambda it, level: _tag("a", put([it.path]), href=way(it.path)),
        blocks.Reference: lambda it, level: _tag(
            "a", put([it.words or f"{it.place}.html"]), href=f"{way(it.place)}.html#{it.anchor}"
        ),
        blocks.Text: lambda it, level: _tag("p", put([it.words])),
        blocks.Quote: lambda it, level: _tag("blockquote", put([it.words])),
        blocks.Bullets: lambda it, level: _tag("ul", each("li", it.items)),
        blocks.Listing: lambda it, level: _tag("pre", put([it.text])),
        blocks.Table: lambda it, level: _tag("table", row("th", it.header) + "".join(row("td", r) for r in it.rows)),
        blocks.Figure: lambda it, level: _tag("a", _tag("img", "", src=way(it.png), alt=it.says), href=way(it.svg)),
        blocks.Details: lambda it, level: _tag("details", _tag("summary", put([it.summary])) + put(it.body, level)),
        blocks.Section: lambda it, level: _tag(
            "section", _tag(f"h{level}", put([it.title])) + put(it.body, level + 1), id=it.anchor
        ),
    }

    return put([blocks.Section(document.title, document.body)], 1)


def _tag(name: str, inner: str, **given: str) -> str:
    attributes = "".join(f' {key}="{escape(value)}"' for key, value in given.items() if value)
    return f"<{name}{attributes}>" + ("" if name == "img" else f"{inner}</{name}>")
