"""One fault trial on the session's cluster, run and judged."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness import trial
from harness.judge import judge
from harness.kinds import KINDS
from harness.store import TrialRecord
from harness.sweep import plan_of
from harness.trial import Venue
from harness.workload import parse

Run = Callable[..., TrialRecord]
_runs = itertools.count(1)


@pytest.fixture
def run(venue: Venue) -> Run:
    """Runs and judges one fault trial."""
    return runner(venue)


@pytest.fixture
def run_relayed(relayed_venue: Venue) -> Run:
    """The same on a cluster with relays between its nodes."""
    return runner(relayed_venue)


def runner(venue: Venue) -> Run:
    """Runs and judges one fault trial at a time there."""

    def run_one(
        client: str, fault: str, parameters: dict[str, Any] | None = None, partitions: int = 1, **settings: Any
    ) -> TrialRecord:
        dotted = {name.replace("_", "."): value for name, value in settings.items()}
        workload = parse(
            {
                "name": "recipe",
                "kafka": "4.4.0",
                "sweep": {"client": [client]},
                # Longer than a busy machine takes to hand over fifty messages: one flush is one request.
                "config": {"enable.idempotence": False, "replication.factor": 3, "linger.ms": 25, **dotted},
                "faults": {"partitions": partitions, "recipes": [{"name": fault, **(parameters or {})}]},
            }
        )
        (planned,) = plan_of(workload).trials
        assert planned.skip is None and (not planned.cluster.links or venue.cluster.links is not None)
        # As a run of its own: what one trial leaves must not pass for another's when the same is run twice.
        where = replace(venue, run_id=f"tests-{next(_runs)}")
        return judge(trial.run(planned, KINDS[planned.kind], where)(), where.journals)

    return run_one


def found(record: TrialRecord) -> dict[str, int]:
    """The anomalies that are not zero."""
    assert record.anomalies is not None, record
    return {name: count for name, count in record.anomalies.model_dump().items() if count}
