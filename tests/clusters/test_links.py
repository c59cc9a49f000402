"""The relay between nodes over real sockets: what passes, what a cut holds, and that no end is heard of meanwhile."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import roles
from harness.clusters import ClusterFailed
from harness.clusters.local.links import Links
from harness.process import ChildRefused

BOUND_S = 20.0


class Line:
    """A connection that node 1 made to node 2 through the relay, by both its ends."""

    def __init__(self, links: Links, listener: socket.socket) -> None:
        self.near = connect(links.addresses[1, 2])
        self.far = accept(listener)

    def close(self) -> None:
        self.near.close()
        self.far.close()


def connect(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), BOUND_S)


def accept(listener: socket.socket) -> socket.socket:
    connection, _ = listener.accept()
    connection.settimeout(BOUND_S)
    return connection


def receive(connection: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size and (part := connection.recv(size - len(data))):
        data += part
    return bytes(data)


def silent(connection: socket.socket) -> bool:
    """Neither a byte nor an end is there to be read."""
    connection.setblocking(False)
    try:
        connection.recv(1)
    except BlockingIOError:
        return True
    finally:
        connection.settimeout(BOUND_S)
    return False


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(BOUND_S)
        yield listener


@pytest.fixture
def links(listener: socket.socket, tmp_path: Path) -> Iterator[Links]:
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    with Links({(1, 2): address, (3, 2): address}, tmp_path / "relays.log") as links:
        yield links


@pytest.fixture
def line(links: Links, listener: socket.socket) -> Iterator[Line]:
    line = Line(links, listener)
    yield line
    line.close()


@pytest.fixture
def witness(links: Links, listener: socket.socket, line: Line) -> Iterator[Witness]:
    """Made after ``line``, so that each has its own end."""
    witness = Witness(connect(links.addresses[3, 2]), accept(listener))
    yield witness
    witness.near.close()
    witness.far.close()


class Witness:
    """A connection of another node: what went there and back since has passed the relay after all that went before."""

    def __init__(self, near: socket.socket, far: socket.socket) -> None:
        self.near, self.far = near, far

    def passes(self) -> None:
        for sender, receiver in ((self.near, self.far), (self.far, self.near)):
            sender.sendall(b"witness")
            assert receive(receiver, 7) == b"witness"


def test_bytes_pass_both_ways_in_whatever_pieces(line: Line) -> None:
    for byte in b"\x00\x00\x00\x0b\xff":  # the head of a request, byte by byte
        line.near.sendall(bytes([byte]))
        assert receive(line.far, 1) == bytes([byte])
    line.far.sendall(b"answer")
    assert receive(line.near, 6) == b"answer"


def test_what_it_passes_is_none_of_its_business(links: Links, listener: socket.socket) -> None:
    @given(st.binary(min_size=1, max_size=300), st.binary(min_size=1, max_size=300))
    @settings(max_examples=30)
    def passes(garbage: bytes, answer: bytes) -> None:
        line = Line(links, listener)
        line.near.sendall(garbage)
        line.near.shutdown(socket.SHUT_WR)
        assert receive(line.far, 1_000) == garbage
        line.far.sendall(answer)
        line.far.shutdown(socket.SHUT_WR)
        assert receive(line.near, 1_000) == answer
        line.close()

    passes()


def test_what_a_node_sends_is_held_and_goes_on_when_it_is_mended(links: Links, line: Line, witness: Witness) -> None:
    links.cut(1, 2)
    line.near.sendall(b"request")
    line.far.sendall(b"answer")
    witness.passes()
    assert receive(line.near, 6) == b"answer", "the other way is open"
    assert silent(line.far)
    links.mend()
    assert receive(line.far, 7) == b"request"


def test_what_is_sent_to_a_node_is_held_in_the_connections_it_made(links: Links, line: Line, witness: Witness) -> None:
    links.cut(2, 1)
    line.near.sendall(b"request")
    assert receive(line.far, 7) == b"request", "the other way is open"
    line.far.sendall(b"answer")
    witness.passes()
    assert silent(line.near)
    links.mend()
    assert receive(line.near, 6) == b"answer"


def test_a_connection_made_meanwhile_is_silent(
    links: Links, line: Line, witness: Witness, listener: socket.socket
) -> None:
    links.cut(1, 2)
    with connect(links.addresses[1, 2]) as late:
        late.sendall(b"hello")
        witness.passes()
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()
        assert silent(late)
        listener.settimeout(BOUND_S)
        links.mend()
        with accept(listener) as arrived:
            assert receive(arrived, 5) == b"hello"


@pytest.mark.parametrize("way", [(1, 2), (2, 1)])
def test_an_end_is_heard_of_only_when_it_is_mended(
    links: Links, line: Line, witness: Witness, way: tuple[int, int]
) -> None:
    gone, left = (line.near, line.far) if way == (1, 2) else (line.far, line.near)
    links.cut(*way)
    gone.sendall(b"last words")
    gone.close()
    witness.passes()
    assert silent(left)
    links.mend()
    assert receive(left, 100) == b"last words"
    assert left.recv(1) == b""


def test_that_nobody_listens_is_heard_of_only_when_it_is_mended(
    links: Links, line: Line, witness: Witness, listener: socket.socket
) -> None:
    listener.close()
    links.cut(2, 1)
    with connect(links.addresses[1, 2]) as late:
        witness.passes()
        assert silent(late)
        links.mend()
        assert late.recv(1) == b""
    with connect(links.addresses[1, 2]) as refused:
        assert refused.recv(1) == b""
    witness.passes()


def test_what_is_held_is_bounded_and_nothing_of_it_is_lost(links: Links, line: Line) -> None:
    process = psutil.Process(links.pid)
    before = process.memory_info().rss
    links.cut(1, 2)
    line.near.setblocking(False)
    pattern, sent = os.urandom(1 << 20), 0
    try:
        while sent < 1 << 28:
            sent += line.near.send(pattern[sent % len(pattern) :])
    except BlockingIOError:
        pass
    assert 0 < sent < 1 << 28
    assert process.memory_info().rss - before < 8 << 20
    links.mend()
    whole = pattern * (sent // len(pattern) + 1)
    assert receive(line.far, sent) == whole[:sent]


def test_the_end_of_its_parent_ends_it(links: Links, line: Line) -> None:
    links.close()
    assert line.near.recv(1) == line.far.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        connect(links.addresses[1, 2])


def test_a_relay_that_died_is_one_line(links: Links) -> None:
    os.kill(links.pid, signal.SIGKILL)
    until = time.monotonic() + BOUND_S
    with pytest.raises(ClusterFailed, match=r"no relay between the nodes: .* ended with status -9"):
        while time.monotonic() < until:
            links.cut(1, 2)


def failure(links: Links) -> str:
    """What it says of itself when it has failed, within the bound."""
    until = time.monotonic() + BOUND_S
    while time.monotonic() < until:
        try:
            links.fail_if_dead()
        except ClusterFailed as failed:
            return str(failed)
        time.sleep(0.01)
    raise AssertionError("it said nothing")


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of another process are Linux's")
@pytest.mark.parametrize("room", [0, 1], ids=["none for the connection", "none for the one behind it"])
def test_a_connection_that_fails_is_told_and_costs_no_other(
    links: Links, line: Line, witness: Witness, listener: socket.socket, room: int
) -> None:
    links.fail_if_dead()
    fair = resource.prlimit(links.pid, resource.RLIMIT_NOFILE)
    taken = psutil.Process(links.pid).num_fds()
    resource.prlimit(links.pid, resource.RLIMIT_NOFILE, (taken + room, fair[1]))
    with connect(links.addresses[1, 2]) as failed:
        assert re.fullmatch(
            r"a relay between the nodes failed from node 1 to node 2: OSError: \[Errno 24\] .*", failure(links)
        )
        with pytest.raises(ClusterFailed, match="a relay between the nodes failed from node 1 to node 2"):
            links.cut(1, 2)
        with pytest.raises(ClusterFailed):
            links.mend()
        witness.passes()
        resource.prlimit(links.pid, resource.RLIMIT_NOFILE, fair)
        if room:  # there was nothing to connect it with, and that ends it
            assert failed.recv(1) == b""
    with connect(links.addresses[1, 2]) as later:
        later.sendall(b"later")
        arrived = accept(listener)
        if not room:  # the one that had to wait
            arrived.close()
            arrived = accept(listener)
        with arrived:
            assert receive(arrived, 5) == b"later"


def test_a_relay_that_died_is_no_relay(links: Links) -> None:
    os.kill(links.pid, signal.SIGKILL)
    assert failure(links) == "no relay between the nodes: the relay ended with status -9: no word"


def test_a_command_that_makes_no_sense_is_refused(tmp_path: Path) -> None:
    with roles.start("relay", {"ways": []}, tmp_path / "relays.log") as child:
        child.wait("ready", BOUND_S)
        for command in ({"do": "cut", "from": 1}, {"do": "dance"}):
            with pytest.raises(ChildRefused, match="no such command"):
                child.ask(command, "cut", BOUND_S)
