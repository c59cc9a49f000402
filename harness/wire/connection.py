"""One connection with its sockets: bytes from the client to the broker and back, with back pressure, and its end."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from ssl import SSLContext

from harness.wire.exchange import Exchange, Reset, Wire
from harness.wire.fields import Malformed
from harness.wire.frames import Marked, Piece
from harness.wire.plans import Line
from harness.wire.side import Side

CONNECT_S = 10.0
CUT_S = 1.0
"""A connection that is to be cut waits at most so long for earlier responses, and for the client to take them."""
_POLL_S = 0.001


class Connection:
    """One client connection, from accept to close. ``client`` is its protocol for asyncio."""

    def __init__(
        self, node: int, address: str, wire: Wire, connections: set[Connection], tls: SSLContext | None = None
    ) -> None:
        self._address = address
        self._tls = tls
        self._wire = wire
        self._connections = connections
        self._exchange = Exchange(node, wire)
        self.client = Side(self, wire, self._exchange.from_client)
        self.broker = Side(self, wire, self._exchange.from_broker)
        self._loop = asyncio.get_running_loop()
        self._connecting: asyncio.Task[None] | None = None
        self._ending = False
        self._cut_by: float | None = None

    def opened(self, side: Side) -> None:
        """One side is connected. The client is not read before the broker is."""
        if side is self.client:
            self._connections.add(self)
            if self._wire.line.refused:
                self.reset()
                return
            self._connecting = self._loop.create_task(self._connect())
        elif self._ending:  # the client went while this was being connected
            side.finish()
        self.listen()

    async def _connect(self) -> None:
        host, port = self._address.rsplit(":", 1)
        try:
            async with asyncio.timeout(CONNECT_S):
                await self._loop.create_connection(lambda: self.broker, host, int(port), ssl=self._tls)
        except (OSError, TimeoutError) as error:
            print(f"no connection to {self._address}: {error or 'no answer in time'}", file=sys.stderr, flush=True)
            self.reset()

    def listen(self) -> None:
        """While one side cannot take more, the other is not read; neither is while the line is held."""
        may = self.broker.connected and not self._ending and not self._wire.line.held
        self.client.listen(may and self._cut_by is None and not self.broker.full)
        self.broker.listen(may and not self.client.full)

    def obey_line(self) -> None:
        """The line has changed."""
        if self._wire.line.cut:
            self.reset()
            return
        self.listen()
        self.broker.send_due()
        self.client.send_due()

    def relay(self, pieces: Iterable[Piece | Marked], side: Side) -> None:
        """Passes on what the exchange gives for what came from this side, and does what it then asks for."""
        if self._ending:
            return
        to = self.broker if side is self.client else self.client
        try:
            for piece in pieces:
                if isinstance(piece, Marked):
                    self._put_marked(piece, to)
                else:
                    to.put(piece)
        except Malformed as error:
            print(f"closing a connection to {self._address}: {error}", file=sys.stderr, flush=True)
            self._end()
            return
        for answer in self._exchange.answers():
            self._put_marked(answer, self.client)
        if self._exchange.reset is not Reset.NO:
            self._cut_when_due()

    def _put_marked(self, marked: Marked, to: Side) -> None:
        to.put(marked.piece, marked.delay_ms / 1000)
        if marked.line is not None:
            change_line(self._wire.line | marked.line, self._wire, self._connections)

    def _cut_when_due(self) -> None:
        if self._exchange.reset is Reset.NOW:
            self._cut()
        elif self._cut_by is None:
            self._cut_by = self._loop.time() + CUT_S
            self.listen()
            self._loop.call_at(self._cut_by, self._cut)

    def lost(self, side: Side) -> None:
        """One side is gone: the other gets what is still to come for it, and goes too."""
        if not self.client.connected and not self.broker.connected:
            self._connections.discard(self)
        if not self._ending:
            self._end()

    def _end(self) -> None:
        self._ending = True
        self.listen()
        self.client.finish()
        self.broker.finish()

    def _cut(self) -> None:
        """Resets the client's connection once earlier responses have gone out to it, and closes the broker's."""
        if self._ending:
            return
        self._ending = True
        self._cut_by = self._cut_by or self._loop.time() + CUT_S
        self.listen()
        self.broker.finish()
        self._reset_when_sent()

    def _reset_when_sent(self) -> None:
        if not self.client.connected:
            return
        if self.client.unsent() and self._loop.time() < (self._cut_by or 0):
            self._loop.call_later(_POLL_S, self._reset_when_sent)
        else:
            self.client.reset()

    def reset(self) -> None:
        """Resets the client's connection and closes the broker's, at once."""
        self._ending = True
        self.client.reset()
        self.broker.finish()


def change_line(line: Line, wire: Wire, connections: set[Connection]) -> None:
    """From now on this becomes of all connections."""
    if line == wire.line:
        return
    wire.line = line
    for connection in list(connections):
        connection.obey_line()
