"""Responses that no broker gave: the shortest that says an error, for the APIs whose errors are worth injecting.

Layouts are those of Kafka's ``clients/src/main/resources/common/message/*.json``. Whatever a response can name, it
names as the request did: its partitions, topics or keys, each with the error.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import groupby

from harness.wire.fields import Malformed, varint
from harness.wire.frames import SIZE, Piece
from harness.wire.requests import Request, body, produce_partitions

Brokers = Mapping[int, tuple[str, int]]
"""Host and port of each node, as clients shall know them."""

_LONGEST_STRING = 0x7FFF
_NO_OPERATIONS = -(2**31)  # "authorized operations" that were not asked for


class _Reply:
    """A response that is being written, field by field."""

    def __init__(self, version: int, flexible: bool, error: int) -> None:
        self.version = version
        self.flexible = flexible
        self.error = error
        self.data = bytearray()

    def ints(self, layout: str, *values: int) -> None:
        """Whole numbers, ``layout`` being ``struct``'s."""
        self.data += struct.pack(f">{layout}", *values)

    def string(self, text: str | None) -> None:
        # What was no UTF-8 in the request was replaced, and may have become longer than a string can be.
        encoded = b"" if text is None else text.encode()[:_LONGEST_STRING]
        length = -1 if text is None else len(encoded)
        self.data += varint(length + 1) if self.flexible else struct.pack(">h", length)
        self.data += encoded

    def array(self, length: int) -> None:
        self.data += varint(length + 1) if self.flexible else struct.pack(">i", length)

    def no_tags(self) -> None:
        if self.flexible:
            self.data.append(0)


def _produce(reply: _Reply, payload: Piece, brokers: Brokers) -> None:
    topics = [
        (topic, [partition for _, partition, _ in of_topic])
        for topic, of_topic in groupby(produce_partitions(payload), key=lambda each: each[0])
    ]
    reply.array(len(topics))
    for topic, partitions in topics:
        if isinstance(topic, bytes):
            reply.data += topic
        else:
            reply.string(topic)
        reply.array(len(partitions))
        for partition in partitions:
            reply.ints("ihqq", partition, reply.error, -1, -1)  # no offset, no append time
            if reply.version >= 5:
                reply.ints("q", -1)  # log start
            if reply.version >= 8:
                reply.array(0)  # record errors
                reply.string(None)
            reply.no_tags()
        reply.no_tags()
    reply.ints("i", 0)  # throttle time


def _metadata(reply: _Reply, payload: Piece, brokers: Brokers) -> None:
    """All brokers, and each topic that was asked for, without its partitions."""
    asked = body(payload, reply.flexible)
    topics = []
    for _ in asked.array():
        start = asked.at
        if reply.version >= 10:
            asked.skip(16)
        topics.append((bytes(payload[start : asked.at]), asked.string()))
        asked.skip_tags()
    if reply.version >= 3:
        reply.ints("i", 0)  # throttle time
    _nodes(reply, brokers)
    reply.array(len(topics))
    for topic_id, name in topics:
        reply.ints("h", reply.error)
        reply.string("" if name is None and reply.version < 12 else name)
        reply.data += topic_id
        if reply.version >= 1:
            reply.ints("b", 0)  # internal
        reply.array(0)
        if reply.version >= 8:
            reply.ints("i", _NO_OPERATIONS)
        reply.no_tags()
    if 8 <= reply.version <= 10:
        reply.ints("i", _NO_OPERATIONS)
    if reply.version >= 13:
        reply.ints("h", reply.error)


def _nodes(reply: _Reply, brokers: Brokers) -> None:
    """The brokers, the cluster and its controller."""
    reply.array(len(brokers))
    for node, (host, port) in brokers.items():
        reply.ints("i", node)
        reply.string(host)
        reply.ints("i", port)
        if reply.version >= 1:
            reply.string(None)  # rack
        reply.no_tags()
    if reply.version >= 2:
        reply.string(None)  # cluster id
    if reply.version >= 1:
        reply.ints("i", -1)  # controller


def _find_coordinator(reply: _Reply, payload: Piece, brokers: Brokers) -> None:
    if reply.version >= 1:
        reply.ints("i", 0)  # throttle time
    if reply.version < 4:
        reply.ints("h", reply.error)
        if reply.version >= 1:
            reply.string(None)
        _no_node(reply)
        return
    asked = body(payload, reply.flexible)
    asked.skip(1)  # the kind of keys
    keys = [asked.string() for _ in asked.array()]
    reply.array(len(keys))
    for key in keys:
        reply.string(key)
        _no_node(reply)
        reply.ints("h", reply.error)
        reply.string(None)
        reply.no_tags()


def _no_node(reply: _Reply) -> None:
    reply.ints("i", -1)
    reply.string("")
    reply.ints("i", -1)


def _init_producer_id(reply: _Reply, payload: Piece, brokers: Brokers) -> None:
    reply.ints("ihqh", 0, reply.error, -1, -1)  # throttle time, error, no producer, no epoch
    if reply.version >= 6:
        reply.ints("qh", -1, -1)  # no transaction


@dataclass(frozen=True)
class _Layout:
    """How one API's responses are written: versions up to ``known``, compact from ``flexible`` on."""

    known: int
    flexible: int
    write: Callable[[_Reply, Piece, Brokers], None]


FORGED: Mapping[str, _Layout] = {
    "Produce": _Layout(13, 9, _produce),
    "Metadata": _Layout(13, 9, _metadata),
    "FindCoordinator": _Layout(6, 3, _find_coordinator),
    "InitProducerId": _Layout(6, 2, _init_producer_id),
}
"""By API. A newer Kafka's versions are added here once their layout has been read."""


def forge(request: Request, frame: Piece, error: int, brokers: Brokers) -> bytes:
    """The response with this error to a whole request; frames have their size.

    Raises ``Malformed``, also for a version that is not known.
    """
    layout = FORGED[request.api]
    if request.version > layout.known:
        raise Malformed(f"{request.api} version {request.version} is newer than any this proxy can answer")
    reply = _Reply(request.version, request.version >= layout.flexible, error)
    reply.ints("i", request.correlation_id)
    reply.no_tags()
    layout.write(reply, frame[SIZE.size :], brokers)
    reply.no_tags()
    return SIZE.pack(len(reply.data)) + reply.data
