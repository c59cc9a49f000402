"""How a report says what was measured: figures, rates and ratios over the repeats of a trial."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from harness.events import Anomaly
from harness.report.blocks import Words, joined
from harness.words import ABSENT, count, spaced

UNSTEADY = "†"
_SHORT: dict[str, str] = {Anomaly.DUPLICATE: "dup"}


@dataclass(frozen=True)
class Spread:
    """One figure over the repeats of a trial, the least and the most of them."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread | None:
        """Of the values that are there; None if none is."""
        there = [value for value in values if value is not None]
        return cls(median(there), min(there), max(there), len(there)) if there else None


def confidence(repeats: int) -> float:
    """With which the median of all such trials lies between the least and the most of so many: else all of them lie to
    one side of it.
    """
    return 1 - 2.0 ** (1 - repeats)


def word(anomaly: str) -> str:
    """Short enough for a cell."""
    return _SHORT.get(anomaly, spaced(anomaly))


def span(low: float, high: float) -> str:
    """``300``, or ``7–222`` where repeats differ."""
    return count(low) if low == high else f"{count(low)}–{count(high)}"


def figure(value: float | None) -> str:
    """Three significant digits, at most three decimals: ``0.082``, ``4.30``, ``152``, ``12,345``."""
    if value is None:
        return ABSENT
    if value >= 99.95:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if value >= 0.1 else f"{value:.3f}"


def rate(spread: Spread | None) -> str:
    """Messages a second, median and extent: ``52,300 (51,000–53,800)``."""
    if spread is None:
        return ABSENT
    return count(spread.median) + (f" ({span(spread.low, spread.high)})" if spread.repeats > 1 else "")


def within(spread: Spread | None) -> str:
    """Median and extent: ``4.30 (4.12–5.01)``."""
    if spread is None:
        return ABSENT
    return figure(spread.median) + (f" ({figure(spread.low)}–{figure(spread.high)})" if spread.repeats > 1 else "")


def seconds(value: float | None) -> str:
    return ABSENT if value is None else f"{round(value, 2) + 0.0:.2f}"  # + 0.0: no negative zero


def short(value: float) -> str:
    """For a chart's bar, three significant digits: ``312k``, ``1.25M``, ``940``, ``4.30``."""
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return figure(value / size) + suffix
    return figure(value)


def shortened(parts: Sequence[Words], most: int) -> Words:
    """``a, b and c`` of at least one thing that stands in a line; of more than so many ``a, b and 3 more``."""
    if len(parts) > most:
        parts = [*parts[:most], f"{len(parts) - most} more"]
    *others, final = parts
    return (joined(others, ", "), " and ", final) if others else final
