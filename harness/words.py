"""How a value, a list, a count, a share or a time is said, in messages, plans, claims and reports alike.

What is absent is an em dash, never 0.
"""

from __future__ import annotations

from collections.abc import Iterable

ABSENT = "—"


def plain(value: object) -> str:
    """A setting or a piece of evidence: ``true``, ``1/5`` for a list."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value:
        return "/".join(map(plain, value))
    return ABSENT if value is None or value == [] else str(value)


def setting(name: str, value: object) -> str:
    """``acks=all``; under a name of several words ``min ISR 2``."""
    return f"{name} {plain(value)}" if " " in name else f"{name}={plain(value)}"


def spaced(name: str) -> str:
    """A name of ours in words: ``failed landed``."""
    return name.replace("_", " ")


def listed(parts: Iterable[str], last: str = "and") -> str:
    """``a, b and c``, or whatever stands before the last."""
    *others, final = [*parts] or [""]
    return f"{', '.join(others)} {last} {final}" if others else final


def options(values: Iterable[object]) -> str:
    """What there is to choose from, as a message has it behind ``one of``: ``0, 1, all``."""
    return ", ".join(map(plain, values))


def count(value: float | None) -> str:
    """A whole number: ``12,000``."""
    return ABSENT if value is None else f"{value:,.0f}"


def plural(number: int, noun: str) -> str:
    """``1 trial``, ``12 trials with a fault``."""
    first, *rest = noun.split(" ")
    return " ".join([f"{count(number)} {first}" + ("" if number == 1 else "s"), *rest])


def percent(share: float) -> str:
    """Of 1: ``22 %``."""
    return f"{100 * share:.0f} %"


def percents(low: float, high: float) -> str:
    """Of 1: ``9 to 99 %``."""
    return f"{100 * low:.0f} to {percent(high)}"


def times(ratio: float) -> str:
    """``0.83x``, ``12x``, ``0.004x``: two digits are what repeats can bear."""
    if ratio < 0.095:
        return f"{ratio:.1g}x"
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"


def extent(low: float, high: float) -> str:
    """Of ratios: ``0.77x to 0.90x``, or one of them where they are said alike."""
    return times(low) if times(low) == times(high) else f"{times(low)} to {times(high)}"


def duration(seconds: float) -> str:
    """``12.5 s``, ``3 min 20 s``."""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def size(size_bytes: int) -> str:
    """``1.5 MB``, ``2.0 GB``: powers of ten, as disks are sold."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.1f} MB"
