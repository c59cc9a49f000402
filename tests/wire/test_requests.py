"""Requests against ``kio``, for every version it knows."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Any
from unittest.mock import patch

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema
from kio.schema.index import api_key_map, schema_name_map

from harness.wire.apis import API_NAMES
from harness.wire.fields import Fields, Malformed, varint
from harness.wire.requests import PRODUCE, Heads, Request, count_records, read_partitions, read_request

from .kafka_bytes import entities, produce_frame, request_frame

PRODUCE_VERSIONS = sorted(schema_name_map["produce"])


@pytest.mark.parametrize("version", PRODUCE_VERSIONS)
@settings(max_examples=40, deadline=None)
@given(data=st.data(), client_id=st.none() | st.text(max_size=20), correlation_id=st.integers(-(2**31), 2**31 - 1))
def test_a_produce_is_read_as_it_was_written(
    version: int, data: st.DataObject, client_id: str | None, correlation_id: int
) -> None:
    message = data.draw(entities(load_request_schema(PRODUCE, version)))
    payload = request_frame(message, correlation_id, client_id)[4:]
    expected = Request(PRODUCE, version, correlation_id, client_id, int(message.acks))
    assert read_request(payload) == expected
    # However much of it is there, it is the same request or not yet one.
    heads = [read_request(payload[:length]) for length in range(len(payload))]
    assert heads == sorted(heads, key=lambda head: head is not None)
    assert {head for head in heads if head is not None} <= {expected}

    names = {}
    if version >= 13:
        names = {topic.topic_id.bytes: str(topic.topic_id) for topic in message.topic_data if topic.topic_id}
    assert read_partitions(payload, names) == {
        (topic.name if version < 13 else topic.topic_id and str(topic.topic_id), partition.index)
        for topic in message.topic_data
        for partition in topic.partition_data
    }


def tagged(tags: Sequence[bytes], transactional_id: bytes) -> bytes:
    """The payload of a Produce version 9 up to its acks, which are 1."""
    head = struct.pack(">hhih", PRODUCE, 9, 7, 2) + b"me" + varint(len(tags))
    for number, tag in enumerate(tags):
        head += varint(number) + varint(len(tag)) + tag
    return head + varint(len(transactional_id) + 1) + transactional_id + struct.pack(">h", 1)


@given(
    st.lists(st.binary(max_size=3) | st.binary(min_size=130, max_size=140), max_size=200),
    st.binary(max_size=300),
    st.lists(st.integers(1, 50), max_size=200),
)
def test_a_head_costs_what_it_has_in_it_in_however_many_pieces(
    tags: list[bytes], transactional_id: bytes, sizes: list[int]
) -> None:
    payload = tagged(tags, transactional_id)
    steps = 0

    def counted(fields: Fields, size: int) -> None:
        nonlocal steps
        steps += 1
        skip(fields, size)

    skip = Fields.skip
    with patch.object(Fields, "skip", counted):
        expected = read_request(payload)
        at_once, steps = steps, 0
        heads, asked, there = Heads(), 0, 0
        request = None
        for size in chain(sizes, repeat(1)):
            there, asked = there + size, asked + 1
            if (request := heads.read(payload[:there])) is not None or there >= len(payload):
                break
    assert request == expected == Request(PRODUCE, 9, 7, "me", 1)
    assert steps <= at_once + 12 * asked, "only the field within which the last piece ended is begun again"


@pytest.mark.parametrize("version", PRODUCE_VERSIONS)
@given(st.lists(st.integers(1, 9), max_size=4))
def test_records_are_counted_over_all_batches(version: int, sizes: list[int]) -> None:
    batches = b"".join(map(batch, sizes))
    assert count_records(produce_frame(1, version=version, records=batches)[4:]) == sum(sizes)


def batch(records: int) -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 1 << 20)
    for i in range(records):
        builder.append(i, timestamp=i, key=None, value=b"value", headers=[])
    return bytes(builder.build())


@pytest.mark.parametrize("key", sorted(set(api_key_map) - {PRODUCE}))
def test_any_other_request_is_read_by_its_head(key: int) -> None:
    head = struct.pack(">hhih2s", key, 3, 77, 2, b"me")
    request = read_request(head)
    assert request == Request(key, 3, 77, "me") and request.answered
    assert request.api in API_NAMES


def test_only_acks_0_goes_unanswered() -> None:
    assert [Request(0, 9, 1, acks=acks).answered for acks in (0, 1, -1, None)] == [False, True, True, True]


def test_a_topic_whose_id_has_no_name_yet_has_none() -> None:
    schema: Any = load_request_schema(PRODUCE, 13)

    @settings(max_examples=20, deadline=None)
    @given(entities(schema))
    def check(message: Any) -> None:
        partitions = read_partitions(request_frame(message, 1)[4:], {uuid.uuid4().bytes: "other"})
        assert {name for name, _ in partitions} <= {None}
        assert bool(partitions) == any(topic.partition_data for topic in message.topic_data)

    check()


@given(st.binary(max_size=100))
def test_any_bytes_are_a_request_or_malformed(payload: bytes) -> None:
    for produce in (payload, bytes((0, 0, 0, 9)) + payload):
        with suppress(Malformed):
            if read_request(produce) is not None and produce[:2] == b"\0\0":
                read_partitions(produce, {})
                count_records(produce)
