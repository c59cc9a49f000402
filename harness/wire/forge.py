"""Responses that no broker gave: the shortest that says an error, for the APIs whose errors are worth injecting.

Layouts are kio's, which has them from Kafka's ``clients/src/main/resources/common/message/*.json``; reading and writing
is this room's own (see ``fields``). A response of a version has its strings and arrays as the request of that version
does, so what it has to name it names in the request's own bytes: groups, transactions, topics, partitions and keys.
Each of them gets the error, and so does the response itself where it has a place for one. All else says that there is
nothing: no offset, no producer, no node, no member.
"""

from __future__ import annotations

import struct
import types
from collections.abc import Iterable, Mapping
from dataclasses import Field, fields, is_dataclass
from functools import cache
from typing import Any, NamedTuple, Union, get_args, get_origin

from kio.index import load_request_schema, load_response_schema

from harness.wire.apis import VERSIONS
from harness.wire.fields import Fields, Malformed, varint
from harness.wire.frames import SIZE, Piece
from harness.wire.requests import Request, body

Brokers = Mapping[int, tuple[str, int]]
"""Host and port of each node, as clients shall know them."""
_Named = dict[str, Any]
"""Of a structure of the request, by field: its bytes as they stand, or of an array what each element has. What is null
is left out."""

_BYTES = {"bool": 1, "int8": 1, "int16": 2, "error_code": 2, "int32": 4, "timedelta_i32": 4, "uuid": 16}
_BYTES |= {"int64": 8, "timedelta_i64": 8, "datetime_i64": 8}
_ZERO = ("bool", "uuid", "timedelta_i32")
"""What there is nothing of where that is 0. Of any other number it is -1, unless Kafka has a default."""
_ITSELF = ""  # of an array of numbers or strings: the element, which has no fields
_SAME = (
    "topics",
    "groups",
    "brokers",
    "name",
    "topic",
    "topic_id",
    "group_id",
    "transactional_id",
    "member_id",
    "index",
    "node_id",
    "host",
    "port",
)
_NAMED_AS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in _SAME},
    "responses": ("topic_data", "topics"),
    "partition_responses": ("partition_data",),
    "partitions": ("partitions", "partition_indexes"),
    "partition_index": ("partition_index", "partition", _ITSELF),
    "coordinators": ("coordinator_keys",),
    "key": (_ITSELF,),
    "results_by_topic_v3_and_below": ("v3_and_below_topics",),
    "results_by_transaction": ("transactions",),
    "topic_results": ("topics",),
    "results_by_partition": ("partitions",),
}
"""What a response takes over, by its field's name, and the request's names for it."""


class _Slot(NamedTuple):
    """A field of a structure."""

    name: str
    kind: Any
    """Kafka's name of a primitive type, or a structure."""
    array: bool
    nullable: bool
    default: Any


@cache
def _slots(structure: type) -> tuple[_Slot, ...]:
    """The fields in their order, but for the tagged ones, which may be left out."""
    return tuple(_slot(field) for field in fields(structure) if "tag" not in field.metadata)


def _slot(field: Field[Any]) -> _Slot:
    kind, nullable = field.type, False
    if get_origin(kind) in (Union, types.UnionType):
        kind, nullable = next(part for part in get_args(kind) if part is not type(None)), True
    array = get_origin(kind) is tuple
    element = get_args(kind)[0] if array else kind
    return _Slot(
        field.name, element if is_dataclass(element) else field.metadata["kafka_type"], array, nullable, field.default
    )


def _read(structure: type, asked: Fields) -> _Named:
    named: _Named = {}
    for slot in _slots(structure):
        if slot.array:
            named[slot.name] = [
                _primitive(asked, _ITSELF, slot.kind) if isinstance(slot.kind, str) else _read(slot.kind, asked)
                for _ in asked.array()
            ]
        else:
            named |= _primitive(asked, slot.name, slot.kind)
    asked.skip_tags()
    return named


def _primitive(asked: Fields, name: str, kind: str) -> _Named:
    start = asked.at
    if kind == "string":
        if asked.string() is None:
            return {}
    elif kind in ("bytes", "records"):
        asked.skip_bytes()
    else:
        asked.skip(_BYTES[kind])
    return {name: asked.data[start : asked.at]}


class _Reply:
    """A response that is being written."""

    def __init__(self, flexible: bool, error: int) -> None:
        self.data = bytearray()
        self._flexible = flexible
        self._error = struct.pack(">h", error)

    def structure(self, structure: type, named: _Named) -> None:
        for slot in _slots(structure):
            taken_over = (named[name] for name in _NAMED_AS.get(slot.name, ()) if name in named)
            if slot.array:
                self._array(slot.kind, next(taken_over, ()))
            elif slot.kind == "error_code":
                self.data += self._error
            else:
                self.data += next(taken_over, None) or self._nothing(slot)
        self.no_tags()

    def no_tags(self) -> None:
        if self._flexible:
            self.data.append(0)

    def _array(self, structure: type, elements: list[_Named] | tuple[()]) -> None:
        self.data += self._length(len(elements), ">i")
        for element in elements:
            self.structure(structure, element)

    def _nothing(self, slot: _Slot) -> bytes:
        if slot.kind == "string":
            return self._length(-1 if slot.nullable else 0, ">h")
        if slot.kind in ("bytes", "records"):
            return self._length(0, ">i")
        if not isinstance(slot.kind, str):
            return b"\xff"  # a structure that may be null: a byte says whether it is there
        known = isinstance(slot.default, int)
        value = slot.default if known else 0 if slot.kind in _ZERO else -1
        return int(value).to_bytes(_BYTES[slot.kind], "big", signed=True)

    def _length(self, length: int, legacy: str) -> bytes:
        return varint(length + 1) if self._flexible else struct.pack(legacy, length)


def _nodes(brokers: Brokers, flexible: bool) -> Iterable[_Named]:
    """The brokers as a request would name them, if one did."""
    for node, (host, port) in brokers.items():
        encoded = host.encode()
        length = varint(len(encoded) + 1) if flexible else struct.pack(">h", len(encoded))
        yield {"node_id": struct.pack(">i", node), "host": length + encoded, "port": struct.pack(">i", port)}


def forge(request: Request, frame: Piece, error: int, brokers: Brokers) -> bytes:
    """The response with this error to a whole request of an API in ``apis.ANSWERED``; frames have their size.

    Raises ``Malformed``, also for a version that is not known.
    """
    key, version = request.api_key, request.version
    if version not in VERSIONS[key]:
        raise Malformed(f"{request.api} version {version} is none that this proxy can answer")
    asked, answered = load_request_schema(key, version), load_response_schema(key, version)
    flexible = asked.__flexible__
    named = _read(asked, body(frame[SIZE.size :], flexible))
    named["brokers"] = list(_nodes(brokers, flexible))
    reply = _Reply(flexible, error)
    reply.data += struct.pack(">i", request.correlation_id)
    reply.no_tags()
    reply.structure(answered, named)
    return SIZE.pack(len(reply.data)) + reply.data
