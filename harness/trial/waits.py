"""The bounds of a trial's waits: from its load, its client's settings and what its fault does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness import clients, verify
from harness.bounds import Bounds, ClientWaits, bytes_of
from harness.clients.traits import traits
from harness.faults.fault import InTurn, Script
from harness.faults.timing import losses, outage_s, slowest_rate
from harness.plan import Trial


def client_waits(client: str, stated: Mapping[str, Any], effective: Mapping[str, Any]) -> ClientWaits:
    """How long a client waits that was given the ``stated`` settings and runs with the ``effective`` ones."""
    module = clients.load(client)
    # Stated, it is how long the client waits; else it may be only what the broker is told.
    answer_s = float(stated["request.timeout.ms"]) / 1000 if "request.timeout.ms" in stated else module.ANSWER_S
    backoff_s, linger_s = (float(effective.get(name, 0)) / 1000 for name in ("retry.backoff.ms", "linger.ms"))
    return ClientWaits(
        answer_s=answer_s,
        again_s=linger_s + max(backoff_s, module.RECONNECT_S),
        report_s=verify.report_within_s(traits(client), {**stated, **effective}),
    )


def bounds_of(
    trial: Trial, effective: Mapping[str, Any], brokers: int, script: Script | InTurn | None = None
) -> Bounds:
    """``script`` is that of its fault, if it has one; ``brokers`` are those of its cluster. A pace is shared out among
    the producers.
    """
    waits = client_waits(trial.client, trial.producer_config, effective)
    stored_bytes = bytes_of(trial.load.messages, trial.load.message_size)
    if script is None:
        rate = None if trial.load.rate == "max" else trial.load.rate
        return Bounds.of(waits, stored_bytes, rate=rate and rate / trial.producers)
    rate = slowest_rate(script.every_step)
    return Bounds.of(
        waits,
        stored_bytes,
        rate=rate and rate / trial.producers,
        outage_s=outage_s(script.every_step, brokers),
        losses=losses(script.every_step),
    )
