"""Checks that compare: a figure of one arm with another's, repeat by repeat, or with bounds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Literal

from pydantic import Field

from harness.claims.checks.finding import KIND, Arms, BaseCheck, ClaimOutcome, Finding, Names
from harness.events import STABLE
from harness.measure.ratio import Ratio, paired_ratio
from harness.store import TrialRecord
from harness.words import extent, listed, percent, plural, times

Measure = Literal["messages_per_s", "p50_ms", "p99_ms", "max_ms", "longest_gap_s", "gave_up_ms", "stable_s"]


class More(BaseCheck):
    """One arm has more of a measure than each of the others, by more than chance.

    It is refuted where the interval says that it has not even ``margin`` more than one of them.
    """

    check: Literal["more"] = KIND
    measure: Measure = Field(description="a figure of each trial")
    arm: str = Field(description="the arm whose figure it is about")
    than: Names = Field(description="the arms that it is compared with")
    margin: float = Field(0.05, ge=0, lt=1, description="surely less than so much more refutes it")

    @property
    def named(self) -> Iterable[str]:
        return (self.arm, *self.than)

    def decide(self, arms: Arms) -> Finding:
        ratios = {other: _ratio(self.measure, arms[self.arm], arms[other]) for other in self.than}
        said = f"{self.measure} of {self.arm}: " + ", ".join(
            f"{_said(ratio)} that of {other}" for other, ratio in ratios.items()
        )
        if any(ratio is None for ratio in ratios.values()):
            return Finding(ClaimOutcome.NOT_DECIDED, f"{said}: too few repeats")
        found = [ratio for ratio in ratios.values() if ratio is not None]
        if all(ratio.low > 1 for ratio in found):
            return Finding(ClaimOutcome.REPRODUCED, said)
        refuted = any(ratio.high < 1 + self.margin for ratio in found)
        return Finding(ClaimOutcome.REFUTED if refuted else ClaimOutcome.NOT_DECIDED, said)


class Equivalent(BaseCheck):
    """Two arms have the same of a measure, within a margin: shown by an interval within it, not by a missed difference.

    Two one-sided tests at 5 % each, so the interval is one of 90 %. What is not within the margin is refuted where a
    difference is shown: the interval is outside, or, however large it may be, the one of 95 % leaves no room for none.
    """

    check: Literal["equivalent"] = KIND
    measure: Measure = Field(description="a figure of each trial")
    arm: str = Field(description="the arm whose figure it is about")
    to: str = Field(description="the arm that it is compared with")
    margin: float = Field(0.1, gt=0, lt=1, description="how much is as good as the same")

    @property
    def named(self) -> Iterable[str]:
        return (self.arm, self.to)

    def decide(self, arms: Arms) -> Finding:
        ratio = _ratio(self.measure, arms[self.arm], arms[self.to], confidence=0.9)
        said = f"{self.measure} of {self.arm}: {_said(ratio, 90)} that of {self.to}; margin {percent(self.margin)}"
        if ratio is None:
            return Finding(ClaimOutcome.NOT_DECIDED, f"{said}: too few repeats")
        low, high = 1 / (1 + self.margin), 1 + self.margin
        if low <= ratio.low and ratio.high <= high:
            return Finding(ClaimOutcome.REPRODUCED, said)
        if ratio.high < low or ratio.low > high:
            return Finding(ClaimOutcome.REFUTED, said)
        wider = _ratio(self.measure, arms[self.arm], arms[self.to])
        if wider is not None and (wider.high < 1 or wider.low > 1):
            return Finding(ClaimOutcome.REFUTED, f"{said}; {extent(wider.low, wider.high)} at 95 %: not the same")
        return Finding(ClaimOutcome.NOT_DECIDED, said)


class Within(BaseCheck):
    """A measure is between two bounds in every trial of these arms."""

    check: Literal["within"] = KIND
    measure: Measure = Field(description="a figure of each trial")
    arms: Names
    low: float = Field(0, description="the least")
    high: float | None = Field(None, description="the most; no bound unless it is given")

    def decide(self, arms: Arms) -> Finding:
        figures = [value for name in self.arms for value in _measured(self.measure, arms[name])]
        bounds = f"at least {self.low:g}" if self.high is None else f"from {self.low:g} to {self.high:g}"
        if not figures:
            return Finding(ClaimOutcome.NOT_DECIDED, f"no {self.measure} of {listed(self.arms)}")
        said = f"{self.measure} of {listed(self.arms)}: {', '.join(f'{each:,.4g}' for each in figures)}; {bounds}"
        inside = [self.low <= each and (self.high is None or each <= self.high) for each in figures]
        if all(inside):
            return Finding(ClaimOutcome.REPRODUCED, said)
        return Finding(ClaimOutcome.NOT_DECIDED if any(inside) else ClaimOutcome.REFUTED, said)


def _measured(measure: str, records: Sequence[TrialRecord]) -> list[float]:
    return [value for record in records if (value := _one(measure, record)) is not None]


def _one(measure: str, record: TrialRecord) -> float | None:
    match measure:
        case "messages_per_s":
            return record.throughput.messages_per_s if record.throughput else None
        case "longest_gap_s":
            return record.availability.longest_gap_s if record.availability else None
        case "stable_s":
            return next((event["seconds"] for event in record.fault.events if event["what"] == STABLE), None)
        case "gave_up_ms":
            return record.gave_up_ms.p50 if record.gave_up_ms else None
        case _:
            return float(getattr(record.latency_ms, measure.removesuffix("_ms"))) if record.latency_ms else None


def _ratio(
    measure: str, these: Sequence[TrialRecord], those: Sequence[TrialRecord], confidence: float = 0.95
) -> Ratio | None:
    """By client and repeat, and by version where an arm has several of a client; what was not measured on both sides is
    left out.
    """
    several = _in_versions(these) | _in_versions(those)

    def alike(each: TrialRecord) -> tuple[str, str | None, int]:
        return each.client, each.client_version if each.client in several else None, each.repeat

    figures = [{alike(each): _one(measure, each) for each in arm} for arm in (these, those)]
    pairs = [
        (ours, theirs)
        for key, ours in figures[0].items()
        if ours is not None and (theirs := figures[1].get(key)) is not None
    ]
    return paired_ratio([ours for ours, _ in pairs], [theirs for _, theirs in pairs], confidence)


def _in_versions(records: Sequence[TrialRecord]) -> set[str]:
    """The clients of which there are several."""
    ran = {(each.client, each.client_version) for each in records}
    return {client for client, count in Counter(client for client, _ in ran).items() if count > 1}


def _said(ratio: Ratio | None, confidence: int = 95) -> str:
    if ratio is None:
        return "(no interval)"
    return f"{times(ratio.estimate)} ({extent(ratio.low, ratio.high)} at {confidence} %, {plural(ratio.pairs, 'pair')})"
