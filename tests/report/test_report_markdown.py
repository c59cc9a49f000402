"""Text of unknown origin in Markdown, as another program renders it: it shows as it is, and makes nothing else."""

from __future__ import annotations

from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.markdown import code, details, escape, table

_RENDERER = MarkdownIt().enable("table")
texts = st.text(st.sampled_from(" \n\tab1_*`~<>[]()|\\&;#+-=.:!\"'/é"), min_size=1, max_size=20).filter(str.strip)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("around", ["{}", "> {}", "- {}", "# {}", "({})", "**{}**", "[{}](#there)"])
@given(text=texts)
@example(text="# no heading")
@example(text="no end of one ##")
@example(text="1. no item")
@example(text="===")
@example(text="&lt;")
def test_escaped_it_is_text_wherever_it_stands(around: str, text: str) -> None:
    if around == "**{}**" and not (text.strip()[0].isalnum() and text.strip()[-1].isalnum()):
        text = f"a{text}b"  # what is bold begins and ends with a word
    rendered = _RENDERER.parse(around.format(escape(text)))
    kinds = [token.type for token in _RENDERER.parse(around.format("word"))]
    assert [token.type for token in rendered] == kinds
    (inline,) = (token for token in rendered if token.type == "inline")
    shown = "".join(token.content for token in inline.children or ())
    assert shown == around.strip("#>- *").replace("[{}](#there)", "{}").replace("{}", _one_line(text))
    assert {token.type for token in inline.children or ()} <= {
        "text", "strong_open", "strong_close", "link_open", "link_close"
    }  # fmt: skip


@given(texts, texts)
def test_escaped_it_is_one_cell_of_a_table(one: str, other: str) -> None:
    tokens = _RENDERER.parse(table(("A", "B"), [(escape(one), escape(other))]))
    cells = [token for token in tokens if token.type == "inline"]
    shown = ["".join(token.content for token in cell.children or ()) for cell in cells]
    assert shown == ["A", "B", _one_line(one), _one_line(other)]
    assert {token.type for cell in cells for token in cell.children or ()} == {"text"}


@given(texts)
@example("`` ` ```")
def test_as_code_it_is_code(text: str) -> None:
    (_, inline, _) = _RENDERER.parse(f"set to {code(text)}.")
    assert inline.children is not None
    said, code_span, end = inline.children
    assert (said.content, code_span.content, end.content) == ("set to ", _one_line(text), ".")


@given(texts)
def test_a_summary_has_no_tag_of_its_own(text: str) -> None:
    (html, *_) = _RENDERER.parse(details(text, "body"))
    summary = html.content.removeprefix("<details>\n<summary>").removesuffix("</summary>\n")
    assert "<" not in summary and ">" not in summary
    assert unescape(summary) == _one_line(text)
