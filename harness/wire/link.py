"""The sockets of one connection: bytes from the client to the broker and back, with back pressure, and its end."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
from collections.abc import Callable, Iterator

from harness.wire.exchange import Cut, Exchange, Wire
from harness.wire.fields import Malformed
from harness.wire.frames import Piece

CONNECT_S = 10.0
CUT_S = 1.0
"""A connection that is to be cut waits at most so long for earlier responses, and for the client to take them."""
_POLL_S = 0.001
# asyncio reads into 256 KiB, which is above malloc's mmap threshold and costs 20 µs more for every read, however small.
_RECEIVE_BYTES = 120 << 10
_LINGER_0 = struct.pack("ii", 1, 0)
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes not yet sent, unlike SIOCOUTQ, which a delayed ACK keeps above zero


class _Side(asyncio.Protocol):
    """One of the two connections. While one side cannot be written to, the other is not read."""

    transport: asyncio.Transport
    peer: _Side

    def __init__(self, link: Link, feed: Callable[[bytes], Iterator[Piece]]) -> None:
        self._link = link
        self._feed = feed
        self.connected = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.transport.max_size = _RECEIVE_BYTES  # type: ignore[attr-defined]
        self.connected = True
        self._link.opened(self)

    def data_received(self, data: bytes) -> None:
        self._link.relay(self._feed(data), self.peer.transport)

    def pause_writing(self) -> None:
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self._link.ending:
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connected = False
        self._link.lost(self)


class Link:
    """One client connection, from accept to close. ``client`` is its protocol for asyncio."""

    def __init__(self, node: int, address: str, wire: Wire, links: set[Link]) -> None:
        self.ending = False
        self._address = address
        self._links = links
        self._exchange = Exchange(node, wire)
        self.client = _Side(self, self._exchange.from_client)
        self.broker = _Side(self, self._exchange.from_broker)
        self.client.peer, self.broker.peer = self.broker, self.client
        self._loop = asyncio.get_running_loop()
        self._connecting: asyncio.Task[None] | None = None
        self._cut_by: float | None = None

    def opened(self, side: _Side) -> None:
        """One side is connected. The client is not read before the broker is."""
        if side is self.client:
            self._links.add(self)
            side.transport.pause_reading()
            self._connecting = self._loop.create_task(self._connect())
        elif self.ending:  # the client went while this was being connected
            side.transport.close()

    async def _connect(self) -> None:
        host, port = self._address.rsplit(":", 1)
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.create_connection(lambda: self.broker, host, int(port))
        except (OSError, TimeoutError):
            self._reset_client()
        else:
            self.client.transport.resume_reading()

    def relay(self, pieces: Iterator[Piece], to: asyncio.Transport) -> None:
        """Passes on what an exchange gives, and does what it then asks for."""
        if self.ending:
            return
        try:
            for piece in pieces:
                to.write(piece)
        except Malformed as error:
            print(f"closing a connection to {self._address}: {error}", file=sys.stderr, flush=True)
            self._end()
            return
        if self._exchange.cut is Cut.NOW:
            self._cut()
        elif self._exchange.cut is Cut.SOON and self._cut_by is None:
            self.client.transport.pause_reading()
            self._cut_by = self._loop.time() + CUT_S
            self._loop.call_at(self._cut_by, self._cut)

    def lost(self, side: _Side) -> None:
        """One side is gone: the other gets what is still buffered for it, and goes too."""
        if side is self.client:
            self._links.discard(self)
        if not self.ending:
            self._end()

    def _end(self) -> None:
        self.ending = True
        for side in (self.client, self.broker):
            if side.connected:
                side.transport.close()

    def _cut(self) -> None:
        """Resets the client's connection once earlier responses have gone out to it, and closes the broker's."""
        if self.ending:
            return
        self.ending = True
        self._cut_by = self._cut_by or self._loop.time() + CUT_S
        self.client.transport.pause_reading()
        self.broker.transport.close()
        self._reset_when_sent()

    def _reset_when_sent(self) -> None:
        if not self.client.connected:
            return
        if _unsent(self.client.transport) and self._loop.time() < (self._cut_by or 0):
            self._loop.call_later(_POLL_S, self._reset_when_sent)
        else:
            self._reset_client()

    def _reset_client(self) -> None:
        self.ending = True
        if self.client.connected:
            self.client.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            self.client.transport.abort()


def _unsent(transport: asyncio.Transport) -> bool:
    """Whether bytes for the peer are still here, in the process or in the kernel: a reset would discard them."""
    if transport.get_write_buffer_size():
        return True
    if sys.platform != "linux":  # elsewhere the kernel's part cannot be seen
        return False
    unsent = fcntl.ioctl(transport.get_extra_info("socket").fileno(), _SIOCOUTQNSD, bytes(4))
    return unsent != bytes(4)
