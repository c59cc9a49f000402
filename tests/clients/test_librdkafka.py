"""librdkafka through arrays, without a broker: messages as columns, and what is done where that cannot be."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import clients
from harness.clients import ClientRefused
from harness.clients.batch import Batch, Block
from harness.clients.librdkafka import check, library, messages
from harness.clients.librdkafka.messages import Reported
from harness.clients.librdkafka.reports import Reports
from harness.clients.settings import BUFFER_BYTES
from harness.events import Outcome
from harness.topics import Topics


class Nobody:
    """A ``clients.Recorder`` that notes nothing."""

    def done(self, *report: Any, **more: Any) -> None: ...

    done_many = done


@pytest.fixture
def unchecked() -> Iterator[None]:
    """The check runs anew in this test, and behind it."""
    check.check.cache_clear()
    yield
    check.check.cache_clear()


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=20), st.integers(0, 2**40))
def test_a_batch_points_at_its_values_and_reads_back(values: list[bytes], first: int) -> None:
    keys = values[::-1]
    batch, blocks = messages.filled(first, values, keys)
    for block, at, length, put in ((blocks[0], "payload", "len", values), (blocks[1], "key", "key_len", keys)):
        assert isinstance(block, bytes)
        begin = np.frombuffer(block, np.uint8).ctypes.data
        places = zip((batch[at] - begin).tolist(), batch[length].tolist(), strict=True)
        assert [block[place : place + size] for place, size in places] == put
    batch["err"], batch["offset"] = np.arange(len(values)) - 3, np.arange(len(values)) + 2**35
    back = messages.gathered(batch.ctypes.data + messages.MESSAGE.itemsize * np.arange(len(values))[::-1])
    assert back.sequence.tolist() == list(range(first, first + len(values)))[::-1]
    assert back.error.tolist() == batch["err"].tolist()[::-1]
    assert back.offset.tolist() == batch["offset"].tolist()[::-1]


def _refusal() -> str:
    module = clients.load("librdkafka")
    with pytest.raises(ClientRefused) as refused:
        module.create("127.0.0.1:1", Topics(("t",), 1), {}, None)  # type: ignore[arg-type]
    return str(refused.value)


def test_a_layout_that_is_another_is_refused_with_what_to_take_instead(
    unchecked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    gathered = messages.gathered

    def shifted(addresses: clients.Int64) -> Reported:
        return replace(gathered(addresses), sequence=gathered(addresses).offset)

    monkeypatch.setattr(check, "gathered", shifted)
    assert _refusal() == (
        "librdkafka cannot be driven through arrays here, choose confluent-kafka: "
        "of 64 messages 0 came back as they went in"
    )


def test_addresses_that_are_too_wide_are_refused_and_not_followed(
    unchecked: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "_MEMORY", messages._MEMORY[:1000])
    assert "of 64 messages 0 came back" in _refusal()


def test_a_build_without_its_functions_is_refused(unchecked: None, monkeypatch: pytest.MonkeyPatch) -> None:
    library.functions.cache_clear()
    monkeypatch.setitem(library._FUNCTIONS, "rd_kafka_of_tomorrow", (None, ()))
    try:
        assert "choose confluent-kafka: confluent-kafka exports no librdkafka in this build" in _refusal()
    finally:
        library.functions.cache_clear()


def test_of_what_is_reported_together_each_message_goes_by_its_own_error() -> None:
    batch, _ = messages.filled(10, [b"value"] * 4)
    batch["err"], batch["offset"] = [0, -192, 0, 0], [7, 8, -1, -1]
    addresses = batch.ctypes.data + messages.MESSAGE.itemsize * np.arange(4)
    told: list[tuple[list[int], Outcome, list[int], list[int], str | None]] = []

    def done_many(sequence: Any, outcome: Outcome, at_ns: Any, offset: Any, error: str | None = None) -> None:
        told.append((sequence.tolist(), outcome, at_ns.tolist(), offset.tolist(), error))

    reports: Any = Reports.__new__(Reports)
    reports._calls = SimpleNamespace(rd_kafka_message_status=lambda address: 1)
    reports._recorder = SimpleNamespace(done_many=done_many)
    reports._success, reports._closing = Outcome.ACKED, False
    reports.taken, reports._arrived = 0, threading.Event()
    reports._handle = SimpleNamespace(messages=lambda events: (addresses, np.array([2, 2])))
    reports._report([1, 2], np.array([100, 200]))
    assert told == [
        ([10, 12, 13], Outcome.ACKED, [100, 200, 200], [7, -1, -1], None),
        ([11], Outcome.ERROR, [100], [-1], "_MSG_TIMED_OUT POSSIBLY_PERSISTED"),
    ]
    assert reports.taken == 4


def test_a_full_queue_takes_nothing_until_there_is_room_for_a_part_of_it() -> None:
    """Nobody is there to send to, so that nothing is reported until the client is closed."""
    producer = clients.load("librdkafka").create("127.0.0.1:1", Topics(("t",), 1), {}, Nobody())
    batch = Batch(Block(np.zeros((5_000, 1_000), np.uint8)))
    most, taken = BUFFER_BYTES // 1_000, 0
    while accepted := producer.send(taken, 0, batch):
        taken += accepted
    assert taken == most // len(batch) * len(batch), "what is left has room for less than an eighth of it"
    assert 0 < most - taken < most // 8
    began = time.monotonic()
    producer.poll(0.2)
    assert 0.1 < time.monotonic() - began < 5 and producer.send(taken, 0, batch) == 0
    assert producer.send(taken, 0, batch[: most - taken]) == most - taken, "of fewer there is room for all"
    producer.close(5.0)
