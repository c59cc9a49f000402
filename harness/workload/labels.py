"""Names of a trial's parts: short ones for its id, which is also a file name, and plain ones for people."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any

from harness.clients import Setting as Value
from harness.clients.named import BEHIND, Named
from harness.events import flat_parameters
from harness.words import listed, setting
from harness.workload.settings import SETTINGS

Sizes = Sequence[tuple[int, int]]
"""Bytes, and of how many in each hundred messages."""
_SAFE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,39}")


def axes_label(axes: Mapping[str, Value]) -> str:
    """``confluent-kafka.acks-all.idem.rf-3``: in one order whatever the order of the sweep."""
    return ".".join(_axis_label(axis, axes[axis]) for axis in _in_order(axes))


def axes_name(axes: Mapping[str, Value]) -> str:
    """``confluent-kafka acks=all idempotent RF=3``."""
    return " ".join(_axis_name(axis, axes[axis]) for axis in _in_order(axes))


def load_label(rate: object, sizes: Sizes) -> str:
    """``rate-max.size-100``; ``rate-max.size-99x200-1x2000000``."""
    each = [f"{percent}x{size}" if len(sizes) > 1 else f"{size}" for size, percent in sizes]
    return f"rate-{_safe(rate)}.size-{'-'.join(each)}"


def load_name(rate: object, sizes: Sizes) -> str:
    """``2000 msg/s, 100 B``."""
    return f"{'max rate' if rate == 'max' else f'{_safe(rate)} msg/s'}, {sizes_name(sizes)}"


def sizes_name(sizes: Sizes) -> str:
    """``100 B``; ``99 % of 200 B and 1 % of 2000000 B``."""
    return listed(f"{percent} % of {size} B" if len(sizes) > 1 else f"{size} B" for size, percent in sizes)


def recipe_label(name: str, differs: Mapping[str, Any]) -> str:
    """``lose-request-silent``: the parameters that are not the fault's defaults."""
    return "-".join([name.replace(" ", "-"), *(_flag(key.replace("_", "-"), value) for key, value in differs.items())])


def recipe_name(name: str, differs: Mapping[str, Any]) -> str:
    """``lose-request (silent=true)``; of a composition ``... (kill_leader.rate=500)``."""
    stated = ", ".join(setting(key, value) for key, value in flat_parameters(differs).items())
    return f"{name} ({stated})" if stated else name


def _in_order(axes: Mapping[str, Value]) -> list[str]:
    return ["client", *(name for name in SETTINGS if name in axes)]


def _axis_label(axis: str, value: Value) -> str:
    if axis == "client":
        named = Named.of(str(value))
        return named.name if named.version is None else f"{named.name}-{_safe(named.version)}"
    return _flag(SETTINGS[axis].label, value)


def _axis_name(axis: str, value: Value) -> str:
    return str(value).replace(BEHIND, " ") if axis == "client" else SETTINGS[axis].said(value)


def _flag(name: str, value: object) -> str:
    if isinstance(value, bool):
        return name if value else f"no-{name}"
    return f"{name}-{_safe(value)}"


def _safe(value: object) -> str:
    """The value as it is, where a file name can have it, else a hash of it."""
    text = str(value)
    if isinstance(value, float):
        text = f"{value:.15g}" if float(f"{value:.15g}") == value else repr(value)
    return text if _SAFE.fullmatch(text) else hashlib.sha256(text.encode()).hexdigest()[:8]
