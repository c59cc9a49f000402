"""As much of a request as a rule can see: the head, and of a Produce its acks, its partitions and how many records.

A request starts with ``api_key i16, api_version i16, correlation_id i32, client_id nullable string``; the client id is
never compact (RequestHeader.json).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from harness.wire.apis import api_name
from harness.wire.fields import Fields, Truncated
from harness.wire.frames import Piece

PRODUCE = 0
_HEAD = struct.Struct(">hhih")
# From ProduceRequest.json.
_FLEXIBLE_SINCE = 9
_TRANSACTIONAL_ID_SINCE = 3
_TOPIC_ID_SINCE = 13
# A record batch of version 2, the only one that a Produce of version 3 or newer may have: base offset 8, length 4,
# leader epoch 4, magic 1, CRC 4, attributes 2, last offset delta 4, timestamps 16, producer id 8 and epoch 2, base
# sequence 4, and then the number of records.
_BATCH_LENGTH = 8
_BATCH_RECORDS = 57
_INT16 = struct.Struct(">h")
_INT32 = struct.Struct(">i")


class Request(NamedTuple):
    """One request. ``acks`` is None unless it is a Produce; ``partitions`` and ``records`` are only read for a rule."""

    api_key: int
    version: int
    correlation_id: int
    client_id: str | None = None
    acks: int | None = None
    partitions: frozenset[tuple[str | None, int]] = frozenset()
    """Topic, None if only its id is known, and partition."""
    records: int | None = None

    @property
    def api(self) -> str:
        return api_name(self.api_key)

    @property
    def answered(self) -> bool:
        """Whether the broker answers it: a Produce with acks=0 gets no response."""
        return self.acks != 0


class Heads:
    """Reads the heads of a connection's requests, one after the other, each from a payload that grows.

    What has been stepped over is not looked at again, so that a head costs what it has in it, in however many pieces it
    arrives: only its tagged fields can be many.
    """

    def __init__(self) -> None:
        self._at = 0  # so far this head is read; 0: not even its fixed part
        self._tags = 0  # so many tagged fields are still to be stepped over

    def read(self, payload: Piece) -> Request | None:
        """The request whose payload starts here; None if its head goes on past these bytes. Raises ``Malformed``."""
        if len(payload) < _HEAD.size:
            return None
        api_key, version, correlation_id, length = _HEAD.unpack_from(payload)
        body = _HEAD.size + max(length, 0)
        if len(payload) < body:
            return None
        acks = None
        if api_key == PRODUCE:
            try:
                acks = self._acks(payload, body, version)
            except Truncated:
                return None
            self._at = self._tags = 0
        client_id = str(payload[_HEAD.size : body], "utf-8", "replace") if length >= 0 else None
        return Request(api_key, version, correlation_id, client_id, acks)

    def _acks(self, payload: Piece, body: int, version: int) -> int:
        # Nearly every Produce has no tags and no transactional id, and this is on the way of each: no field by field.
        if version >= _TRANSACTIONAL_ID_SINCE:
            nothing = b"\0\0" if version >= _FLEXIBLE_SINCE else b"\xff\xff"
            if payload[body : body + 2] == nothing and len(payload) >= body + 4:
                return int(_INT16.unpack_from(payload, body + 2)[0])
        fields = Fields(payload, self._at or body, version >= _FLEXIBLE_SINCE)
        if not self._at:
            self._tags = fields.varint() if fields.flexible else 0
            self._at = fields.at
        while self._tags:
            fields.skip_tag()
            self._at, self._tags = fields.at, self._tags - 1
        if version >= _TRANSACTIONAL_ID_SINCE:
            fields.skip_string()
        return fields.int16()


def read_request(payload: Piece) -> Request | None:
    """The request whose payload this is, by its head; None if that goes on past these bytes. Raises ``Malformed``."""
    return Heads().read(payload)


def read_partitions(payload: Piece, names: Mapping[bytes, str]) -> frozenset[tuple[str | None, int]]:
    """The topics and partitions a whole Produce request writes to. ``names`` has topics by id, for the versions that
    send only ids. Raises ``Malformed``.
    """
    return frozenset(
        (names.get(topic) if isinstance(topic, bytes) else topic, partition)
        for topic, partition, _ in produce_partitions(payload)
    )


def count_records(payload: Piece) -> int:
    """How many records a whole Produce request writes, by its batches' own headers. Raises ``Malformed``."""
    records = 0
    for *_, batches in produce_partitions(payload):
        at = 0
        while at + _BATCH_RECORDS + _INT32.size <= len(batches):
            records += int(_INT32.unpack_from(batches, at + _BATCH_RECORDS)[0])
            (length,) = _INT32.unpack_from(batches, at + _BATCH_LENGTH)
            at += _BATCH_LENGTH + _INT32.size + max(length, 0)
    return records


def produce_partitions(payload: Piece) -> Iterator[tuple[str | bytes | None, int, Piece]]:
    """For each partition of a Produce request its topic's name or id, its number, and its record batches."""
    _, version, _, length = _HEAD.unpack_from(payload)
    fields = _to_acks(payload, _HEAD.size + max(length, 0), version)
    fields.skip(2 + 4)  # acks, timeout
    for _ in fields.array():
        topic: str | bytes | None
        if version >= _TOPIC_ID_SINCE:
            fields.skip(16)
            topic = bytes(payload[fields.at - 16 : fields.at])
        else:
            topic = fields.string()
        for _ in fields.array():
            partition = fields.int32()
            size = fields.skip_bytes()
            yield topic, partition, payload[fields.at - size : fields.at]
            fields.skip_tags()
        fields.skip_tags()


def body(payload: Piece, flexible: bool) -> Fields:
    """The fields of a whole request, from behind its header on."""
    *_, length = _HEAD.unpack_from(payload)
    fields = Fields(payload, _HEAD.size + max(length, 0), flexible)
    fields.skip_tags()
    return fields


def _to_acks(payload: Piece, body: int, version: int) -> Fields:
    fields = Fields(payload, body, version >= _FLEXIBLE_SINCE)
    fields.skip_tags()  # the header's
    if version >= _TRANSACTIONAL_ID_SINCE:
        fields.skip_string()
    return fields
