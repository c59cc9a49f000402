"""The proxy's process over real sockets; the broker behind it only reads frames and answers them."""

from __future__ import annotations

import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from harness import roles
from harness.process import ChildRefused
from harness.security import PLAINTEXT
from harness.wire import Proxy, WireRule
from harness.wire.fields import Malformed
from harness.wire.firings import LISTED
from harness.wire.requests import read_request

from .kafka_bytes import produce_frame

BOUND_S = 20.0


class Answering:
    """Answers each Produce with its correlation id and as many more bytes as its records ask for; -1 for no answer."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.getsockname()[1]}"
        self.got: list[int] = []
        self.sent_bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError, EOFError, ValueError, Malformed):
            while True:
                payload = receive_frame(connection)
                request, extra = read_request(payload), int(payload.rpartition(b"extra=")[2][:12])
                if request is None:
                    return
                self.got.append(request.correlation_id)
                if extra < 0 or not request.answered:
                    continue
                connection.sendall(struct.pack(">ii", 4 + extra, request.correlation_id))
                while extra:
                    part = min(extra, 1 << 16)
                    connection.sendall(bytes(part))
                    self.sent_bytes += part
                    extra -= part


def request(correlation_id: int, acks: int = 1, extra: int = 0, client_id: str = "client") -> bytes:
    return produce_frame(correlation_id, acks, records=b"extra=%012d" % extra, client_id=client_id)


def receive_frame(connection: socket.socket) -> bytes:
    """A frame's payload. Raises ``ConnectionResetError`` on a reset, ``EOFError`` at the end."""
    (size,) = struct.unpack(">i", receive(connection, 4))
    return receive(connection, size)


def receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise EOFError
        data += part
    return bytes(data)


def connect(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), BOUND_S)


def until(holds: bool, start: float) -> bool:
    """Whether to go on waiting."""
    assert time.monotonic() - start < BOUND_S
    time.sleep(0.01)
    return not holds


def test_lose_ack_delivers_what_came_before_then_resets(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("lose-ack", skip=1, times=1)])
    with connect(proxy.bootstrap) as client:
        extra = 3 << 20  # more than the sockets' buffers take while nobody reads
        client.sendall(request(5, extra=extra) + request(6) + request(7))
        assert receive_frame(client) == struct.pack(">i", 5) + bytes(extra)
        with pytest.raises(ConnectionResetError):
            receive_frame(client)
    stats = proxy.stats()
    assert (stats.requests, stats.fired, stats.connections) == ({"Produce": 3}, [1], 0)
    [event] = proxy.fired()
    assert 0 < time.monotonic_ns() - event.pop("at_ns") < BOUND_S * 1e9
    assert event == {
        "event": "fired",
        "rule": 0,
        "action": "lose-ack",
        "api": "Produce",
        "version": 9,
        "ordinal": 2,
        "node": 1,
        "correlation_id": 6,
        "client_id": "client",
        "records": 0,
    }
    assert broker.got[:2] == [5, 6]
    assert proxy.fired() == []


def test_firings_without_end_are_listed_first_and_then_counted(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("observe", part="watch"), WireRule("lose-ack", skip=999)])
    with connect(proxy.bootstrap) as client:
        for number in range(250):
            client.sendall(request(number))
            receive_frame(client)
    assert len(proxy.fired()) <= LISTED
    proxy.set_rules([])
    *_, last = firings = proxy.fired()
    assert len(firings) <= LISTED + 1
    assert (last["ordinal"], last["times"], last["part"]) == (250, 250 - LISTED, "watch")
    assert proxy.stats().requests["Produce"] == 250


@pytest.mark.parametrize("acks", [0, 1])
def test_lose_request_delivers_what_came_before_then_resets(proxy: Proxy, broker: Answering, acks: int) -> None:
    proxy.set_rules([WireRule("lose-request", skip=1, times=1)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(5, extra=1 << 20) + request(6, acks) + request(7))
        assert receive_frame(client)[:4] == struct.pack(">i", 5)
        with pytest.raises(ConnectionResetError):
            receive_frame(client)
    assert broker.got == [5]


def test_a_broker_that_does_not_answer_holds_a_lost_request_for_a_bounded_time(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("lose-request", skip=1)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(5, extra=-1) + request(6))
        with pytest.raises(ConnectionResetError):
            receive_frame(client)
    assert broker.got == [5]


def test_a_silent_loss_leaves_the_connection(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules(
        [WireRule("lose-ack", times=1, silent=True), WireRule("lose-request", skip=1, times=1, silent=True)]
    )
    with connect(proxy.bootstrap) as client:
        client.sendall(request(5) + request(6) + request(7))
        assert receive_frame(client) == struct.pack(">i", 7)
    assert broker.got == [5, 7]
    assert proxy.stats().fired == [1, 1]  # whose answer comes behind what fired
    assert [(event["rule"], event["ordinal"]) for event in proxy.fired()] == [(0, 1), (1, 2)]


@pytest.mark.parametrize(
    "malformed",
    [
        pytest.param(b"\xff" * 64, id="negative size"),
        pytest.param(struct.pack(">i", 3) + b"abc", id="shorter than a head"),
        pytest.param(struct.pack(">ihhih", 1 << 30, 0, 9, 1, -1) + b"\xff" * (1 << 17), id="a head that never ends"),
    ],
)
def test_malformed_bytes_cost_their_connection_only(proxy: Proxy, broker: Answering, malformed: bytes) -> None:
    with connect(proxy.bootstrap) as healthy, connect(proxy.bootstrap) as client:
        client.sendall(request(1))
        receive_frame(client)
        client.sendall(malformed)
        with pytest.raises((EOFError, ConnectionResetError)):
            receive_frame(client)
        healthy.sendall(request(2))
        assert receive_frame(healthy) == struct.pack(">i", 2)
        assert proxy.alive


def test_a_truncated_frame_does_not_reach_the_next_connection(proxy: Proxy, broker: Answering) -> None:
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1)[:-3])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(2))
        assert receive_frame(client) == struct.pack(">i", 2)
    assert broker.got == [2]


def test_a_broker_that_is_down_is_a_closed_connection_until_it_is_up(broker: Answering, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    with Proxy({1: broker.address, 2: address}, tmp_path / "proxy.log") as proxy:
        with pytest.raises((EOFError, ConnectionResetError)), connect(proxy.addresses[2]) as client:
            receive_frame(client)
        with connect(proxy.addresses[1]) as client:
            client.sendall(request(1))
            receive_frame(client)
        with socket.create_server(("127.0.0.1", int(address.split(":")[1]))) as server, connect(proxy.addresses[2]):
            server.settimeout(BOUND_S)
            server.accept()[0].close()


def test_a_client_that_does_not_read_stops_the_broker_and_loses_nothing(proxy: Proxy, broker: Answering) -> None:
    extra = 256 << 20
    process = psutil.Process(proxy.pid)
    before = process.memory_info().rss
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1, extra=extra) + request(2))
        start, seen = time.monotonic(), -1
        while until(0 < broker.sent_bytes == seen, start):
            seen = broker.sent_bytes
            time.sleep(0.2)
        assert broker.sent_bytes < extra
        assert process.memory_info().rss - before < 32 << 20
        assert receive_frame(client) == struct.pack(">i", 1) + bytes(extra)
        assert receive_frame(client) == struct.pack(">i", 2)


def test_a_client_that_goes_takes_its_connection_to_the_broker_along(proxy: Proxy, broker: Answering) -> None:
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1))
        receive_frame(client)
        assert proxy.stats().connections == 1
    start = time.monotonic()
    while until(proxy.stats().connections == 0, start):
        pass


def test_the_end_of_stdin_ends_it(broker: Answering, tmp_path: Path) -> None:
    with Proxy({1: broker.address}, tmp_path / "proxy.log") as proxy, connect(proxy.bootstrap) as client:
        client.sendall(request(1))
        receive_frame(client)
        proxy.close()
        assert not proxy.alive
        with pytest.raises((EOFError, ConnectionResetError)):
            receive_frame(client)
        with pytest.raises(ConnectionRefusedError):
            connect(proxy.bootstrap)


def test_a_command_that_makes_no_sense_is_refused_and_changes_nothing(broker: Answering, tmp_path: Path) -> None:
    spec = {"brokers": {"1": broker.address}, "security": asdict(PLAINTEXT)}
    with roles.start("proxy", spec, tmp_path / "proxy.log") as child:
        child.wait("ready", BOUND_S)
        child.ask({"do": "rules", "rules": [{"action": "lose-ack"}]}, "rules", BOUND_S)
        for command, reason in (
            ({"do": "rules", "rules": [{"action": "lose-it"}]}, "action 'lose-it' is none of"),
            ({"do": "dance"}, "no such command"),
        ):
            with pytest.raises(ChildRefused, match=reason):
                child.ask(command, "rules", BOUND_S)
        assert child.ask({"do": "stats"}, "stats", BOUND_S)["fired"] == [0]
