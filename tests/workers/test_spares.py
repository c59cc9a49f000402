"""A child that was there before it was needed is the one that is used, and none is left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from harness.clients.named import Named
from harness.janitor import Janitor
from harness.workers.spares import Spares


@pytest.fixture
def spares(tmp_path: Path, janitor: Janitor) -> Iterator[Spares]:
    with closing(Spares(tmp_path, janitor)) as made:
        yield made


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


def test_the_one_that_waits_is_taken_once(spares: Spares, tmp_path: Path) -> None:
    before = children()
    for _ in range(2):
        spares.prepare("oracle")
    (waiting,) = children() - before
    with spares.start("oracle", {}, tmp_path / "log") as first, spares.start("oracle", {}, tmp_path / "log") as second:
        assert (first.wait("ready", 30)["event"], second.wait("ready", 30)["event"]) == ("ready", "ready")
        assert first.pid == waiting != second.pid


def test_one_that_has_died_is_not(spares: Spares, tmp_path: Path) -> None:
    before = children()
    spares.prepare("oracle")
    (waiting,) = children() - before
    psutil.Process(waiting).kill()
    psutil.wait_procs([psutil.Process(waiting)], 10)
    with spares.start("oracle", {}, tmp_path / "log") as child:
        assert child.wait("ready", 30)


@pytest.mark.parametrize(
    "spec", [{"client": "kafka-python"}, {"client": "aiokafka", "client_version": "0.0.1"}], ids=str
)
def test_a_producer_of_another_client_or_version_is_none(spares: Spares, tmp_path: Path, spec: dict[str, str]) -> None:
    before = children()
    spares.prepare("producer", Named("aiokafka"))
    (waiting,) = children() - before
    child = spares.start("producer", spec, tmp_path / "log")
    child.kill()
    assert child.pid != waiting


def test_none_is_left(spares: Spares) -> None:
    before = children()
    spares.prepare("oracle")
    spares.prepare("producer", Named("aiokafka"))
    spares.close()
    assert children() == before
