"""One of a connection's two sockets: what goes out waits its time and its turn, what comes in can be left unread."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator
from typing import Protocol, cast

from harness.wire.exchange import Wire
from harness.wire.frames import Marked, Piece
from harness.wire.plans import OPEN

_MOST_WAITING_BYTES = 256 << 10
"""So much may wait for its time before the other side is left unread."""
_LINGER_0 = struct.pack("ii", 1, 0)
_SIOCOUTQNSD = 0x894B  # linux/sockios.h: bytes not yet sent, unlike SIOCOUTQ, which a delayed ACK keeps above zero


class Owner(Protocol):
    """What a side needs of the connection it is part of."""

    def opened(self, side: Side) -> None: ...
    def relay(self, pieces: Iterator[Piece | Marked], side: Side) -> None: ...
    def lost(self, side: Side) -> None: ...
    def listen(self) -> None:
        """Has each side read or leave unread what arrives, as it now should."""


class Side(asyncio.Protocol):
    """What arrives is fed to the exchange and relayed. ``put`` sends, in order and each piece when it is due."""

    transport: asyncio.Transport

    def __init__(self, owner: Owner, wire: Wire, feed: Callable[[bytes], Iterator[Piece | Marked]]) -> None:
        self.connected = False
        self.full = False
        """No more should be put for now."""
        self._owner = owner
        self._feed = feed
        self._wire = wire
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[float, Piece]] = deque()
        self._waiting_bytes = 0
        self._due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._kernel_full = False
        self._finishing = False

    def put(self, piece: Piece, delay_s: float = 0.0) -> None:
        """Sends the piece when that delay has passed, all before has gone, and the peer is there."""
        line = self._wire.line
        if line is OPEN and not delay_s and not self._waiting and self.connected:
            self.transport.write(piece)
            return
        self._due = max(self._due, self._loop.time() + delay_s)
        if line.bytes_per_s:
            self._due += len(piece) / line.bytes_per_s
        self._waiting.append((self._due, piece))
        self._waiting_bytes += len(piece)
        self._set_full()
        self.send_due()

    def send_due(self) -> None:
        """Sends what is due by now, and sees to it that the rest follows."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._wire.line.held or not self.connected:
            return
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            _, piece = self._waiting.popleft()
            self._waiting_bytes -= len(piece)
            self.transport.write(piece)
        self._set_full()
        if self._waiting:
            self._timer = self._loop.call_at(self._waiting[0][0], self.send_due)
        elif self._finishing:
            self.transport.close()

    def listen(self, may: bool) -> None:
        """Reads what arrives, or leaves it to the kernel."""
        if not self.connected or self.transport.is_closing():
            return
        if may:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def finish(self) -> None:
        """Closes once all that was put has gone."""
        self._finishing = True
        if self.connected and not self._waiting:
            self.transport.close()

    def reset(self) -> None:
        """Closes at once, with a reset; what was put is discarded."""
        if self.connected:
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_0)
            self.transport.abort()

    def unsent(self) -> bool:
        """Whether bytes for the peer are still here, in the process or in the kernel: a reset would discard them."""
        if self._waiting or self.transport.get_write_buffer_size():
            return True
        if sys.platform != "linux":  # elsewhere the kernel's part cannot be seen
            return False
        unsent = fcntl.ioctl(self.transport.get_extra_info("socket").fileno(), _SIOCOUTQNSD, bytes(4))
        return unsent != bytes(4)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class
        self.connected = True
        self._owner.opened(self)
        # uvloop begins to read when this returns, whatever was decided here.
        self._loop.call_soon(self._owner.listen)
        self.send_due()

    def data_received(self, data: bytes) -> None:
        self._owner.relay(self._feed(data), self)

    def pause_writing(self) -> None:
        self._kernel_full = True
        self._set_full()

    def resume_writing(self) -> None:
        self._kernel_full = False
        self._set_full()

    def connection_lost(self, exc: Exception | None) -> None:
        self.connected = False
        if self._timer is not None:
            self._timer.cancel()
        self._owner.lost(self)

    def _set_full(self) -> None:
        full = self._kernel_full or self._waiting_bytes > _MOST_WAITING_BYTES
        if full != self.full:
            self.full = full
            self._owner.listen()
