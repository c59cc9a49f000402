"""Asking an address at which anything may answer, or nothing: one line, within the time that was given."""

from __future__ import annotations

import datetime
import io
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12.response import (
    MetadataResponse,
    MetadataResponseBroker,
    MetadataResponsePartition,
    MetadataResponseTopic,
)
from kio.schema.types import BrokerId, TopicName
from kio.serial import entity_writer
from kio.static.primitive import i32, i32Timedelta

from harness.clusters import ClusterFailed, admin
from harness.clusters.brokers import Brokers
from harness.clusters.coordinators import find_coordinator

Answer = Callable[[socket.socket, bytes], None]
"""What a service does with a connection and the first request on it, its size left out."""


@contextmanager
def service(answer: Answer) -> Iterator[str]:
    """Something that listens, by its address; it takes one connection after the other."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while not over.is_set():
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        answer(connection, connection.recv(1 << 16)[4:])

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        over.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def frame(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def header(request: bytes) -> bytes:
    """The correlation id it asks for, and no tags."""
    return request[4:8] + b"\0"


def saying(what: bytes) -> Answer:
    return lambda connection, request: connection.sendall(what)


def answering(body: bytes) -> Answer:
    return lambda connection, request: connection.sendall(frame(header(request) + body))


def silent(connection: socket.socket, request: bytes) -> None:
    connection.recv(1)  # until whoever asks has had enough


def trickling(connection: socket.socket, request: bytes) -> None:
    connection.sendall(struct.pack(">i", 1_000))
    for _ in range(200):
        connection.sendall(b"\0")
        threading.Event().wait(0.02)


STRANGERS: list[tuple[str, Answer, str]] = [
    ("silence", silent, "no answer within 0.1 s"),
    ("a trickle", trickling, "no answer within 0.1 s"),
    ("an end", lambda connection, request: None, "the broker closed the connection"),
    ("half a frame", saying(struct.pack(">i", 100) + b"half"), "the broker closed the connection"),
    ("a web server", saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), "ValueError: a frame of 1213486160 bytes"),
    ("TLS", saying(b"\x15\x03\x03\x00\x02\x02\x46"), "ValueError: a frame of 352518912 bytes"),
    ("a negative size", saying(b"\xff\xff\xff\xff"), "ValueError: a frame of -1 bytes"),
    ("nothing in a frame", saying(frame(b"")), "something else than was asked"),
    ("an echo", lambda connection, request: connection.sendall(frame(request)), "something else than was asked"),
    ("another's answer", saying(frame(b"\0\0\0\x01\0" + bytes(100))), "something else than was asked"),
    ("too little", answering(b"\0"), "BufferUnderflow: Buffer is exhausted"),
]


@pytest.mark.parametrize(
    ("answer", "said"), [(answer, said) for _, answer, said in STRANGERS], ids=[n for n, *_ in STRANGERS]
)
def test_a_stranger_is_one_line(answer: Answer, said: str) -> None:
    timeout_s = 0.1 if "no answer" in said else 5.0
    with service(answer) as address:
        for ask in (
            lambda: admin.view(address, "topic", timeout_s),
            lambda: admin.create_topic(address, "topic", 1, 1, {}, timeout_s),
            lambda: admin.delete_topic(address, "topic", timeout_s),
            lambda: admin.high_watermark(address, "topic", 0, timeout_s),
            lambda: admin.last_stable_offset(address, "topic", 0, timeout_s),
            lambda: admin.elect_unclean(address, "topic", 0, timeout_s),
            lambda: find_coordinator(address, "transaction", "id", timeout_s),
        ):
            with pytest.raises(admin.AdminError) as refused:
                ask()
            assert str(refused.value).startswith(f"{address}: ")
            assert said in str(refused.value)
            assert "\n" not in str(refused.value)


def test_nobody_is_one_line() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(admin.AdminError, match=f"^{address}: .*refused"):
            admin.view(address, None)


@pytest.mark.parametrize(
    "ask", [admin.create_topic, admin.delete_topic, admin.high_watermark, admin.last_stable_offset]
)
def test_an_answer_about_nothing_that_was_asked_for_is_one_line(ask: Callable[..., Any]) -> None:
    given: dict[Any, tuple[Any, ...]] = {
        admin.create_topic: ("topic", 1, 1, {}, 5.0),
        admin.delete_topic: ("topic", 5.0),
        admin.high_watermark: ("topic", 0, 5.0),
        admin.last_stable_offset: ("topic", 0, 5.0),
    }
    nothing = b"\0\0\0\0\x01\0"  # throttle time, no elements, no tags
    with (
        service(answering(nothing)) as address,
        pytest.raises(admin.AdminError, match=f"^{address}: .* it says something of 0 topics"),
    ):
        ask(address, *given[ask])


def test_a_cluster_at_whose_addresses_something_else_answers_does_not_come_up(monkeypatch: pytest.MonkeyPatch) -> None:
    with service(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as address:
        brokers = Brokers({1: address})
        assert brokers.view("topic") is None
        with pytest.raises(ClusterFailed, match=f"broker 1 does not answer .{address}: is no Kafka broker"):
            brokers.wait_healthy(None, 0.3)
        with pytest.raises(ClusterFailed, match="is no Kafka broker"):
            brokers.create_topic("topic", 1, 1, {})
        monkeypatch.setattr("harness.clusters.brokers._ANSWER_S", 0.1)
        with pytest.raises(ClusterFailed, match="no high watermark of topic: no broker answers"):
            brokers.high_watermarks("topic")
        with pytest.raises(ClusterFailed, match="no last stable offset of topic: no broker answers"):
            brokers.last_stable_offsets("topic")
        with pytest.raises(ClusterFailed, match=f"no coordinator of the transaction id: {address}: is no Kafka broker"):
            brokers.coordinator("transaction", "id")


def metadata() -> bytes:
    """What a broker says of a cluster of one broker and a topic of two partitions."""
    one = (BrokerId(1),)
    partitions = tuple(
        MetadataResponsePartition(
            error_code=ErrorCode.none,
            partition_index=i32(index),
            leader_id=BrokerId(1),
            leader_epoch=i32(0),
            replica_nodes=one,
            isr_nodes=one,
            offline_replicas=(),
        )
        for index in range(2)
    )
    topic = MetadataResponseTopic(
        error_code=ErrorCode.none,
        name=TopicName("topic"),
        topic_id=None,
        is_internal=False,
        partitions=partitions,
        topic_authorized_operations=i32(0),
    )
    response = MetadataResponse(
        throttle_time=i32Timedelta.parse(datetime.timedelta()),
        brokers=(MetadataResponseBroker(node_id=BrokerId(1), host="localhost", port=i32(9), rack=None),),
        cluster_id="cluster",
        controller_id=BrokerId(1),
        topics=(topic,),
    )
    with io.BytesIO() as buffer:
        entity_writer(MetadataResponse)(buffer, response)
        return buffer.getvalue()


def test_whatever_is_wrong_with_an_answer_it_is_one_line() -> None:
    whole = body = metadata()
    with service(lambda connection, request: connection.sendall(frame(header(request) + body))) as address:
        assert admin.view(address, "topic", 5.0).partitions.keys() == {0, 1}

        # No byte from 128 on: for an array that claims 2**31 elements kio asks the system for room, and that ends all.
        @given(st.dictionaries(st.integers(0, len(whole) - 1), st.integers(0, 127), max_size=4), st.integers(0, 100))
        @settings(max_examples=100, deadline=None)
        def check(changes: dict[int, int], cut: int) -> None:
            nonlocal body
            damaged = bytearray(whole)
            for place, byte in changes.items():
                damaged[place] = byte
            body = bytes(damaged[: len(damaged) - cut])
            try:
                assert isinstance(admin.view(address, None, 5.0), admin.TopicView)
            except admin.AdminError as refused:
                assert str(refused).startswith(f"{address}: is no Kafka broker") and "\n" not in str(refused)

        check()
