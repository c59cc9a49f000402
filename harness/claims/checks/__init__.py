"""What decides a claim: checks on the records of its arms. Pure; each says its finding and the figures behind it.

A new check is one class and one name in ``Check``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from harness.claims.checks.configured import Runs
from harness.claims.checks.counted import Happens, Never
from harness.claims.checks.finding import Arms, ClaimOutcome, Finding
from harness.claims.checks.measured import Equivalent, More, Within

__all__ = [
    "Arms",
    "Check",
    "ClaimOutcome",
    "Equivalent",
    "Finding",
    "Happens",
    "More",
    "Never",
    "Runs",
    "Within",
    "decide",
]

Check = Annotated[Happens | Never | More | Equivalent | Within | Runs, Field(discriminator="check")]


def decide(checks: Sequence[Check], arms: Arms) -> tuple[ClaimOutcome, list[Finding]]:
    """All checks together: refuted if one is, reproduced if all are."""
    findings = [check.decide(arms) for check in checks]
    outcomes = {finding.outcome for finding in findings}
    for outcome in (ClaimOutcome.REFUTED, ClaimOutcome.NOT_DECIDED):
        if outcome in outcomes:
            return outcome, findings
    return ClaimOutcome.REPRODUCED, findings
