"""How a report says a value, a setting, a count, a list. What is absent is an em dash, never 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import overload

from harness.events import Anomaly
from harness.report.blocks import Words

ABSENT = "—"
UNSTEADY = "†"
_SHORT: dict[str, str] = {Anomaly.DUPLICATE: "dup"}


@dataclass(frozen=True)
class Spread:
    """One figure over the repeats of a trial."""

    median: float
    low: float
    high: float
    repeats: int

    @classmethod
    def of(cls, values: Sequence[float | None]) -> Spread | None:
        """Of the values that are there; None if none is."""
        there = [value for value in values if value is not None]
        return cls(median(there), min(there), max(there), len(there)) if there else None


def plain(value: object) -> str:
    """A setting or a piece of evidence: ``true``, ``1/5`` for a list."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value:
        return "/".join(map(plain, value))
    return ABSENT if value is None or value == [] else str(value)


def setting(name: str, value: object) -> str:
    """``acks=all``, ``enable.idempotence=true``."""
    return f"{name}={plain(value)}"


def spaced(name: str) -> str:
    """A name of ours in words: ``failed landed``."""
    return name.replace("_", " ")


def word(anomaly: str) -> str:
    """Short enough for a cell."""
    return _SHORT.get(anomaly, spaced(anomaly))


def count(value: float | None) -> str:
    """A whole number: ``12,000``."""
    return ABSENT if value is None else f"{value:,.0f}"


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


def middle(spread: Spread | None) -> str:
    """The median alone."""
    return ABSENT if spread is None else figure(spread.median)


def ratio(spread: Spread | None) -> str:
    """``0.83x``, or with its extent over the repeats ``0.83x (0.79x to 0.88x)``."""
    if spread is None:
        return ABSENT
    extent = f" ({_extent(spread.low, spread.high)})" if spread.repeats > 1 else ""
    return _times(spread.median) + extent


def ratios(spreads: Sequence[Spread]) -> str:
    """``0.77x to 0.90x (0.70x to 0.95x over all repeats)``."""
    medians = [spread.median for spread in spreads]
    low, high = min(spread.low for spread in spreads), max(spread.high for spread in spreads)
    return f"{_extent(min(medians), max(medians))} ({_extent(low, high)} over all repeats)"


def _extent(low: float, high: float) -> str:
    return _times(low) if _times(low) == _times(high) else f"{_times(low)} to {_times(high)}"


def _times(value: float) -> str:
    """Two digits are what repeats can bear."""
    return f"{value:.2f}x" if value < 10 else f"{value:.0f}x"


def seconds(value: float | None) -> str:
    return ABSENT if value is None else f"{round(value, 2) + 0.0:.2f}"  # + 0.0: no negative zero


def short(value: float) -> str:
    """For a chart's bar, three significant digits: ``312k``, ``1.25M``, ``940``, ``4.30``."""
    for size, suffix in ((1e6, "M"), (1e3, "k")):
        if value >= size * 0.9995:
            return figure(value / size) + suffix
    return figure(value)


def plural(number: int, noun: str) -> str:
    """``1 trial``, ``12 trials with a fault``."""
    first, *rest = noun.split(" ")
    return " ".join([f"{count(number)} {first}" + ("" if number == 1 else "s"), *rest])


@overload
def listed(parts: Sequence[str], limit: int | None = None) -> str: ...
@overload
def listed(parts: Sequence[Words], limit: int | None = None) -> Words: ...
def listed(parts: Sequence[Words], limit: int | None = None) -> Words:
    """``a, b and c``; past the limit ``a, b and 3 more``. Of text alone it is text."""
    if limit is not None and len(parts) > limit:
        parts = [*parts[:limit], f"{len(parts) - limit} more"]
    between = ["", *[", "] * (len(parts) - 2), " and "]
    said = [each for pair in zip(between, parts, strict=False) for each in pair]
    texts = [each for each in said if isinstance(each, str)]
    return "".join(texts) if len(texts) == len(said) else tuple(said)
