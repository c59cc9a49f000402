"""What a forkserver's children are: processes like any other, that nothing outlives."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.clients.named import Named
from harness.janitor import Janitor
from harness.load.shape import Shape
from harness.load.spec import Spec
from harness.process import ChildDied
from harness.topics import Topics
from harness.workers.forkserver import Forkservers

BOUND_S = 30.0
AIOKAFKA = Named("aiokafka")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="nothing is copied elsewhere")


@pytest.fixture
def forkservers(tmp_path: Path, janitor: Janitor) -> Iterator[Forkservers]:
    with closing(Forkservers(tmp_path, janitor)) as made:
        yield made


@pytest.fixture
def spec(tmp_path: Path, nobody: str) -> dict[str, Any]:
    """Of a producer that reaches nobody."""
    told = Spec(
        client="confluent-kafka",
        bootstrap=nobody,
        topics=Topics(("t",), 1),
        config={},
        run_key=1,
        producer=0,
        shape=Shape(),
        capacity=1,
        journal=str(tmp_path / "journal"),
    )
    return asdict(told)


def children() -> set[int]:
    return {each.pid for each in psutil.Process().children(recursive=True)}


def test_each_child_is_one_of_its_own_and_the_forkserver_is_started_once(
    forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path
) -> None:
    before = children()
    for _ in range(2):
        forkservers.prepare("producer", Named("confluent-kafka"))
    (server,) = children() - before
    with (
        forkservers.start("producer", spec, tmp_path / "one") as one,
        forkservers.start("producer", {**spec, "journal": str(tmp_path / "other")}, tmp_path / "log") as other,
    ):
        assert one.wait("ready", BOUND_S)["version"] == other.wait("ready", BOUND_S)["version"]
        copies = {psutil.Process(each.pid) for each in (one, other)}
        assert {each.ppid() for each in copies} == {server} and len(copies) == 2
        assert {os.getsid(each.pid) for each in copies} == {each.pid for each in copies}
        assert one.tell({"do": "close", "timeout_s": 1}) and one.wait("closed", BOUND_S, to=1)
    assert not one.alive and children() - before == {server}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=str)
def test_a_child_that_is_killed_is_known_to_be(
    forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path, number: signal.Signals
) -> None:
    child = forkservers.start("producer", spec, tmp_path / "log")
    child.wait("ready", BOUND_S)
    os.kill(child.pid, number)
    with pytest.raises(ChildDied, match=f"ended with status -{number.value}"):
        child.wait("nothing", BOUND_S)
    assert not child.alive
    child.kill()
    child.signal(signal.SIGSTOP)


def test_a_spec_that_cannot_be_followed_ends_the_child_alone(
    forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path
) -> None:
    unfit = forkservers.start("producer", {"client": spec["client"]}, tmp_path / "unfit")
    with pytest.raises(ChildDied, match="KeyError"):
        unfit.wait("ready", BOUND_S)
    with forkservers.start("producer", spec, tmp_path / "log") as child:
        assert child.wait("ready", BOUND_S)


def test_a_forkserver_that_died_took_its_children_along_and_another_start_is_anew(
    forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path
) -> None:
    child = forkservers.start("producer", spec, tmp_path / "log")
    child.wait("ready", BOUND_S)
    psutil.Process(child.pid).parent().kill()  # type: ignore[union-attr]
    with pytest.raises(ChildDied, match="ended with status -9"):
        child.wait("nothing", BOUND_S)
    with forkservers.start("producer", spec, tmp_path / "log") as anew:
        assert anew.wait("ready", BOUND_S)


@pytest.mark.parametrize("other", [{"client": "kafka-python"}, {"client_version": "0.0.1"}], ids=str)
def test_a_producer_of_another_client_or_version_is_no_copy_of_it(
    forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path, other: dict[str, str]
) -> None:
    before = children()
    forkservers.prepare("producer", Named("confluent-kafka"))
    (server,) = children() - before
    child = forkservers.start("producer", {**spec, **other}, tmp_path / "log")
    with suppress(psutil.NoSuchProcess):
        assert psutil.Process(child.pid).ppid() != server
    child.kill()


def test_what_is_not_copied_is_started(forkservers: Forkservers, tmp_path: Path) -> None:
    with forkservers.start("oracle", {}, tmp_path / "log") as child:
        assert child.wait("ready", BOUND_S)
        assert psutil.Process(child.pid).ppid() == os.getpid()


def test_none_is_left(forkservers: Forkservers, spec: dict[str, Any], tmp_path: Path) -> None:
    before = children()
    forkservers.prepare("consumer")
    forkservers.prepare("producer", AIOKAFKA)
    child = forkservers.start("producer", spec, tmp_path / "log")
    forkservers.close()
    with pytest.raises(ChildDied):
        child.wait("nothing", BOUND_S)
    assert children() == before
