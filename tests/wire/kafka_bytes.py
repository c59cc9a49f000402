"""Kafka messages as bytes, written and read by ``kio``: what this room's own reading is held against."""

from __future__ import annotations

import datetime
import io
import struct
import types
import uuid
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, Union, get_args, get_origin

from hypothesis import strategies as st
from kio.index import load_request_schema, load_response_schema
from kio.schema.errors import ErrorCode
from kio.schema.types import BrokerId
from kio.serial import entity_reader, entity_writer
from kio.static.primitive import Interval, Records, TZAware, i32Timedelta, i64Timedelta


@cache  # making one takes longer than drawing from it
def entities(kind: type) -> st.SearchStrategy[Any]:
    """Any message of this kind, with few elements in its arrays."""
    return st.builds(kind, **{field.name: _values(field.type) for field in fields(kind)})


def _values(kind: Any) -> st.SearchStrategy[Any]:
    origin = get_origin(kind)
    if origin is tuple:
        return st.lists(_values(get_args(kind)[0]), max_size=2).map(tuple)
    if origin in (Union, types.UnionType):
        return st.one_of([st.none() if part is type(None) else _values(part) for part in get_args(kind)])
    if is_dataclass(kind):
        return entities(kind)  # type: ignore[arg-type]
    if kind is BrokerId:
        return st.integers(-1, 4).map(BrokerId)
    if issubclass(kind, Interval):
        return st.integers(kind.__low__, kind.__high__).map(kind)
    return _OTHERS[kind] if kind in _OTHERS else st.text(max_size=9)


_OTHERS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    ErrorCode: st.sampled_from(ErrorCode),
    Records: st.binary(max_size=200),
    bytes: st.binary(max_size=20),
    uuid.UUID: st.uuids(),
    TZAware: st.integers(0, 10**9).map(lambda at_s: TZAware.parse(datetime.datetime.fromtimestamp(at_s, datetime.UTC))),
    i32Timedelta: st.integers(0, 10**6).map(lambda ms: i32Timedelta.parse(datetime.timedelta(milliseconds=ms))),
    i64Timedelta: st.integers(0, 10**6).map(lambda ms: i64Timedelta.parse(datetime.timedelta(milliseconds=ms))),
}


def response_frame(response: Any, correlation_id: int) -> bytes:
    header = response.__header_schema__(correlation_id=correlation_id)
    return _frame(header, response)


def request_frame(request: Any, correlation_id: int, client_id: str | None = "client") -> bytes:
    header = request.__header_schema__(
        request_api_key=request.__api_key__,
        request_api_version=request.__version__,
        correlation_id=correlation_id,
        client_id=client_id,
    )
    return _frame(header, request)


def read_response(api_key: int, version: int, frame: bytes | memoryview) -> tuple[int, Any]:
    """Correlation id and message of a whole frame, whose size must be right to the byte."""
    frame = bytes(frame)
    assert struct.unpack_from(">i", frame)[0] == len(frame) - 4
    schema = load_response_schema(api_key, version)
    header, size = entity_reader(schema.__header_schema__)(frame, 4)
    message, rest = entity_reader(schema)(frame, 4 + size)
    assert 4 + size + rest == len(frame)
    return header.correlation_id, message


TOPIC_ID = uuid.UUID(int=13)


def produce_frame(
    correlation_id: int,
    acks: int = 1,
    *,
    version: int = 9,
    topic: str = "topic",
    client_id: str | None = "client",
    records: bytes = b"records",
) -> bytes:
    """A Produce to partition 0 of one topic; from version 13 on it has only its id, ``TOPIC_ID``."""
    schema: Any = load_request_schema(0, version)
    topic_kind = _element(schema, "topic_data")
    partition = _element(topic_kind, "partition_data")(index=0, records=records)
    name = {"name": topic} if version < 13 else {"topic_id": TOPIC_ID}
    request = schema(
        transactional_id=None,
        acks=acks,
        timeout=i32Timedelta.parse(datetime.timedelta(seconds=1)),
        topic_data=(topic_kind(**name, partition_data=(partition,)),),
    )
    return request_frame(request, correlation_id, client_id)


def _element(kind: Any, name: str) -> Any:
    """What the array of this name has in it."""
    return next(get_args(field.type)[0] for field in fields(kind) if field.name == name)


def _frame(*parts: Any) -> bytes:
    with io.BytesIO() as buffer:
        for part in parts:
            entity_writer(type(part))(buffer, part)
        payload = buffer.getvalue()
    return struct.pack(">i", len(payload)) + payload
