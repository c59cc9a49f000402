"""What guarantees less than what: whatever the settings, and whoever does not state them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.guarantees import Setup, weakens

from .synthetic_records import one

_STRONG: Mapping[str, Any] = {
    "acks": "all",
    "enable.idempotence": True,
    "retries": 2**31 - 1,
    "max.in.flight.requests.per.connection": 5,
    "delivery.timeout.ms": 120_000,
    "request.timeout.ms": 30_000,
    "replication.factor": 3,
    "min.insync.replicas": 2,
    "unclean.leader.election.enable": False,
    "flush.messages": 1,
    "eligible.leader.replicas.version": 1,
    "transactional": True,
}


def _weakens(config: Mapping[str, Any], other: Mapping[str, Any], client: str = "confluent-kafka") -> list[str]:
    return weakens(Setup(client, config, {}), Setup(client, other, {}))


def test_what_a_pipeline_does_again_its_client_may_give_up_sooner() -> None:
    def pipeline(guarantee: str, seconds: int) -> Setup:
        stated = {"acks": "all", "processing.guarantee": guarantee, "delivery.timeout.ms": seconds * 1000}
        return Setup("confluent-kafka", stated, {})

    assert weakens(pipeline("at-least-once", 300), pipeline("exactly-once", 60)) == []
    assert weakens(pipeline("at-most-once", 300), pipeline("exactly-once", 60)) == []
    assert weakens(pipeline("at-most-once", 300), pipeline("at-most-once", 60)) == ["gives up sooner"]


def test_outputs_of_a_pipeline_may_be_idempotent_too() -> None:
    once, again = (
        {"acks": "all", "enable.idempotence": on, "processing.guarantee": "at-most-once"} for on in (True, False)
    )
    assert _weakens(once, again) == ["idempotence off"]
    exactly = {"acks": "all", "processing.guarantee": "exactly-once"}
    assert _weakens(once, exactly) == [], "transactions bring it with them"


@pytest.mark.parametrize(
    ("change", "weaker"),
    [
        ({"acks": "1"}, ["weaker acks", "idempotence off"]),  # which needs all
        ({"acks": "0"}, ["weaker acks", "idempotence off"]),
        ({"acks": -1}, []),
        ({"enable.idempotence": False}, ["idempotence off"]),
        ({"retries": 5}, ["fewer retries"]),
        ({"retries": 0}, ["idempotence off", "fewer retries"]),
        ({"max.in.flight.requests.per.connection": 1}, []),
        ({"max.in.flight.requests.per.connection": 6}, ["idempotence off", "more requests in flight"]),
        ({"delivery.timeout.ms": 500}, ["gives up sooner"]),
        ({"delivery.timeout.ms": 300_000}, []),
        ({"replication.factor": 2}, ["fewer replicas"]),
        ({"replication.factor": 1}, ["fewer replicas", "fewer replicas in sync"]),  # of one, one is in sync
        ({"min.insync.replicas": 1}, ["fewer replicas in sync"]),
        ({"min.insync.replicas": 3}, []),
        ({"unclean.leader.election.enable": True}, ["unclean leader election"]),
        ({"flush.messages": 2}, ["forced to disk less often"]),
        ({"eligible.leader.replicas.version": 0}, ["eligible leader replicas off"]),
        ({"transactional": False}, ["transactional off"]),
        ({"request.timeout.ms": 100, "linger.ms": 9, "compression.type": "lz4", "batch.size": 1}, []),
    ],
)
def test_every_guarantee_that_is_less_is_named_and_nothing_else(change: dict[str, Any], weaker: list[str]) -> None:
    assert _weakens(_STRONG, {**_STRONG, **change}) == weaker
    assert not weaker or not _weakens({**_STRONG, **change}, _STRONG)


def test_what_is_left_out_is_the_default() -> None:
    everything_left = {"acks": "all"}
    assert _weakens(everything_left, {"acks": "all", "unclean.leader.election.enable": True})
    assert _weakens({"acks": "all", "flush.messages": 1}, everything_left)
    assert not _weakens(everything_left, {"acks": "all", "retries": 2**31 - 1, "unclean.leader.election.enable": False})


@pytest.mark.parametrize(("client", "by_default"), [("kafka-python", True), ("aiokafka", False)])
def test_idempotence_that_is_not_stated_is_the_clients_own(client: str, by_default: bool) -> None:
    unstated, off, on = ({"acks": "all", **given} for given in ({}, _idempotent(False), _idempotent(True)))
    assert bool(_weakens(unstated, off, client)) is by_default
    assert bool(_weakens(on, unstated, client)) is not by_default
    assert not _weakens({"acks": "1"}, {"acks": "1", **_idempotent(False)}, client)  # it had given way


def _idempotent(on: bool) -> dict[str, Any]:
    return {"enable.idempotence": on}


def test_what_a_client_says_of_itself_counts_where_nothing_was_stated() -> None:
    own = {"max.in.flight.requests.per.connection": 5, "delivery.timeout.ms": 120_000, "enable.idempotence": True}
    here = Setup("new-client", {"acks": "all"}, own)
    assert weakens(here, Setup("new-client", {"acks": "all", **_idempotent(False)}, own)) == ["idempotence off"]
    assert weakens(here, Setup("new-client", {"acks": "all", "delivery.timeout.ms": 1}, own)) == ["gives up sooner"]
    other = Setup("another", {"acks": "all"}, {**own, "max.in.flight.requests.per.connection": 9})
    assert weakens(here, other) == ["more requests in flight"]


def test_what_aiokafka_has_instead_of_a_delivery_timeout() -> None:
    patient, hasty = {"acks": "all", "request.timeout.ms": 40_000}, {"acks": "all", "request.timeout.ms": 500}
    assert _weakens(patient, hasty, "aiokafka") == ["gives up sooner"]
    assert not _weakens(patient, {**hasty, **_idempotent(True)}, "aiokafka")  # it never gives up
    assert _weakens({**patient, **_idempotent(True)}, patient, "aiokafka") == ["idempotence off", "gives up sooner"]


def test_what_nobody_knows_may_be_less() -> None:
    assert _weakens({"acks": "all"}, {"acks": "all", "max.in.flight.requests.per.connection": 5})
    assert _weakens({"acks": "most"}, {"acks": "all"}) == ["weaker acks"]
    assert weakens(Setup("one", {"acks": "all"}, {}), Setup("other", {"acks": "all"}, {})) == [
        "more requests in flight",
        "gives up sooner",
    ]


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["all", "true"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=3,
)
_ANY = st.dictionaries(st.sampled_from(sorted(_STRONG)) | st.text(max_size=5), _VALUES, max_size=6)


@given(st.sampled_from(["aiokafka", "kafka-python", "?"]), _ANY, _ANY, _ANY)
def test_any_settings_can_be_compared_and_none_are_weaker_than_themselves(
    client: str, config: dict[str, Any], other: dict[str, Any], known: dict[str, Any]
) -> None:
    here, there = (Setup.of(one(client=client, config=each, effective=known)) for each in (config, other))
    assert isinstance(weakens(here, there), list)
    assert weakens(here, here.changed({})) == []
