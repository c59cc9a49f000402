"""Forged responses, read by ``kio``: every version of every API whose error can be injected."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema

from harness.wire.fields import Malformed
from harness.wire.forge import FORGED, forge
from harness.wire.requests import Request, read_request

from .kafka_bytes import entities, read_response, request_frame

ERROR = 19
BROKERS = {1: ("127.0.0.1", 4001), 2: ("proxy", 4002)}
KEYS = {"Produce": 0, "Metadata": 3, "FindCoordinator": 10, "InitProducerId": 22}
VERSIONS = {"Produce": range(3, 14), "Metadata": range(14), "FindCoordinator": range(7), "InitProducerId": range(7)}


@pytest.mark.parametrize(("api", "version"), [(api, version) for api in FORGED for version in VERSIONS[api]])
def test_a_forged_response_has_the_error_for_all_that_was_asked(api: str, version: int) -> None:
    @settings(max_examples=10, deadline=None)
    @given(entities(load_request_schema(KEYS[api], version)), st.integers(-(2**31), 2**31 - 1))
    def check(message: Any, correlation_id: int) -> None:
        frame = request_frame(message, correlation_id)
        request = read_request(frame[4:])
        assert request is not None
        forged = forge(request, frame, ERROR, BROKERS)
        answered_id, response = read_response(KEYS[api], version, forged)
        assert answered_id == correlation_id
        globals()[f"check_{KEYS[api]}"](message, response)

    check()


def check_0(request: Any, response: Any) -> None:
    asked = [(each, partition.index) for each in request.topic_data for partition in each.partition_data]
    said = [(each, partition) for each in response.responses for partition in each.partition_responses]
    assert [(_name(each), index) for each, index in asked] == [(_name(each), part.index) for each, part in said]
    assert {partition.error_code.value for _, partition in said} <= {ERROR}


def _name(topic: Any) -> Any:
    return topic.topic_id if hasattr(topic, "topic_id") else topic.name


def check_3(request: Any, response: Any) -> None:
    assert {node.node_id: (node.host, node.port) for node in response.brokers} == BROKERS
    asked = [(topic.name or "", getattr(topic, "topic_id", None)) for topic in request.topics or ()]
    assert [(topic.name or "", getattr(topic, "topic_id", None)) for topic in response.topics] == asked
    assert {(topic.error_code.value, topic.partitions) for topic in response.topics} <= {(ERROR, ())}
    if hasattr(response, "error_code"):
        assert response.error_code.value == ERROR


def check_10(request: Any, response: Any) -> None:
    if not hasattr(response, "coordinators"):
        assert (response.error_code.value, response.node_id) == (ERROR, -1)
        return
    assert [each.key for each in response.coordinators] == list(request.coordinator_keys)
    assert {(each.error_code.value, each.node_id) for each in response.coordinators} <= {(ERROR, -1)}


def check_22(request: Any, response: Any) -> None:
    assert (response.error_code.value, response.producer_id, response.producer_epoch) == (ERROR, -1, -1)


@pytest.mark.parametrize("api", FORGED)
def test_a_version_that_is_not_known_is_not_answered(api: str) -> None:
    with pytest.raises(Malformed, match=f"{api} version 99"):
        forge(Request(KEYS[api], 99, 1), b"", ERROR, BROKERS)


@given(st.sampled_from(sorted(FORGED)), st.integers(0, 13), st.binary(max_size=200))
def test_any_request_is_answered_or_malformed(api: str, version: int, payload: bytes) -> None:
    head = KEYS[api].to_bytes(2) + version.to_bytes(2) + bytes(4) + b"\xff\xff"
    request = Request(KEYS[api], version, 0)
    with suppress(Malformed):
        forged = forge(request, len(head + payload).to_bytes(4) + head + payload, ERROR, BROKERS)
        assert int.from_bytes(forged[:4]) == len(forged) - 4
