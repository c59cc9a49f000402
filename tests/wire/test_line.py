"""Late, slow, held and refused over real sockets: nothing is lost that the rule does not say, and order is kept."""

from __future__ import annotations

import struct
import time

import pytest

from harness.wire import Proxy, WireRule

from .kafka_bytes import read_response
from .test_proxy import BOUND_S, Answering, connect, receive, receive_frame, request, until


def test_a_delayed_response_keeps_its_place(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("delay", ms=300, skip=1, times=1)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1) + request(2) + request(3))
        start = time.monotonic()
        assert [receive_frame(client)[-1] for _ in range(3)] == [1, 2, 3]
        assert time.monotonic() - start >= 0.3 - 0.01  # at least: it cannot have been early
    assert broker.got == [1, 2, 3]


def test_a_client_that_goes_does_not_take_its_late_request_along(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("delay", ms=200, of_request=True)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1))
    start = time.monotonic()
    while until(broker.got == [1] and proxy.stats().connections == 0, start):
        pass


def test_bandwidth_takes_its_time_and_loses_nothing(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("bandwidth", bytes_per_s=2_000_000, times=1)])
    extra = 1_000_000
    with connect(proxy.bootstrap) as client:
        start = time.monotonic()
        client.sendall(request(1, extra=extra) + request(2))
        assert receive_frame(client) == struct.pack(">i", 1) + bytes(extra)
        assert receive_frame(client) == struct.pack(">i", 2)
        assert time.monotonic() - start >= 0.45  # at least: a megabyte at two a second


def test_held_bytes_go_on_when_the_rules_are_replaced(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("hold", skip=1, times=1)])
    with connect(proxy.bootstrap) as client, connect(proxy.bootstrap) as other, connect(proxy.bootstrap) as gone:
        client.sendall(request(1))
        receive_frame(client)
        client.sendall(request(2) + request(3))
        start = time.monotonic()
        while until(broker.got == [1, 2], start):
            pass
        other.sendall(request(4))
        gone.sendall(request(5))
        gone.close()
        with connect(proxy.bootstrap) as later:
            later.sendall(request(6))
            for each in (client, other, later):
                each.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    receive(each, 1)
                each.settimeout(BOUND_S)
            assert broker.got == [1, 2]
            proxy.set_rules([])
            assert [receive_frame(client)[-1] for _ in range(2)] == [2, 3]
            assert (receive_frame(other)[-1], receive_frame(later)[-1]) == (4, 6)
    start = time.monotonic()
    while until(sorted(broker.got) == [1, 2, 3, 4, 5, 6], start):
        pass
    assert [(firing["action"], firing["ordinal"]) for firing in proxy.fired()] == [("hold", 2)]


@pytest.mark.parametrize("cut", [False, True])
def test_refused_connections_are_taken_again_when_the_rules_are_replaced(
    proxy: Proxy, broker: Answering, cut: bool
) -> None:
    proxy.set_rules([WireRule("refuse", cut=cut, skip=1, times=1)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1))
        receive_frame(client)
        client.sendall(request(2))
        if cut:
            with pytest.raises(ConnectionResetError):
                receive_frame(client)
        else:
            assert receive_frame(client)[-1] == 2
        with pytest.raises(ConnectionResetError), connect(proxy.bootstrap) as refused:
            receive_frame(refused)
    proxy.set_rules([])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(3))
        assert receive_frame(client)[-1] == 3
    assert broker.got == ([1, 3] if cut else [1, 2, 3])


def test_an_injected_error_is_answered_in_its_turn(proxy: Proxy, broker: Answering) -> None:
    proxy.set_rules([WireRule("inject-error", error=6, skip=1, times=1), WireRule("delay", ms=50)])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1) + request(2) + request(3))
        assert receive_frame(client) == struct.pack(">i", 1)
        forged = receive_frame(client)
        assert read_response(0, 9, struct.pack(">i", len(forged)) + forged)[0] == 2
        assert receive_frame(client) == struct.pack(">i", 3)
    assert broker.got == [1, 3]


def test_one_line_fault_ends_and_the_other_goes_on(proxy: Proxy, broker: Answering) -> None:
    """While both are there nothing passes; then it does, slowly, and the third request's ack is lost all the same."""
    hold = WireRule("hold", skip=1, times=1, part="hold")
    others = [
        WireRule("bandwidth", bytes_per_s=200_000, times=1, part="bandwidth"),
        WireRule("lose-ack", skip=2, part="lose-ack"),
    ]
    proxy.set_rules([hold, *others])
    with connect(proxy.bootstrap) as client:
        client.sendall(request(1))
        receive_frame(client)
        extra = 100_000
        client.sendall(request(2, extra=extra))
        start = time.monotonic()
        while until([firing["part"] for firing in proxy.fired()][-1:] == ["hold"], start):
            pass
        proxy.set_rules(others)
        start = time.monotonic()
        assert receive_frame(client) == struct.pack(">i", 2) + bytes(extra)
        assert time.monotonic() - start >= 0.45  # at least: so many bytes at two hundred thousand a second
        client.sendall(request(3))
        with pytest.raises(ConnectionResetError):
            receive_frame(client)
    assert proxy.stats().fired == [1, 1]
