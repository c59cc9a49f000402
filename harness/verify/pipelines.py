"""What a pipeline's guarantee means for each anomaly of one trial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.effects import InTurn
from harness.store import Expectation
from harness.verify.rules.pipelines import OF_PIPELINES


@dataclass(frozen=True)
class PipelineCell:
    """All that the rules of pipelines look at."""

    guarantee: str
    killed_at: frozenset[str]
    """The points at which a worker was killed."""
    replaced: bool
    """A worker was frozen while another did its work, and woke up."""
    undisturbed: bool
    """Nothing else was done, to brokers, line or producers, and outputs have acks=all: what those might lose or write
    twice is no pipeline's doing.
    """


def pipeline_expectations(config: Mapping[str, Any], faults: InTurn) -> list[Expectation]:
    """One for each anomaly of a pipeline. The last rule that applies decides."""
    effects = [each for at_once in faults for each in at_once.values()]
    workers = [each.worker for each in effects if each is not None and each.worker is not None]
    disturbed = any(each is None or replace(each, worker=None).do_anything for each in effects)
    cell = PipelineCell(
        config["processing.guarantee"],
        frozenset(worker.point for worker in workers if worker.how == "killed"),
        any(worker.how == "replaced" for worker in workers),
        undisturbed=not disturbed and str(config.get("acks", "all")) in ("all", "-1"),
    )
    decided = {
        anomaly: next(rule for rule in reversed(rules) if rule.applies(cell)) for anomaly, rules in OF_PIPELINES.items()
    }
    return [
        Expectation(anomaly=anomaly.value, permission=rule.permission, reason=rule.reason, source=rule.source)
        for anomaly, rule in decided.items()
    ]
