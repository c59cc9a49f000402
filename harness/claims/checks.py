"""What decides a claim: checks on the records of its arms. Pure; each says its finding and the figures behind it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.events import CLIENT_DIED, NO_REPORT
from harness.measure.proportion import at_most, interval
from harness.measure.ratio import Ratio, paired_ratio
from harness.store import TrialRecord

Arms = Mapping[str, Sequence[TrialRecord]]
Names = Annotated[tuple[str, ...], Field(min_length=1)]

What = Literal[
    "lost",
    "duplicate",
    "reordered",
    "unknown_landed",
    "unknown_absent",
    "failed_landed",
    "failed",
    "unknown",
    "no_report",
    "client_died",
    "error",
]
"""An anomaly; messages with an outcome, those of which the client never said anything; a client that sends no more; or
messages that ended with the error named by ``error``."""
Measure = Literal["messages_per_s", "p50_ms", "p99_ms", "max_ms", "longest_gap_s", "gave_up_ms"]


class Outcome(StrEnum):
    """What became of a claim."""

    REPRODUCED = "reproduced"
    REFUTED = "refuted"
    NOT_DECIDED = "not_decided"


@dataclass(frozen=True)
class Finding:
    outcome: Outcome
    evidence: str
    """One sentence with the figures."""


class _Check(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def named(self) -> Iterable[str]:
        """The arms that it looks at."""
        return getattr(self, "arms", ())

    def decide(self, arms: Arms) -> Finding:
        raise NotImplementedError


class _Counted(_Check):
    """What is counted in each trial."""

    what: What
    error: str | None = None
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
            if record.counts is not None and record.anomalies is not None and record.fault.fired
        ]
        counts = [self._count(record) for record in exercised]
        shown, trials = sum(count > 0 for count in counts), len(counts)
        return (
            shown,
            trials,
            sum(counts),
            f"{self.error or self.what} in {_rate(shown, trials)} of {_listed(self.arms)}",
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
                return getattr(record.anomalies, self.what) or 0


class Happens(_Counted):
    """In every trial of these arms in which the fault fired, or, where that is the claim, in some."""

    check: Literal["happens"]
    how_often: Literal["always", "sometimes"] = "always"

    def decide(self, arms: Arms) -> Finding:
        shown, trials, total, said = self.shown(arms)
        said += f", {total:,} messages in all" if shown else ""
        if shown and (shown == trials or self.how_often == "sometimes"):
            return Finding(Outcome.REPRODUCED, said)
        if trials and not shown and self.how_often == "always":
            return Finding(Outcome.REFUTED, said)
        return Finding(Outcome.NOT_DECIDED, said)


class Never(_Counted):
    """In no trial of these arms, though the fault fired."""

    check: Literal["never"]

    def decide(self, arms: Arms) -> Finding:
        shown, trials, total, said = self.shown(arms)
        if shown:
            return Finding(Outcome.REFUTED, f"{said}, {total:,} messages in all")
        return Finding(Outcome.REPRODUCED if trials else Outcome.NOT_DECIDED, said)


class More(_Check):
    """One arm has more of a measure than each of the others, by more than chance.

    It is refuted where the interval says that it has not even ``margin`` more than one of them.
    """

    check: Literal["more"]
    measure: Measure
    arm: str
    than: Names
    margin: float = Field(0.05, ge=0, lt=1)

    @property
    def named(self) -> Iterable[str]:
        return (self.arm, *self.than)

    def decide(self, arms: Arms) -> Finding:
        ratios = {other: _ratio(self.measure, arms[self.arm], arms[other]) for other in self.than}
        said = f"{self.measure} of {self.arm}: " + ", ".join(
            f"{_times(ratio)} that of {other}" for other, ratio in ratios.items()
        )
        if any(ratio is None for ratio in ratios.values()):
            return Finding(Outcome.NOT_DECIDED, f"{said}: too few repeats")
        found = [ratio for ratio in ratios.values() if ratio is not None]
        if all(ratio.low > 1 for ratio in found):
            return Finding(Outcome.REPRODUCED, said)
        refuted = any(ratio.high < 1 + self.margin for ratio in found)
        return Finding(Outcome.REFUTED if refuted else Outcome.NOT_DECIDED, said)


class Equivalent(_Check):
    """Two arms have the same of a measure, within a margin: shown by an interval within it, not by a missed difference.

    Two one-sided tests at 5 % each, so the interval is one of 90 %.
    """

    check: Literal["equivalent"]
    measure: Measure
    arm: str
    to: str
    margin: float = Field(0.1, gt=0, lt=1)

    @property
    def named(self) -> Iterable[str]:
        return (self.arm, self.to)

    def decide(self, arms: Arms) -> Finding:
        ratio = _ratio(self.measure, arms[self.arm], arms[self.to], confidence=0.9)
        said = f"{self.measure} of {self.arm}: {_times(ratio, 90)} that of {self.to}; margin {self.margin:.0%}"
        if ratio is None:
            return Finding(Outcome.NOT_DECIDED, f"{said}: too few repeats")
        low, high = 1 / (1 + self.margin), 1 + self.margin
        if low <= ratio.low and ratio.high <= high:
            return Finding(Outcome.REPRODUCED, said)
        outside = ratio.high < low or ratio.low > high
        return Finding(Outcome.REFUTED if outside else Outcome.NOT_DECIDED, said)


class Within(_Check):
    """A measure is between two bounds in every trial of these arms."""

    check: Literal["within"]
    measure: Measure
    arms: Names
    low: float = 0
    high: float = float("inf")

    def decide(self, arms: Arms) -> Finding:
        figures = [value for name in self.arms for value in _measured(self.measure, arms[name])]
        bounds = f"from {self.low:g} to {self.high:g}" if self.high < float("inf") else f"at least {self.low:g}"
        if not figures:
            return Finding(Outcome.NOT_DECIDED, f"no {self.measure} of {_listed(self.arms)}")
        said = f"{self.measure} of {_listed(self.arms)}: {', '.join(f'{each:,.4g}' for each in figures)}; {bounds}"
        inside = [self.low <= each <= self.high for each in figures]
        if all(inside):
            return Finding(Outcome.REPRODUCED, said)
        return Finding(Outcome.NOT_DECIDED if any(inside) else Outcome.REFUTED, said)


class Runs(_Check):
    """What clients really run with when nothing is said: a setting's value for each client, null where it has none."""

    check: Literal["runs"]
    setting: str
    arms: Names
    values: Mapping[str, Any]

    def decide(self, arms: Arms) -> Finding:
        records = [record for name in self.arms for record in arms[name] if record.effective is not None]
        found = {record.client: record.effective.get(self.setting) for record in records if record.effective}
        said = ", ".join(f"{client} {_value(value)}" for client, value in found.items())
        said = f"{self.setting}: {said or 'no trial ran'}"
        if found.keys() != self.values.keys():
            return Finding(Outcome.NOT_DECIDED, said)
        return Finding(Outcome.REPRODUCED if found == dict(self.values) else Outcome.REFUTED, said)


Check = Annotated[Happens | Never | More | Equivalent | Within | Runs, Field(discriminator="check")]


def decide(checks: Sequence[Check], arms: Arms) -> tuple[Outcome, list[Finding]]:
    """All checks together: refuted if one is, reproduced if all are."""
    findings = [check.decide(arms) for check in checks]
    outcomes = {finding.outcome for finding in findings}
    for outcome in (Outcome.REFUTED, Outcome.NOT_DECIDED):
        if outcome in outcomes:
            return outcome, findings
    return Outcome.REPRODUCED, findings


def _measured(measure: str, records: Sequence[TrialRecord]) -> list[float]:
    return [value for record in records if (value := _one(measure, record)) is not None]


def _one(measure: str, record: TrialRecord) -> float | None:
    match measure:
        case "messages_per_s":
            return record.throughput.messages_per_s if record.throughput else None
        case "longest_gap_s":
            return record.availability.longest_gap_s if record.availability else None
        case "gave_up_ms":
            return record.gave_up_ms.p50 if record.gave_up_ms else None
        case _:
            return float(getattr(record.latency_ms, measure.removesuffix("_ms"))) if record.latency_ms else None


def _ratio(
    measure: str, these: Sequence[TrialRecord], those: Sequence[TrialRecord], confidence: float = 0.95
) -> Ratio | None:
    """By client and repeat; what was not measured on both sides is left out."""
    figures = [{(each.client, each.repeat): _one(measure, each) for each in records} for records in (these, those)]
    pairs = [
        (ours, theirs)
        for key, ours in figures[0].items()
        if ours is not None and (theirs := figures[1].get(key)) is not None
    ]
    return paired_ratio([ours for ours, _ in pairs], [theirs for _, theirs in pairs], confidence)


def _times(ratio: Ratio | None, confidence: int = 95) -> str:
    if ratio is None:
        return "(no interval)"
    return f"{ratio.estimate:.2f} times ({ratio.low:.2f} to {ratio.high:.2f} at {confidence} %, {ratio.pairs} pairs)"


def _rate(shown: int, trials: int) -> str:
    if not trials:
        return "no trial that exercised it"
    if not shown:
        return f"0 of {trials} trials (at most {at_most(trials):.0%} a trial at 95 %)"
    low, high = interval(shown, trials)
    return f"{shown} of {trials} trials ({low:.0%} to {high:.0%} a trial at 95 %)"


def _value(value: object) -> str:
    return "has no such setting" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names)
