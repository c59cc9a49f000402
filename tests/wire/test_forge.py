"""Forged responses, read by ``kio``: every version of every API whose error can be injected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema
from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map, schema_name_map

from harness.wire.apis import ANSWERED, VERSIONS, api_name
from harness.wire.fields import Malformed
from harness.wire.forge import forge
from harness.wire.requests import Request, read_request

from .kafka_bytes import entities, read_response, request_frame

ERROR = 51
BROKERS = {1: ("127.0.0.1", 4001), 2: ("proxy", 4002)}
KEYS = {api_name(key): key for key in VERSIONS}
CASES = [(api, version) for api in ANSWERED for version in sorted(VERSIONS[KEYS[api]])]


@pytest.mark.parametrize(("api", "version"), CASES)
def test_a_forged_response_has_the_error_for_all_that_was_asked(api: str, version: int) -> None:
    @settings(max_examples=10, deadline=None)
    @given(entities(load_request_schema(KEYS[api], version)), st.integers(-(2**31), 2**31 - 1))
    def check(message: Any, correlation_id: int) -> None:
        frame = request_frame(message, correlation_id)
        request = read_request(frame[4:])
        assert request is not None
        forged = forge(request, memoryview(frame), ERROR, BROKERS)
        answered_id, response = read_response(KEYS[api], version, forged)
        assert answered_id == correlation_id
        named = NAMED[api](message)
        assert NAMED[api](response) == named
        codes = list(codes_in(response))
        assert set(codes) <= {ErrorCode(ERROR)} and len(codes) >= places(named)
        OTHERWISE.get(api, lambda message, response: None)(message, response)

    check()


def codes_in(message: Any) -> Iterable[ErrorCode]:
    """Every error code anywhere in a message."""
    if isinstance(message, ErrorCode):
        yield message
    elif isinstance(message, tuple):
        for element in message:
            yield from codes_in(element)
    elif is_dataclass(message):
        for field in fields(message):
            yield from codes_in(getattr(message, field.name))


def places(named: Any) -> int:
    """How many of what is named has an error of its own: those in which nothing else is named."""
    match named:
        case list():
            return sum(map(places, named))
        case (_, list() as inner):
            return places(inner)
    return 1


def one_of(message: Any, *names: str, otherwise: Any = ()) -> Any:
    """What it has under the first of these names that it has; null is nothing."""
    found = next((getattr(message, name) for name in names if hasattr(message, name)), otherwise)
    return otherwise if found is None else found


def topic_of(topic: Any) -> Any:
    return topic.topic_id if hasattr(topic, "topic_id") else one_of(topic, "name", "topic")


def partitions(message: Any) -> list[Any]:
    """Topics, and in each its partitions, whatever request or response it is and whatever these are called there."""
    of_topics = "topics", "topic_data", "responses", "v3_and_below_topics", "results_by_topic_v3_and_below"
    of_partitions = "partitions", "partition_data", "partition_responses", "partition_indexes", "results_by_partition"
    numbers = "partition_index", "partition", "index"
    return [
        (
            topic_of(topic),
            [one_of(each, *numbers, otherwise=each) for each in one_of(topic, *of_partitions)],
        )
        for topic in one_of(message, *of_topics, "topic_results")
    ]


def of_each(*names: str, of: str) -> Callable[[Any], list[Any]]:
    """The same of each transaction or group, where the version has several; else of the only one."""

    def named(message: Any) -> list[Any]:
        several = one_of(message, *names, otherwise=None)
        return partitions(message) if several is None else [(getattr(one, of), partitions(one)) for one in several]

    return named


def coordinators(message: Any) -> list[Any]:
    return [one_of(each, "key", otherwise=each) for each in one_of(message, "coordinator_keys", "coordinators")]


def only_the_response(message: Any) -> None:
    """That it is one."""


NAMED: dict[str, Callable[[Any], Any]] = {
    "Produce": partitions,
    "Fetch": partitions,
    "Metadata": lambda message: [(topic.name or "", one_of(topic, "topic_id")) for topic in message.topics or ()],
    "OffsetCommit": partitions,
    "OffsetFetch": of_each("groups", of="group_id"),
    "TxnOffsetCommit": partitions,
    "AddPartitionsToTxn": of_each("transactions", "results_by_transaction", of="transactional_id"),
    "FindCoordinator": coordinators,
    **dict.fromkeys(["JoinGroup", "ConsumerGroupHeartbeat"], lambda message: message.member_id),
    **dict.fromkeys(["InitProducerId", "AddOffsetsToTxn", "EndTxn", "SyncGroup", "Heartbeat"], only_the_response),
}
"""By API: what of a request the response repeats."""


def check_metadata(request: Any, response: Any) -> None:
    assert {node.node_id: (node.host, node.port) for node in response.brokers} == BROKERS
    assert {topic.partitions for topic in response.topics} <= {()}


def check_coordinators(request: Any, response: Any) -> None:
    for each in one_of(response, "coordinators", otherwise=(response,)):
        assert (each.node_id, each.host, each.port) == (-1, "", -1)


def check_producer(request: Any, response: Any) -> None:
    assert {one_of(response, name, otherwise=-1) for name in ("producer_id", "producer_epoch")} == {-1}


def check_fetch(request: Any, response: Any) -> None:
    each = [partition for topic in response.responses for partition in topic.partitions]
    assert {(partition.high_watermark, partition.records) for partition in each} <= {(-1, b"")}


def check_offsets(request: Any, response: Any) -> None:
    topics = [topic for group in one_of(response, "groups", otherwise=(response,)) for topic in group.topics]
    assert {partition.committed_offset for topic in topics for partition in topic.partitions} <= {-1}


def check_group(request: Any, response: Any) -> None:
    assert (response.generation_id, response.leader, response.members) == (-1, "", ())


OTHERWISE: dict[str, Callable[[Any, Any], None]] = {
    "Metadata": check_metadata,
    "FindCoordinator": check_coordinators,
    "InitProducerId": check_producer,
    "EndTxn": check_producer,
    "Fetch": check_fetch,
    "OffsetFetch": check_offsets,
    "JoinGroup": check_group,
}
"""What else there is to say of nothing."""


def test_the_apis_are_those_of_producers_transactions_and_groups_in_every_version() -> None:
    assert set(KEYS) == set(ANSWERED) == set(NAMED)
    assert {key: set(schema_name_map[api_key_map[key]]) for key in VERSIONS} == VERSIONS


@pytest.mark.parametrize("api", ANSWERED)
def test_a_version_that_is_not_known_is_not_answered(api: str) -> None:
    with pytest.raises(Malformed, match=f"{api} version 99"):
        forge(Request(KEYS[api], 99, 1), b"", ERROR, BROKERS)


@pytest.mark.parametrize("error", [-1, 1, 19, 999, 2**15 - 1])
def test_any_code_can_be_said_also_one_that_nobody_knows(error: int) -> None:
    frame = request_frame(load_request_schema(12, 0)(group_id="g", generation_id=1, member_id="m"), 7)  # type: ignore[call-arg]
    assert forge(Request(12, 0, 7), frame, error, {})[-2:] == error.to_bytes(2, signed=True)


@given(st.sampled_from(sorted(ANSWERED)), st.integers(0, 13), st.binary(max_size=200))
def test_any_request_is_answered_or_malformed(api: str, version: int, payload: bytes) -> None:
    head = KEYS[api].to_bytes(2) + version.to_bytes(2) + bytes(4) + b"\xff\xff"
    request = Request(KEYS[api], version, 0)
    with suppress(Malformed):
        forged = forge(request, len(head + payload).to_bytes(4) + head + payload, ERROR, BROKERS)
        assert int.from_bytes(forged[:4]) == len(forged) - 4
