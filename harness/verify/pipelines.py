"""What a pipeline's guarantee means for each anomaly of one trial."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.effects import Effects, InTurn, PipelineWorker
from harness.events import Guarantee, Point
from harness.store import Expectation
from harness.traits import Quirk
from harness.verify.befalls import Befalls
from harness.verify.cell import Producing, topic_of
from harness.verify.premises import Premises, foreseen_premises
from harness.verify.rules import OF_PIPELINES

_WITHOUT_MIDDLE = 2


@dataclass(frozen=True)
class PipelineCell:
    """All that the rules of pipelines look at."""

    guarantee: str
    killed_at: frozenset[str]
    """The points at which a worker was killed."""
    woken_at: frozenset[str]
    """The points at which a worker was frozen, or stalled, while another did its work, and went on then."""
    stalled_at: frozenset[str]
    """The points at which one stalled, whose transactional id nobody else had since."""
    subscribes: bool
    """Partitions are given by a group, which tells who is a member still, and not by hand."""
    undisturbed: bool
    """Nothing else was done, to brokers, line or producers."""
    once: bool
    """Inputs and outputs are each in their log once: both producers are idempotent, and no other sends again what one
    had sent.
    """
    stays: bool
    """Inputs and outputs that were acked stay, and so do offsets, whose commit is acked when all in sync have them."""
    client: str
    quirks: frozenset[Quirk]
    broker_ends: bool
    coordinator: str
    point: str
    """As a ``Cell``'s."""
    alone: bool
    """No fault is at work beside another."""


def pipeline_expectations(producing: Producing, config: Mapping[str, Any], faults: InTurn) -> list[Expectation]:
    """One for each anomaly of a pipeline. The last rule that applies decides. Rules rest on what holds however it goes:
    nobody watches who leads the topics of outputs and of offsets.
    """
    effects = [each for at_once in faults for each in at_once.values()]
    workers = [each.worker for each in effects if each is not None and each.worker is not None]
    befalls = [Befalls.by(each) for each in effects if each is not None]
    undisturbed = not any(each is None or replace(each, worker=None).do_anything for each in effects)
    guarantee = config["processing.guarantee"]
    idempotent = producing.idempotent or guarantee == Guarantee.EXACTLY_ONCE  # which a transactional.id brings with it
    cell = PipelineCell(
        guarantee,
        frozenset(_died_at(worker, config.get("pipeline.batch")) for worker in workers if worker.how == "killed"),
        frozenset(worker.point for worker in workers if worker.how in ("replaced", "stalled")),
        frozenset(worker.point for worker in workers if worker.how == "stalled"),
        config.get("pipeline.mode") == "subscribe",
        undisturbed=undisturbed,
        once=undisturbed or (idempotent and not any(each is None or _resends(each) for each in effects)),
        stays=undisturbed or _stays(producing, foreseen_premises(faults, topic_of(config)), effects),
        client=producing.client,
        quirks=producing.quirks,
        broker_ends=any(each.broker_ends for each in befalls),
        coordinator=next((each.coordinator for each in befalls if each.coordinator), ""),
        point=next((each.point for each in befalls if each.point), ""),
        alone=len(effects) == 1,
    )
    decided = {
        anomaly: next(rule for rule in reversed(rules) if rule.applies(cell)) for anomaly, rules in OF_PIPELINES.items()
    }
    return [
        Expectation(anomaly=anomaly.value, permission=rule.permission, reason=rule.reason, source=rule.source)
        for anomaly, rule in decided.items()
    ]


def _died_at(worker: PipelineWorker, batch: int | None) -> str:
    """The middle of one or two outputs is behind all of them."""
    is_behind = worker.point == Point.MID_SEND and batch is not None and batch <= _WITHOUT_MIDDLE
    return Point.AFTER_SEND.value if is_behind else worker.point


def _stays(producing: Producing, premises: Premises, effects: Sequence[Effects | None]) -> bool:
    if None in effects or producing.acks == "0":
        return False
    return premises.leads_on if producing.acks == "1" else premises.survives


def _resends(effects: Effects) -> bool:
    return effects.producer is not None and effects.producer.resends
