"""As much of a request as a rule can see: the head, and for a Produce its acks and topics.

A request starts with ``api_key i16, api_version i16, correlation_id i32, client_id nullable string``; the client id is
never compact (RequestHeader.json).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

from kio.schema.index import api_key_map

from harness.wire.fields import Fields, Truncated
from harness.wire.frames import Piece

PRODUCE = 0
_HEAD = struct.Struct(">hhih")
# From ProduceRequest.json.
_FLEXIBLE_SINCE = 9
_TRANSACTIONAL_ID_SINCE = 3
_TOPIC_ID_SINCE = 13
_API_NAMES = {key: "".join(word.capitalize() for word in name.split("_")) for key, name in api_key_map.items()}
API_NAMES = frozenset(_API_NAMES.values())
"""Every API as Kafka writes it: ``Produce``, ``FindCoordinator``, ``InitProducerId``, ..."""


def api_name(api_key: int) -> str:
    return _API_NAMES.get(api_key, f"api-{api_key}")


@dataclass(frozen=True, slots=True)
class Request:
    """One request. ``acks`` is None unless it is a Produce; ``topics`` is empty until a rule needs them."""

    api_key: int
    version: int
    correlation_id: int
    client_id: str | None = None
    acks: int | None = None
    topics: frozenset[str] = frozenset()

    @property
    def api(self) -> str:
        return api_name(self.api_key)

    @property
    def answered(self) -> bool:
        """Whether the broker answers it: a Produce with acks=0 gets no response."""
        return self.acks != 0


def read_request(payload: Piece) -> Request | None:
    """The request whose payload starts here, without topics; None if its head goes on past these bytes.

    Raises ``Malformed``.
    """
    if len(payload) < _HEAD.size:
        return None
    api_key, version, correlation_id, length = _HEAD.unpack_from(payload)
    body = _HEAD.size + max(length, 0)
    if len(payload) < body:
        return None
    client_id = str(payload[_HEAD.size : body], "utf-8", "replace") if length >= 0 else None
    if api_key != PRODUCE:
        return Request(api_key, version, correlation_id, client_id)
    try:
        acks = _to_acks(payload, body, version).int16()
    except Truncated:
        return None
    return Request(api_key, version, correlation_id, client_id, acks)


def read_topics(payload: Piece, names: Mapping[bytes, str]) -> frozenset[str]:
    """The topics a whole Produce request writes to. ``names`` has them by id, for the versions that send only ids;
    a topic of another id is left out. Raises ``Malformed``.
    """
    _, version, _, length = _HEAD.unpack_from(payload)
    fields = _to_acks(payload, _HEAD.size + max(length, 0), version)
    fields.skip(2 + 4)  # acks, timeout
    topics = set()
    for _ in fields.array():
        if version >= _TOPIC_ID_SINCE:
            fields.skip(16)
            topics.add(names.get(bytes(payload[fields.at - 16 : fields.at])))
        else:
            topics.add(fields.string())
        for _ in fields.array():
            fields.skip(4)  # partition
            fields.skip_bytes()
            fields.skip_tags()
        fields.skip_tags()
    return frozenset(topic for topic in topics if topic is not None)


def _to_acks(payload: Piece, body: int, version: int) -> Fields:
    fields = Fields(payload, body, version >= _FLEXIBLE_SINCE)
    fields.skip_tags()  # the header's
    if version >= _TRANSACTIONAL_ID_SINCE:
        fields.string()
    return fields
