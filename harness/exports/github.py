"""benchmark-action/github-action-benchmark: arrays for ``customBiggerIsBetter`` and ``customSmallerIsBetter``.

It compares with the run before alone, so it is for charts; ``sweep --against`` is the gate.
"""

from __future__ import annotations

import json

from harness.exports.series import Watched
from harness.words import plural


def export(watched: Watched) -> dict[str, str]:
    """Figures of which more is better, and those of which less is."""
    return {
        "github-bigger-is-better.json": _array(watched, more_is_worse=False),
        "github-smaller-is-better.json": _array(watched, more_is_worse=True),
    }


def _array(watched: Watched, *, more_is_worse: bool) -> str:
    return json.dumps(
        [
            {
                "name": each.name,
                "unit": each.unit,
                "value": each.median,
                "range": f"{min(each.values):.6g} to {max(each.values):.6g}",
                "extra": plural(len(each.values), "repeat"),
            }
            for each in watched.series
            if each.gauge.more_is_worse is more_is_worse
        ],
        indent=2,
    )
