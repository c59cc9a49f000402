"""Producers, consumers and topics for the tests of this room; each goes when its test ends."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.clients import Setting, consumers
from harness.clients.consumers import Consumer, Isolation, Mode
from harness.clusters.local.cluster import LocalCluster

from .consuming import Consume
from .sending import MESSAGE_BYTES, Config, Open, Sending, Topic

_numbers = itertools.count()


@pytest.fixture
def open_producer(tmp_path: Path) -> Iterator[Open]:
    """``open_producer(client, bootstrap, topic, config)``; every one is closed when the test ends."""
    opened: list[Sending] = []

    def open_(
        client: str, bootstrap: str, topic: str, config: Mapping[str, Setting], *, size: int = MESSAGE_BYTES
    ) -> Sending:
        opened.append(Sending(client, bootstrap, topic, config, tmp_path, size))
        return opened[-1]

    yield open_
    for sending in opened:
        sending.producer.close(2)


@pytest.fixture
def make_topic(cluster: LocalCluster) -> Iterator[Topic]:
    """``make_topic(partitions, replication_factor, config)``; every one is deleted when the test ends."""
    made: list[str] = []

    def make(partitions: int = 2, replication_factor: int = 3, config: Mapping[str, str] | None = None) -> str:
        name = f"clients-{next(_numbers)}"
        cluster.create_topic(name, partitions, replication_factor, config or {})
        made.append(name)
        return name

    yield make
    for name in made:
        cluster.delete_topic(name)


@pytest.fixture
def consume() -> Iterator[Consume]:
    """``consume(client, bootstrap, topic, group_id, mode, config)``; every one is closed when the test ends."""
    opened: list[Consumer] = []

    def open_(
        client: str,
        bootstrap: str,
        topic: str,
        group_id: str,
        *,
        mode: Mode = "assign",
        isolation: Isolation = "read_committed",
        config: Config | None = None,
    ) -> Consumer:
        module = consumers.load(client)
        opened.append(
            module.create(bootstrap, topic, range(2), group_id, isolation=isolation, mode=mode, config=config or {})
        )
        return opened[-1]

    yield open_
    for consumer in opened:
        consumer.close(1)


@pytest.fixture
def group() -> str:
    return f"group-{uuid.uuid4().hex}"
