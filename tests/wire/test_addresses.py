"""Every layout against ``kio``, for every version it knows, and against bytes that are none."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_response_schema
from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map, schema_name_map
from kio.schema.types import BrokerId
from kio.static.primitive import i16, i32

from harness.wire.addresses import AddressBook
from harness.wire.apis import VERSIONS
from harness.wire.fields import Malformed
from harness.wire.requests import PRODUCE
from harness.wire.responses import API_VERSIONS, DESCRIBE_CLUSTER, FETCH, LAYOUTS, METADATA

from .kafka_bytes import entities, read_response, response_frame

PROXY = {1: "127.0.0.1:19001", 2: "a-proxy-with-a-rather-long-name.example.org:2", 3: "p:65535"}
CASES = [
    pytest.param(key, version, id=f"{api_key_map[key]}-{version}")
    for key in LAYOUTS
    for version in sorted(schema_name_map[api_key_map[key]])
    if AddressBook.concerns(key, version)
]


def book(unknown: list[int] | None = None) -> AddressBook:
    return AddressBook(PROXY, (unknown if unknown is not None else []).append)


def moved(message: Any) -> Any:
    """The obvious model: whatever has a node, a host and a port, anywhere in the message."""
    if isinstance(message, tuple):
        return tuple(map(moved, message))
    if not is_dataclass(message) or isinstance(message, type) or getattr(message, "endpoint_type", 1) == 2:
        return message
    names = [field.name for field in fields(message)]
    message = replace(message, **{name: moved(getattr(message, name)) for name in names})
    node = getattr(message, "node_id", getattr(message, "broker_id", None))
    if "host" not in names or node not in PROXY:
        return message
    host, port = PROXY[node].split(":")
    return replace(message, host=host, port=i32(int(port)))


def lowered(message: Any) -> Any:
    """What clients are offered: no version that cannot be rewritten, or answered."""
    if message.error_code is not ErrorCode.none:
        return message
    known = {**{key: max(versions) for key, versions in VERSIONS.items()}, DESCRIBE_CLUSTER: 2}
    offers = (replace(k, max_version=i16(min(k.max_version, known.get(k.api_key, 1 << 15)))) for k in message.api_keys)
    return replace(message, api_keys=tuple(offers))


@pytest.mark.parametrize(("key", "version"), CASES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), correlation_id=st.integers(0, 2**31 - 1))
def test_a_response_has_the_proxys_addresses_and_nothing_else_changes(
    key: int, version: int, data: st.DataObject, correlation_id: int
) -> None:
    message = data.draw(entities(load_response_schema(key, version)))
    frame = response_frame(message, correlation_id)
    expected = lowered(message) if key == API_VERSIONS else moved(message)
    unknown: list[int] = []
    rewritten = book(unknown).rewrite(key, version, memoryview(frame))
    assert read_response(key, version, rewritten) == (correlation_id, expected)
    if expected == message:
        assert bytes(rewritten) == frame
    assert len(unknown) == len(set(unknown)) and set(unknown) <= {0, 4}


@pytest.mark.parametrize(("key", "version"), CASES)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_damaged_bytes_raise_malformed_and_nothing_else(key: int, version: int, data: st.DataObject) -> None:
    whole = response_frame(data.draw(entities(load_response_schema(key, version))), 7)
    damaged = bytearray(whole[: data.draw(st.integers(4, len(whole)))])
    for at, byte in data.draw(st.lists(st.tuples(st.integers(4, len(whole) - 1), st.integers(0, 255)), max_size=4)):
        if at < len(damaged):
            damaged[at] = byte
    with suppress(Malformed):
        book().rewrite(key, version, memoryview(bytes(damaged)))


def test_an_array_that_claims_four_billion_elements_is_malformed() -> None:
    payload = bytes(4) + b"\0" + bytes(4) + b"\xff\xff\xff\xff\x0f"
    with pytest.raises(Malformed):
        book().rewrite(METADATA, 12, memoryview(len(payload).to_bytes(4, "big") + payload))


@pytest.mark.parametrize("key", sorted(set(LAYOUTS) - {API_VERSIONS}))
def test_a_newer_version_is_refused_and_every_version_of_kio_is_known(key: int) -> None:
    """Whoever moves to a newer ``kio`` is told here which layouts to read."""
    assert LAYOUTS[key].known == max(schema_name_map[api_key_map[key]])
    with pytest.raises(Malformed, match="newer"):
        book().rewrite(key, LAYOUTS[key].known + 1, memoryview(bytes(64)))


def test_which_responses_carry_addresses_unseen() -> None:
    """Those of controllers' own APIs, which clients do not use, and of share groups, which are not covered."""
    with_address = {
        (key, version)
        for key, name in api_key_map.items()
        for version in schema_name_map[name]
        if _has_addresses(load_response_schema(key, version))
    }
    unseen = {api_key_map[key] for key, version in with_address if not AddressBook.concerns(key, version)}
    controllers = {"vote", "begin_quorum_epoch", "end_quorum_epoch", "fetch_snapshot", "update_raft_voter"}
    assert unseen == controllers | {"share_fetch", "share_acknowledge"}


def _has_addresses(kind: Any) -> bool:
    """Whether a host stands beside a broker's id, anywhere in this kind of message."""
    of = {field.name: field.type for field in fields(kind)}
    if "host" in of and BrokerId in of.values():
        return True
    inner = [part for of_field in of.values() for part in (of_field, *get_args(of_field))]
    return any(_has_addresses(part) for part in inner if is_dataclass(part))


def test_the_names_of_topic_ids_are_learned_from_metadata() -> None:
    learned = book()
    schema: Any = load_response_schema(METADATA, 12)

    @settings(max_examples=30, deadline=None)
    @given(entities(schema))
    def check(message: Any) -> None:
        learned.rewrite(METADATA, 12, memoryview(response_frame(message, 1)))
        for topic in message.topics:
            if topic.name is not None and topic.topic_id is not None:
                assert topic.topic_id.bytes in learned.topic_names

    check()


@pytest.mark.parametrize(("key", "version"), [(PRODUCE, 9), (FETCH, 15)])
def test_responses_from_before_node_endpoints_are_not_held(key: int, version: int) -> None:
    assert not AddressBook.concerns(key, version)


def test_a_node_without_an_address_is_told_once_and_one_that_is_none_never() -> None:
    schema: Any = load_response_schema(10, 0)
    unknown: list[int] = []
    addresses = book(unknown)
    for node in (7, -1, 8, 7):
        message = schema(error_code=ErrorCode.none, node_id=BrokerId(node), host="elsewhere", port=i32(9))
        frame = response_frame(message, 1)
        assert addresses.rewrite(10, 0, memoryview(frame)) == frame
    assert unknown == [7, 8]
