"""What a comparison comes to."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Worst first."""

    BROKEN = "a guarantee broke"
    GIVEN_UP = "a guarantee was given up"
    """Nothing forbids any more what was forbidden, and it happens."""
    GONE = "what has to go wrong does not any more"
    """So that its trial proves nothing."""
    MORE_OFTEN = "something goes wrong more often"
    REGRESSED = "performance regressed"
    INCOMPLETE = "incomplete"
    """Something is not decided or not measured that has to be."""
    ADVICE = "worse, and made with something else: no more than advice"
    CANNOT_TELL = "nothing regressed as far as could be told"
    PASSED = "nothing regressed"
