"""What a run saw, written by hand: events a tenth of a second apart, in their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.events import Outcome
from harness.journal.mapped import NONE
from harness.verify import Seen
from harness.verify.seen import Noted

STEP_NS = 100_000_000


def led(leader: int, epoch: int = 0, partition: int = 0) -> dict[str, Any]:
    return {"what": "leader", "leader": leader, "epoch": epoch, "partition": partition}


def isr(*nodes: int, partition: int = 0) -> dict[str, Any]:
    return {"what": "isr", "isr": list(nodes), "leader": nodes[0] if nodes else -1, "partition": partition}


def did(what: str, node: int | None = None, **detail: Any) -> dict[str, Any]:
    return {"what": what, **({} if node is None else {"node": node}), **detail}


def seen(
    *events: dict[str, Any],
    partitions: int = 1,
    sent_at: tuple[float, ...] = (0.0,),
    acked_at: tuple[float | None, ...] = (0.05,),
    gave_up: bool = False,
) -> Seen:
    """The first event is at second 0. Messages are ``sent_at`` and ``acked_at`` these seconds, None for no report."""
    reported_ns = np.array([NONE if at is None else round(at * 1e9) for at in acked_at], np.int64)
    sent_ns = np.array([round(at * 1e9) for at in sent_at], np.int64)
    outcome = np.where(reported_ns == NONE, Outcome.FAILED, Outcome.ACKED).astype(np.uint8)
    return Seen(
        events=[{"at_ns": i * STEP_NS, **event} for i, event in enumerate(events)],
        partitions=partitions,
        noted=[Noted(sent_ns, reported_ns, outcome)],
        gave_up=gave_up,
    )
