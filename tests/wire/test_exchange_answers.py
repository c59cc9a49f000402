"""One connection without sockets: what the client gets although no broker said it, or later than it was said."""

from __future__ import annotations

import struct

import pytest

from harness.wire.frames import Marked
from harness.wire.plans import Line
from harness.wire.rules import WireRule

from .kafka_bytes import produce_frame, read_response
from .test_exchange import Connection, response
from .test_frames import plain


def error_of(frame: bytes) -> tuple[int, int]:
    """Correlation id and error of a response to a Produce version 9."""
    correlation_id, message = read_response(0, 9, frame)
    return correlation_id, message.responses[0].partition_responses[0].error_code.value


def split(frames: bytes) -> list[bytes]:
    found = []
    while frames:
        size = 4 + struct.unpack_from(">i", frames)[0]
        found.append(frames[:size])
        frames = frames[size:]
    return found


def test_a_forged_error_waits_for_its_turn() -> None:
    connection = Connection([WireRule("inject-error", error=6, skip=1, times=2, ms=30)])
    requests = [produce_frame(i) for i in range(5)]
    connection.client(b"".join(requests))
    assert connection.broker_got == requests[0] + requests[3] + requests[4]
    assert connection.client_got == b""
    connection.broker(response(0) + response(3, b"x"), response(4))
    first, *forged, fourth, fifth = split(connection.client_got)
    assert [first, fourth, fifth] == [response(0), response(3, b"x"), response(4)]
    assert list(map(error_of, forged)) == [(1, 6), (2, 6)]
    assert [marked.delay_ms for marked in connection.marked] == [30, 30]


def test_a_forged_error_comes_at_once_if_nothing_is_owed() -> None:
    connection = Connection([WireRule("inject-error", error=19, times=1)])
    connection.client(produce_frame(7))
    assert error_of(connection.client_got) == (7, 19)
    assert connection.broker_got == b""
    assert connection.fired[0][1].records == 0


def test_a_forged_error_takes_the_place_of_the_brokers_word() -> None:
    connection = Connection([WireRule("inject-error", error=20, forward=True, skip=1, times=1)])
    requests = [produce_frame(i) for i in range(3)]
    connection.client(*requests)
    assert connection.broker_got == b"".join(requests)
    connection.broker(response(0), response(1, b"written")[:9])
    connection.broker(response(1, b"written")[9:], response(2))
    first, forged, third = split(connection.client_got)
    assert (first, error_of(forged), third) == (response(0), (1, 20), response(2))


def test_acks_0_gets_no_error() -> None:
    connection = Connection([WireRule("inject-error", error=6)])
    connection.client(produce_frame(1, acks=0))
    assert (connection.broker_got, connection.client_got) == (produce_frame(1, acks=0), b"")


@pytest.mark.parametrize("of_request", [False, True])
def test_a_delay_marks_that_frame_only(of_request: bool) -> None:
    connection = Connection([WireRule("delay", ms=40, of_request=of_request, skip=1, times=1)])
    connection.client(produce_frame(0) + produce_frame(1) + produce_frame(2))
    connection.broker(response(0) + response(1, b"late") + response(2))
    assert connection.client_got == response(0) + response(1, b"late") + response(2)
    [marked] = connection.marked
    assert (plain(marked), marked.delay_ms) == (produce_frame(1) if of_request else response(1, b"late"), 40)


def test_what_becomes_of_the_line_comes_behind_the_request() -> None:
    connection = Connection([WireRule("hold", skip=1, times=1)])
    connection.client(produce_frame(0) + produce_frame(1) + produce_frame(2))
    assert connection.broker_got == produce_frame(0) + produce_frame(1) + produce_frame(2)
    assert connection.marked == [Marked(memoryview(produce_frame(1)), line=Line(held=True))]


@pytest.mark.parametrize("cut", [False, True])
def test_the_request_that_is_refused_with_its_connection_reaches_no_broker(cut: bool) -> None:
    connection = Connection([WireRule("refuse", cut=cut, times=1)])
    connection.client(produce_frame(0))
    assert connection.broker_got == (b"" if cut else produce_frame(0))
    assert [marked.line for marked in connection.marked] == [Line(refused=True, cut=cut)]


def test_to_observe_changes_nothing() -> None:
    connection = Connection([WireRule("observe", skip=1, times=1), WireRule("observe", api="Metadata")])
    connection.client(produce_frame(0, acks=0), produce_frame(1))
    connection.broker(response(1))
    assert (connection.broker_got, connection.client_got) == (produce_frame(0, acks=0) + produce_frame(1), response(1))
    assert [(firing.action, firing.ordinal) for *_, firing in connection.fired] == [("observe", 2)]
