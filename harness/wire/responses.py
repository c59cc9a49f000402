"""Where brokers' addresses stand in responses: the layouts of those that have any, and changing them in place.

Layouts are those of Kafka's ``clients/src/main/resources/common/message/*Response.json``.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.wire.apis import VERSIONS
from harness.wire.fields import Fields, varint
from harness.wire.frames import SIZE, Piece
from harness.wire.requests import PRODUCE

FETCH = 1
METADATA = 3
FIND_COORDINATOR = 10
API_VERSIONS = 18
DESCRIBE_CLUSTER = 60
_CONTROLLERS = 2  # DescribeCluster's endpoint type, when it is not brokers that were asked for
_NODE_ENDPOINTS = 0  # the tag
_ANY_VERSION = 0x7FFF  # what is read of ApiVersions has to stay where it is: clients ask before they know a version

AddressOf = Callable[[int], tuple[str, int] | None]
"""The host and port to put for a node; None leaves what is there."""


class Response(Fields):
    """A response that is being read, its size included, and the changes to it."""

    def __init__(
        self, frame: memoryview, version: int, flexible: bool, address_of: AddressOf, topic_names: dict[bytes, str]
    ) -> None:
        super().__init__(frame, SIZE.size, flexible)
        self.version = version
        self.topic_names = topic_names
        self._address_of = address_of
        self._changes: list[tuple[int, int, bytes]] = []  # from, to, what to have there instead

    def change(self, start: int, new: bytes) -> None:
        """Has ``new`` instead of what was read since ``start``."""
        if self.data[start : self.at] != new:
            self._changes.append((start, self.at, new))

    def node(self) -> None:
        """A node id, host and port."""
        node, start = self.int32(), self.at
        self.string()
        self.skip(4)
        address = self._address_of(node)
        if address is not None:
            host, port = address[0].encode(), address[1]
            length = varint(len(host) + 1) if self.flexible else struct.pack(">h", len(host))
            self.change(start, length + host + struct.pack(">i", port))

    def tagged_nodes(self) -> None:
        """The tagged fields at the end of a message, NodeEndpoints among them."""
        for tag in self.tags():
            if tag != _NODE_ENDPOINTS:
                continue
            outer, self._changes = self._changes, []
            start = self.at
            size = self.varint()
            size_end = self.at
            for _ in self.array():
                self.node()
                self.string()  # rack
                self.skip_tags()
            if self._changes:
                outer.append((start, size_end, varint(size + self._growth())))
            self._changes = outer + self._changes

    def changed(self) -> Piece:
        if not self._changes:
            return self.data
        (size,) = SIZE.unpack_from(self.data)
        pieces: list[Piece] = [SIZE.pack(size + self._growth())]
        at = SIZE.size
        for start, end, new in self._changes:
            pieces += (self.data[at:start], new)
            at = end
        return b"".join((*pieces, self.data[at:]))

    def _growth(self) -> int:
        return sum(len(new) - (end - start) for start, end, new in self._changes)


def _metadata(response: Response) -> None:
    if response.version >= 3:
        response.skip(4)  # throttle time
    for _ in response.array():
        response.node()
        if response.version >= 1:
            response.string()  # rack
        response.skip_tags()
    if response.version >= 10:
        _topic_names(response)


def _topic_names(response: Response) -> None:
    response.string()  # cluster id
    response.skip(4)  # controller
    for _ in response.array():
        response.skip(2)  # error
        name = response.string()
        response.skip(16)
        if name is not None:
            response.topic_names[bytes(response.data[response.at - 16 : response.at])] = name
        response.skip(1)  # internal
        for _ in response.array():
            response.skip(2 + 4 + 4 + 4)  # error, partition, leader, epoch
            for _ in range(3):  # replicas, in sync, offline
                response.skip(4 * len(response.array()))
            response.skip_tags()
        response.skip(4)  # authorized operations
        response.skip_tags()


def _find_coordinator(response: Response) -> None:
    if response.version >= 1:
        response.skip(4)  # throttle time
    if response.version < 4:
        response.skip(2)  # error
        if response.version >= 1:
            response.string()  # message
        response.node()
        return
    for _ in response.array():
        response.string()  # key
        response.node()
        response.skip(2)  # error
        response.string()  # message
        response.skip_tags()


def _describe_cluster(response: Response) -> None:
    response.skip(4 + 2)  # throttle time, error
    response.string()  # message
    if response.version >= 1 and response.uint8() == _CONTROLLERS:
        return
    response.string()  # cluster id
    response.skip(4)  # controller
    for _ in response.array():
        response.node()
        response.string()  # rack
        if response.version >= 2:
            response.skip(1)  # fenced
        response.skip_tags()


def _produce(response: Response) -> None:
    for _ in response.array():
        if response.version >= 13:
            response.skip(16)  # topic id
        else:
            response.string()
        for _ in response.array():
            response.skip(4 + 2 + 8 + 8 + 8)  # partition, error, base offset, append time, log start
            for _ in response.array():
                response.skip(4)  # batch index
                response.string()
                response.skip_tags()
            response.string()  # message
            response.skip_tags()
        response.skip_tags()
    response.skip(4)  # throttle time
    response.tagged_nodes()


def _fetch(response: Response) -> None:
    response.skip(4 + 2 + 4)  # throttle time, error, session
    for _ in response.array():
        response.skip(16)  # topic id
        for _ in response.array():
            response.skip(4 + 2 + 8 + 8 + 8)  # partition, error, high watermark, last stable, log start
            for _ in response.array():
                response.skip(8 + 8)  # an aborted transaction: producer, first offset
                response.skip_tags()
            response.skip(4)  # preferred replica
            response.skip_bytes()
            response.skip_tags()
        response.skip_tags()
    response.tagged_nodes()


def _api_versions(response: Response) -> None:
    if response.int16():  # an error comes in the layout of version 0, whatever was asked for
        return
    for _ in response.array():
        known = _newest_known(response.int16())
        response.skip(2)  # the least version
        start, latest = response.at, response.int16()
        if latest > known:
            response.change(start, struct.pack(">h", known))
        response.skip_tags()


def _newest_known(api_key: int) -> int:
    """The newest version of which the addresses can be found, and a request be answered with an error."""
    layout = LAYOUTS.get(api_key)
    return min(layout.known if layout else _ANY_VERSION, max(VERSIONS.get(api_key, (_ANY_VERSION,))))


@dataclass(frozen=True)
class Layout:
    """How one API's responses are read: versions ``since`` to ``known`` of them, compact from ``flexible`` on."""

    since: int
    known: int
    flexible: int
    read: Callable[[Response], None]


LAYOUTS: Mapping[int, Layout] = {
    PRODUCE: Layout(10, 13, 9, _produce),
    FETCH: Layout(16, 18, 12, _fetch),
    METADATA: Layout(0, 13, 9, _metadata),
    FIND_COORDINATOR: Layout(0, 6, 3, _find_coordinator),
    API_VERSIONS: Layout(0, _ANY_VERSION, 3, _api_versions),
    DESCRIBE_CLUSTER: Layout(0, 2, 0, _describe_cluster),
}
"""By API key. A newer Kafka's versions are added here once their layout has been read."""
