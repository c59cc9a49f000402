"""Whether a configuration keeps up with a rate: its latency stays under a bound, and what waits does not grow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.journal.sealed import ProducerColumns
from harness.measure.measured import parts
from harness.store import Percentiles, Sustained

FALLS_BEHIND = 0.01
"""Of each second that is sent a hundredth more waits: such a backlog has no end, and only the load's end hides it."""


def sustained(producers: Sequence[ProducerColumns], latency: Percentiles | None, p99_ms: float) -> Sustained | None:
    """Of a load with a rate of its own; None if nothing was acked. ``latency`` counts from when messages were due."""
    if latency is None:
        return None
    behind = falls_behind(producers)
    why = None
    if latency.p99 > p99_ms:
        why = f"p99 {latency.p99:.3g} ms"
    elif behind > FALLS_BEHIND:
        why = f"it fell behind by {behind:.1%} of the load"
    return Sustained(p99_ms=latency.p99, falls_behind=behind, holds=why is None, why=why)


def falls_behind(producers: Sequence[ProducerColumns]) -> float:
    """How much longer messages waited in the last third of a load than in its first, by their medians, a second that
    lay between them: 0.5 if half of what was due was left waiting, about 0 if nothing was.
    """
    measured = parts(producers)
    due_ns = np.concatenate([part.due_ns[part.counted] for part in measured])
    waited_ns = np.concatenate([(part.done_ns - part.due_ns)[part.counted] for part in measured])
    first, last = np.quantile(due_ns, [1 / 3, 2 / 3])
    early, late = due_ns <= first, due_ns >= last
    between_ns = float(np.median(due_ns[late]) - np.median(due_ns[early]))
    return float(np.median(waited_ns[late]) - np.median(waited_ns[early])) / between_ns if between_ns > 0 else 0.0
