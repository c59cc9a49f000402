"""A report as it was written, taken apart, and what holds for every one."""

from __future__ import annotations

import re
from pathlib import Path


def sections_of(report: str) -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def rows_of(section: str) -> list[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def check(folder: Path) -> str:
    """What holds for every report: readable, no placeholder for a missing value, tables whole, links that lead."""
    for page in (folder / "report.md", *(folder / "faults").glob("*.md")):
        text = page.read_text()
        assert not re.search(r"\b(nan|NaN|None|null|inf)\b", text)
        for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
            assert (page.parent / link).is_file(), link
        for section in sections_of(text).values():
            for table in re.split(r"\n\n", section):
                assert len({len(row) for row in rows_of(table)}) <= 1, table
        assert text.count("<details>") == text.count("</details>")
    return (folder / "report.md").read_text()
