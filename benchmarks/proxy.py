"""What the proxy costs: ``python -m benchmarks.proxy``. No Kafka: a sink that takes frames and answers each.

The ways are measured in turns, so that they share whatever else the machine does, and what one of them adds is the
difference within a turn. Client, proxy and sink share the machine's cores too, so the throughput is a floor. A relay
that looks at nothing shows what two more sockets and one more process cost by themselves.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import struct
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles

from harness.wire import Proxy

ROUNDS = 30
CALLS = 500
BURST = 200
SMALL_BYTES = 100
LARGE_BYTES = 1 << 20
_TIMEOUT_S = 30
# Produce version 9: size, correlation id, no tags, no topics, throttle time, no tags.
_RESPONSE = struct.Struct(">iibbib")


def produce(correlation_id: int, size_bytes: int) -> bytes:
    """A Produce version 9 of acks=1 with so many bytes after its head; nothing here looks at them."""
    head = struct.pack(">hhih4sBBh", 0, 9, correlation_id, 4, b"load", 0, 0, 1)
    return struct.pack(">i", len(head) + size_bytes) + head + bytes(size_bytes)


def sink(port: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port.send(server.getsockname()[1])
        while True:
            threading.Thread(target=_answer, args=(server.accept()[0],), daemon=True).start()


def _answer(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    buffer = bytearray(1 << 20)
    while head := connection.recv(12, socket.MSG_WAITALL):
        size, _, _, correlation_id = struct.unpack(">ihhi", head)
        left = size - 8
        while left:
            left -= connection.recv_into(buffer, min(left, len(buffer)))
        connection.sendall(_RESPONSE.pack(_RESPONSE.size - 4, correlation_id, 0, 1, 0, 0))


class _Bare(asyncio.Protocol):
    """One side of a relay that looks at nothing."""

    transport: asyncio.Transport
    peer: _Bare

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.peer.transport.write(data)

    def pause_writing(self) -> None:
        self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        self.peer.transport.resume_reading()


def bare_relay(port: Connection, to: int) -> None:
    """Relays one connection."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as server:
            port.send(server.getsockname()[1])
            accepted, _ = server.accept()
        client, broker = _Bare(), _Bare()
        client.peer, broker.peer = broker, client
        await loop.create_connection(lambda: broker, "127.0.0.1", to)
        await loop.connect_accepted_socket(lambda: client, accepted)
        await asyncio.Event().wait()

    asyncio.run(serve())


def connect(address: str) -> socket.socket:
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)), _TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def receive(connection: socket.socket, size_bytes: int) -> None:
    while size_bytes:
        part = connection.recv(size_bytes)
        if not part:
            raise ConnectionError("the connection was closed")
        size_bytes -= len(part)


def calls_ms(connection: socket.socket) -> list[float]:
    """How long each of ``CALLS`` small requests took until its response."""
    request, took = produce(1, SMALL_BYTES), []
    for _ in range(CALLS):
        start = time.perf_counter()
        connection.sendall(request)
        receive(connection, _RESPONSE.size)
        took.append((time.perf_counter() - start) * 1e3)
    return took


def burst_mb_per_s(connection: socket.socket) -> float:
    """Megabytes (10^6) a second of ``BURST`` large requests in flight at once, until all are answered."""
    request, start = produce(1, LARGE_BYTES), time.perf_counter()
    for _ in range(BURST):
        connection.sendall(request)
    receive(connection, _RESPONSE.size * BURST)
    return BURST * len(request) / 1e6 / (time.perf_counter() - start)


def main() -> None:
    mine, theirs = multiprocessing.Pipe()
    multiprocessing.Process(target=sink, args=(theirs,), daemon=True).start()
    to = mine.recv()
    multiprocessing.Process(target=bare_relay, args=(theirs, to), daemon=True).start()
    direct, bare = f"127.0.0.1:{to}", f"127.0.0.1:{mine.recv()}"
    with tempfile.TemporaryDirectory() as folder, Proxy({1: direct}, Path(folder) / "proxy.log") as proxy:
        ways = {"direct": connect(direct), "bare relay": connect(bare), "proxy": connect(proxy.bootstrap)}
        latency_ms: dict[str, list[float]] = {way: [] for way in ways}
        mb_per_s: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, connection in ways.items():
                latency_ms[way].append(median(calls_ms(connection)))
                mb_per_s[way].append(burst_mb_per_s(connection))
    for way in ways:
        added = [there - here for there, here in zip(latency_ms[way], latency_ms["direct"], strict=True)]
        least, middle, most = quantiles(added, n=4)
        print(
            f"{way:10} {median(latency_ms[way]):.3f} ms at the median, of which added {middle:.3f} "
            f"(middle half of {ROUNDS} rounds {least:.3f} to {most:.3f}), {median(mb_per_s[way]):.0f} MB/s"
        )


if __name__ == "__main__":
    main()
