"""Why a node ended, by what it said."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

_MOST = 300  # letters


def last_words(said: bytes) -> str:
    """The line of it that says best why it ended: of the first fault that it called fatal, for others follow from that
    one as it shuts down; else the last that tells of any.
    """
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = _telling(_first_fatal(lines)) or _telling(lines)
    return (telling or lines or ["it said nothing"])[-1][:_MOST]


def _first_fatal(lines: Sequence[str]) -> list[str]:
    """Its line, and the trace of its exception: up to what the node says next."""
    for number, line in enumerate(lines):
        if "ERROR" in line and "fatal" in line.lower():
            return [line, *takewhile(lambda each: not each.startswith("["), lines[number + 1 :])]
    return []


def _telling(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if "Exception" in line or "ERROR" in line or "rror:" in line]
