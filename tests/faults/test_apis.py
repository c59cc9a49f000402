"""Faults of requests that are not ProduceRequests: which they hit, and in which trials they say something."""

from __future__ import annotations

from typing import Any

import pytest

from harness.faults import FAULTS, known_effects
from harness.faults.steps import SetRules
from harness.faults.wire import InjectError

SUBSCRIBE = {"pipeline.mode": "subscribe"}
KIP_848 = {"group.protocol": "consumer"}
_OF_AN_API = ["lose-ack", "lose-request", "inject-error", "hold"]


@pytest.mark.parametrize("name", _OF_AN_API)
def test_a_fault_of_requests_can_be_of_another_api(name: str) -> None:
    fault = FAULTS[name]
    for api in ("Produce", "EndTxn"):
        given = fault.parameters(api=api, **({"error": 51} if name == "inject-error" else {}))
        (wire, *_) = fault.script(given).steps
        assert isinstance(wire, SetRules) and [rule.api for rule in wire.rules] == [api]
    assert "api" not in fault.parameters(api="Produce").model_dump(exclude_defaults=True)
    with pytest.raises(ValueError, match="api"):
        fault.parameters(api="ApiVersions")


@pytest.mark.parametrize("name", _OF_AN_API)
@pytest.mark.parametrize(
    ("api", "config", "says"),
    [
        ("Produce", {}, None),
        ("EndTxn", {"transactional": True}, None),
        ("EndTxn", {"processing.guarantee": "exactly-once"}, None),
        ("EndTxn", {}, "for a transaction"),
        ("EndTxn", {"processing.guarantee": "at-least-once"}, "for a transaction"),
        ("FindCoordinator", {}, "for a transaction or a group"),
        ("FindCoordinator", {"processing.guarantee": "at-most-once"}, None),
        ("TxnOffsetCommit", {"transactional": True}, "by who consumes in a transaction"),
        ("TxnOffsetCommit", {"processing.guarantee": "exactly-once"}, None),
        ("OffsetCommit", {"processing.guarantee": "exactly-once"}, "by who consumes outside of transactions"),
        ("OffsetCommit", {"processing.guarantee": "at-least-once"}, None),
        ("Fetch", {"transactional": True}, "by who consumes, and there is no pipeline"),
        ("Heartbeat", {"processing.guarantee": "exactly-once"}, "by members of a group"),
        ("Heartbeat", {"processing.guarantee": "exactly-once", **SUBSCRIBE}, None),
        ("Heartbeat", {"processing.guarantee": "exactly-once", **SUBSCRIBE, **KIP_848}, "by members of a group"),
        ("ConsumerGroupHeartbeat", {"processing.guarantee": "at-least-once", **SUBSCRIBE, **KIP_848}, None),
        ("ConsumerGroupHeartbeat", {"processing.guarantee": "at-least-once", **SUBSCRIBE}, "by members of a group"),
    ],
)
def test_an_api_that_no_client_of_the_trial_asks_is_refused(
    name: str, api: str, config: dict[str, Any], says: str | None
) -> None:
    fault = FAULTS[name]
    given = fault.parameters(api=api, **({"error": 51} if name == "inject-error" else {}))
    refusal = fault.refuses(given, {"acks": "all", **config})
    assert refusal is None if says is None else str(refusal).startswith(f"{api} is asked {says}")


def test_what_only_a_produce_can_be_answered_is_refused_of_others() -> None:
    for stated, says in (
        ({"partition": 0, "error": 51}, "partition is only for Produce, not for EndTxn"),
        ({"forward": True, "error": 7}, "forward is only for Produce, not for EndTxn"),
        ({}, "error 19 is only for Produce: say with which one EndTxn is answered"),
    ):
        with pytest.raises(ValueError, match=says):
            InjectError(api="EndTxn", **stated)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", _OF_AN_API)
def test_of_another_api_no_request_of_the_load_is_known_to_be_hit(name: str) -> None:
    stated = {"error": 51} if name == "inject-error" else {}
    ((_, of_name),) = known_effects(name, {"api": "EndTxn", **stated})[0].items()
    assert of_name is not None and of_name.requests is None
    assert (of_name.line.how if of_name.line else None) == ("held" if name == "hold" else None)
    ((_, plain),) = known_effects(name, stated)[0].items()
    assert plain is not None and (plain.requests or plain.line) is not None
