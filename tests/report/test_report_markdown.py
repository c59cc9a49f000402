"""Text of unknown origin in Markdown, as another program renders it: it shows as it is, and makes nothing else."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.report.blocks import (
    Block,
    Bullets,
    Code,
    Details,
    Document,
    Emphasis,
    Figure,
    Link,
    Listing,
    Quote,
    Reference,
    Section,
    Strong,
    Table,
    Text,
    Words,
    prose,
)
from harness.report.writers import markdown

from .written import in_markdown, written

_RENDERER = MarkdownIt().enable("table")
texts = st.text(st.sampled_from(" \n\tab1_*`~<>[]()|\\&;#+-=.:!\"'/é"), min_size=1, max_size=20).filter(str.strip)
AROUND: dict[str, Callable[[Words], Block]] = {
    "text": Text,
    "quote": Quote,
    "bullet": lambda words: Bullets((words,)),
    "title": lambda words: Section(words, ()),
    "in brackets": lambda words: Text(("(", words, ")")),
    "strong": lambda words: Text(Strong(words)),
    "emphasis": lambda words: Text(("so ", Emphasis(words), " so")),
    "reference": lambda words: Text(Reference("report", words, anchor="there")),
    "between": lambda words: Text(("a ", words, " b")),
}


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _read(block: Block) -> tuple[list[str], str]:
    """The kinds of block and line that another program sees in it, and the text that it shows."""
    tokens = _RENDERER.parse(written(block))
    inner = [child for token in tokens for child in token.children or ()]
    # Text comes in pieces where something in it was escaped.
    kinds = [token.type for token in tokens] + [child.type for child in inner if child.type != "text"]
    return kinds, "".join(child.content for child in inner)


@pytest.mark.parametrize("around", AROUND)
@given(text=texts)
@example(text="# no heading")
@example(text="no end of one ##")
@example(text="1. no item")
@example(text="===")
@example(text="&lt;")
def test_text_is_text_wherever_it_stands(around: str, text: str) -> None:
    kinds, shown = _read(AROUND[around](text))
    of_a_word, word = _read(AROUND[around]("word"))
    assert kinds == of_a_word
    assert _one_line(shown) in (_one_line(word.replace("word", each)) for each in (text, _one_line(text)))


@given(texts, texts)
@example("|", "a|b")
def test_text_is_one_cell_of_a_table(one: str, other: str) -> None:
    tokens = _RENDERER.parse(written(Table(("A", "B"), [(one, (Code(other)))])))
    cells = [token for token in tokens if token.type == "inline"]
    shown = ["".join(token.content for token in cell.children or ()) for cell in cells]
    assert shown == ["A", "B", _one_line(one), _one_line(other)]
    assert {token.type for cell in cells for token in cell.children or ()} == {"text", "code_inline"}


@given(texts)
@example("`` ` ```")
def test_code_is_code(text: str) -> None:
    (_, inline, _) = _RENDERER.parse(written(Text(("set to ", Code(text), "."))))
    assert inline.children is not None
    said, code_span, end = inline.children
    assert (said.content, code_span.content, end.content) == ("set to ", _one_line(text), ".")


@given(st.text(st.sampled_from("`~\n a#"), max_size=20))
def test_a_listing_ends_where_it_ends(text: str) -> None:
    (fence,) = _RENDERER.parse(written(Listing("json", text)))
    assert (fence.info, fence.content) == ("json", f"{text}\n")


@given(texts)
def test_a_summary_has_no_tag_of_its_own(text: str) -> None:
    (html, *_) = _RENDERER.parse(written(Details(text, (Text("body"),))))
    summary = html.content.removeprefix("<details>\n<summary>").removesuffix("</summary>\n")
    assert "<" not in summary and ">" not in summary
    assert unescape(summary) == _one_line(text)


def test_a_document_knows_the_way_to_files_and_to_other_documents() -> None:
    page = Document(
        "faults/lose-ack",
        "lose-ack",
        (
            Text((Link("run.json"), Reference("report"), Reference("faults/x", "x"))),
            Section("inner", (Figure("a [chart]", "charts/a.png", "charts/a.svg"),), anchor="here"),
        ),
    )
    assert markdown.write(page) == (
        "# lose-ack\n\n[run.json](../run.json)[report.md](../report.md)[x](../faults/x.md)\n\n"
        '<a id="here"></a>\n\n## inner\n\n[![a \\[chart\\]](../charts/a.png)](../charts/a.svg)\n'
    )


def test_prose_of_ours_has_its_emphasis() -> None:
    assert in_markdown(prose("**Words.** *lost* under `rate: max`, a*b | c")) == (
        "**Words.** *lost* under `rate: max`, a\\*b \\| c"
    )
    assert prose("none") == ("none",)
