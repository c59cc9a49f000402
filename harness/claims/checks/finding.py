"""What a check is and what it says: its finding, with the figures behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from harness.store import TrialRecord

Arms = Mapping[str, Sequence[TrialRecord]]
"""The records of a claim's arms, by the arm's name."""
Names = Annotated[tuple[str, ...], Field(min_length=1, description="the arms that it looks at")]
KIND = Field(description="which check it is")


class ClaimOutcome(StrEnum):
    """What became of a claim."""

    REPRODUCED = "reproduced"
    REFUTED = "refuted"
    NOT_DECIDED = "not_decided"


@dataclass(frozen=True)
class Finding:
    outcome: ClaimOutcome
    evidence: str
    """One sentence with the figures."""


class BaseCheck(BaseModel):
    """What all checks have in common: the arms they look at, and a decision made of those alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def named(self) -> Iterable[str]:
        """The arms that it looks at."""
        return getattr(self, "arms", ())

    def decide(self, arms: Arms) -> Finding:
        raise NotImplementedError
