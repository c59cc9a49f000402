"""Damaged bytes: frames cut short or too long, changed bytes. They cost the connection they came on, and no other."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.index import load_request_schema

from harness.wire import Proxy, WireRule
from harness.wire.addresses import AddressBook
from harness.wire.exchange import Exchange, Wire
from harness.wire.fields import Malformed
from harness.wire.rulebook import Rulebook

from .kafka_bytes import entities, produce_frame, request_frame
from .test_frames import chunked, plain
from .test_proxy import Answering, connect, receive_frame, request

RULES = [
    WireRule("inject-error", api="Metadata", client_id="client", error=3),
    WireRule("inject-error", api="FindCoordinator", client_id="client", error=15),
    WireRule("inject-error", api="Fetch", client_id="client", error=6),
    WireRule("inject-error", api="OffsetFetch", client_id="client", error=14),
    WireRule("inject-error", api="AddPartitionsToTxn", client_id="client", error=51),
    WireRule("lose-ack", client_id="client", topic="topic", partition=1),
    WireRule("inject-error", client_id="client", error=6, probability=0.3),
    WireRule("delay", client_id="client", ms=1, of_request=True, probability=0.5, seed=1),
    WireRule("delay", client_id="client", ms=1),
]


@st.composite
def damaged(draw: Any) -> bytes:
    """Some requests in a row, with a few bytes changed, sizes overwritten, or the end missing."""
    kind = st.sampled_from(
        [(0, 3), (0, 9), (0, 13), (3, 9), (3, 12), (10, 2), (10, 4), (1, 12), (9, 8), (24, 3), (24, 4)]
    )
    frames = [
        request_frame(draw(entities(load_request_schema(*draw(kind)))), i) if draw(st.booleans()) else produce_frame(i)
        for i in range(draw(st.integers(1, 3)))
    ]
    data = bytearray(b"".join(frames))
    for _ in range(draw(st.integers(0, 4))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    if draw(st.booleans()):
        size = draw(st.sampled_from([-1, 0, 1, 9, 1 << 20, 1 << 28, 2**31 - 1]))
        start = len(b"".join(frames[: draw(st.integers(0, len(frames) - 1))]))
        data[start : start + 4] = struct.pack(">i", size)
    return bytes(data[: draw(st.integers(1, len(data)))])


cuts = st.lists(st.integers(0, 1000), max_size=5)


@given(damaged(), st.binary(max_size=60), cuts)
def test_an_exchange_says_malformed_and_nothing_else(sent: bytes, answered: bytes, cuts: list[int]) -> None:
    wire = Wire(AddressBook({1: "127.0.0.1:4001"}, lambda node: None), lambda node, request, firing: None)
    wire.rules = Rulebook(RULES)
    exchange = Exchange(1, wire)
    forwarded = b""
    with suppress(Malformed):
        for chunk in chunked(sent, cuts):
            for piece in exchange.from_client(chunk):
                forwarded += plain(piece)
            exchange.answers()
    assert len(forwarded) <= len(sent)
    with suppress(Malformed):
        for chunk in chunked(answered, cuts):
            list(exchange.from_broker(chunk))
            exchange.answers()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    broker = Answering()
    with Proxy({1: broker.address}, tmp_path_factory.mktemp("damage") / "proxy.log") as proxy:
        proxy.set_rules(RULES)
        yield proxy
    broker.close()


def test_a_healthy_connection_outlives_all_of_it(proxy: Proxy) -> None:
    numbers = iter(range(1, 1_000_000))
    with connect(proxy.bootstrap) as healthy:

        @settings(max_examples=60, deadline=None)
        @given(damaged(), st.integers(0, 2**32))
        def check(sent: bytes, seed: int) -> None:
            with connect(proxy.bootstrap) as client, suppress(OSError):
                for chunk in chunked(sent, [random.Random(seed).randrange(1000)]):
                    client.sendall(chunk)
            number = next(numbers)
            healthy.sendall(request(number, client_id="healthy"))
            assert receive_frame(healthy) == struct.pack(">i", number)

        check()
    assert proxy.alive
    assert proxy.stats().requests["Produce"] >= 60
