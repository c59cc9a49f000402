"""Why a node ended, by what it said."""

from __future__ import annotations

_MOST = 300  # letters


def last_words(said: bytes) -> str:
    """The line of it that says best why it ended."""
    lines = [line.strip() for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
    telling = [line for line in lines if "Exception" in line or "ERROR" in line or "rror:" in line]
    return (telling or lines or ["it said nothing"])[-1][:_MOST]
