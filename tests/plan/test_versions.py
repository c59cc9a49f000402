"""Versions of clients in a plan: each is an axis of its own, named in ids, and on record by the client's name."""

from __future__ import annotations

import pytest

from harness.clients.named import Named
from harness.plan import Trial
from harness.provenance import describe

from .planning import planned

SWEEP = {"client": ["aiokafka==0.12.0", "aiokafka==1.2.3"], "acks": ["all"]}
OLD, HERE, *_ = [planned({"sweep": {**SWEEP, "client": [client]}}).trials[0] for client in SWEEP["client"]]


def test_a_client_in_a_version_is_the_client_with_that_version() -> None:
    assert (OLD.client, OLD.client_version, OLD.driven) == ("aiokafka", "0.12.0", Named("aiokafka", "0.12.0"))
    assert (HERE.client, HERE.client_version, HERE.driven) == ("aiokafka", "1.2.3", Named("aiokafka"))


@pytest.mark.parametrize(("trial", "begins"), [(OLD, "aiokafka-0.12.0."), (HERE, "aiokafka-1.2.3.")])
def test_its_id_and_name_are_as_it_is_written(trial: Trial, begins: str) -> None:
    assert trial.id.startswith(begins)
    assert trial.name.startswith(begins.replace("-", " ").rstrip("."))


def test_trials_of_two_versions_have_ids_of_their_own() -> None:
    trials = planned({"sweep": SWEEP}).trials
    alone = planned({"sweep": {**SWEEP, "client": ["aiokafka"]}}).trials
    assert len({trial.id for trial in trials}) == len(trials) == 2 * len(alone)


def test_a_run_names_each_version() -> None:
    made = planned({"sweep": {**SWEEP, "client": [*SWEEP["client"], "kafka-python"]}})
    run = describe("run", made.workload, made)
    assert run["clients"] == run["starts"][0]["clients"] == {"aiokafka": "0.12.0 and 1.2.3", "kafka-python": "1.2.3"}
