"""What the proxy costs: ``python -m benchmarks.proxy``. No Kafka: a sink that takes frames and answers each.

Both ways are measured in turns, so that they share whatever else the machine does. Client, proxy and sink share its
cores too, so the throughput is a floor.
"""

from __future__ import annotations

import multiprocessing
import socket
import struct
import tempfile
import threading
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

from harness.wire import Proxy

ROUNDS = 10
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
    direct = f"127.0.0.1:{mine.recv()}"
    with tempfile.TemporaryDirectory() as folder, Proxy({1: direct}, Path(folder) / "proxy.log") as proxy:
        ways = {"direct": connect(direct), "proxy": connect(proxy.bootstrap)}
        latency_ms: dict[str, list[float]] = {way: [] for way in ways}
        mb_per_s: dict[str, list[float]] = {way: [] for way in ways}
        for _ in range(ROUNDS):
            for way, connection in ways.items():
                latency_ms[way] += calls_ms(connection)
                mb_per_s[way].append(burst_mb_per_s(connection))
    for way in ways:
        print(f"{way:7} {median(latency_ms[way]):.3f} ms at the median, {median(mb_per_s[way]):.0f} MB/s")
    print(
        f"added   {median(latency_ms['proxy']) - median(latency_ms['direct']):.3f} ms at the median "
        f"({median(latency_ms['proxy']) / median(latency_ms['direct']):.2f} x), "
        f"{median(mb_per_s['proxy']) / median(mb_per_s['direct']):.2f} x the MB/s"
    )


if __name__ == "__main__":
    main()
