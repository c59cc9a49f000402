"""Checks that count: an anomaly, an outcome or an error in the trials in which the fault fired."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from harness.claims.checks.finding import KIND, Arms, BaseCheck, ClaimOutcome, Finding, Names
from harness.events import CLIENT_DIED, NO_REPORT, Anomaly, Verdict
from harness.measure.proportion import at_most, interval
from harness.store import Anomalies, TrialRecord
from harness.words import listed, percent, percents, plural
from harness.workload.allowed import Choice

_WHAT = (*map(str, Anomaly), "failed", "unknown", "no_report", "client_died", "error")
What = Annotated[str, BeforeValidator(Choice(_WHAT).read), Field(json_schema_extra={"enum": list(_WHAT)})]
"""An anomaly; messages with an outcome, those of which the client never said anything; a client that sends no more; or
messages that ended with the error named by ``error``."""


class _Counted(BaseCheck):
    """What is counted in each trial."""

    what: What = Field(description="an anomaly, an outcome, no_report, client_died, or error with its name")
    error: str | None = Field(None, description="the name of the client's error that what: error counts")
    isolation: Literal["read_committed", "read_uncommitted"] = Field(
        "read_committed", description="of transactions and pipelines, which consumer finds the anomaly"
    )
    arms: Names

    @model_validator(mode="after")
    def _named(self) -> Self:
        if (self.what == "error") != (self.error is not None):
            raise ValueError("error names the client's error that what: error counts")
        return self

    def shown(self, arms: Arms) -> tuple[int, int, int, str]:
        """Trials that showed it, trials in which it could have been, messages it was seen of; and this in words."""
        exercised = [
            record
            for name in self.arms
            for record in arms[name]
            if record.counts is not None
            and record.anomalies is not None
            and (record.fault.fired or not record.with_fault)
        ]
        # Of one that came to nothing, only what there was of it counts: what it had not got to is no evidence.
        found = [(self._count(record), record.verdict) for record in exercised]
        counts = [count for count, verdict in found if count or verdict is not Verdict.UNKNOWN]
        shown, trials = sum(count > 0 for count in counts), len(counts)
        return (
            shown,
            trials,
            sum(counts),
            f"{self.error or self.what} in {_rate(shown, trials)} of {listed(self.arms)}{self._for_whom}",
        )

    def _count(self, record: TrialRecord) -> int:
        match self.what:
            case "failed" | "unknown":
                return getattr(record.counts, self.what) or 0
            case "no_report":
                return (record.errors or {}).get(NO_REPORT, 0)
            case "error":
                return (record.errors or {}).get(self.error or "", 0)
            case "client_died":
                return int(CLIENT_DIED in (record.reason or ""))
            case _:
                return getattr(self._found(record), self.what) or 0

    def _found(self, record: TrialRecord) -> Anomalies | None:
        """Where there are no transactions both consumers find the same."""
        return record.anomalies if self.isolation == "read_committed" else record.uncommitted or record.anomalies

    @property
    def _for_whom(self) -> str:
        return "" if self.isolation == "read_committed" else f", {self.isolation}"


class Happens(_Counted):
    """In every trial of these arms in which the fault fired, or, where that is the claim, in some."""

    check: Literal["happens"] = KIND
    how_often: Literal["always", "sometimes"] = Field(
        "always", description="in every trial in which the fault fired, or in at least one"
    )

    def decide(self, arms: Arms) -> Finding:
        shown, trials, total, said = self.shown(arms)
        said += f", {plural(total, 'message in all')}" if shown else ""
        if shown and (shown == trials or self.how_often == "sometimes"):
            return Finding(ClaimOutcome.REPRODUCED, said)
        if trials and not shown and self.how_often == "always":
            return Finding(ClaimOutcome.REFUTED, said)
        return Finding(ClaimOutcome.NOT_DECIDED, said)


class Never(_Counted):
    """In no trial of these arms, though the fault fired."""

    check: Literal["never"] = KIND

    def decide(self, arms: Arms) -> Finding:
        shown, trials, total, said = self.shown(arms)
        if shown:
            return Finding(ClaimOutcome.REFUTED, f"{said}, {plural(total, 'message in all')}")
        return Finding(ClaimOutcome.REPRODUCED if trials else ClaimOutcome.NOT_DECIDED, said)


def _rate(shown: int, trials: int) -> str:
    if not trials:
        return "no trial that exercised it"
    if not shown:
        return f"0 of {plural(trials, 'trial')} (at most {percent(at_most(trials))} a trial at 95 %)"
    low, high = interval(shown, trials)
    return f"{shown} of {plural(trials, 'trial')} ({percents(low, high)} a trial at 95 %)"
