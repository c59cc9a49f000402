"""The forms a report is written in. A new one is one module that writes a ``Document``, and one line in ``WRITERS``.

A writer decides nothing: whatever is in a document is in each of its forms, in that order. Text is escaped here and
nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.report.blocks import Document
from harness.report.writers import markdown

Writer = Callable[[Document], str]

WRITERS: dict[str, Writer] = {
    "md": markdown.write,
}
"""By the suffix of its files; the first is the one that a person is sent to."""
