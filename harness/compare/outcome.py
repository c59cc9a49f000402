"""What a comparison comes to."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Worst first."""

    BROKEN = "a guarantee broke"
    REGRESSED = "performance regressed"
    INCOMPLETE = "incomplete"
    """Something that was decided or measured before is not any more."""
    ADVICE = "worse, and made with something else: no more than advice"
    CANNOT_TELL = "nothing regressed as far as could be told"
    PASSED = "nothing regressed"
