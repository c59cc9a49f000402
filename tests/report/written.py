"""Words and blocks as a reader of the Markdown has them before them."""

from __future__ import annotations

from harness.report.blocks import Block, Document, Text, Words
from harness.report.writers import markdown


def written(block: Block) -> str:
    return markdown.write(Document("report", "", (block,))).removeprefix("# \n\n").removesuffix("\n")


def in_markdown(words: Words) -> str:
    return written(Text(words))
