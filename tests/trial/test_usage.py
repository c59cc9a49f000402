"""What a load takes of the machine is on its record, apart from what others take."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from harness import trial
from harness.kinds import KINDS
from harness.store import Used
from harness.trial import Venue

from .single import planned


def used(venue: Venue) -> Used:
    single = planned("confluent-kafka", {}, performance={"loads": [{"rate": 500, "seconds": 1}]})
    record = trial.run(single, KINDS[single.kind], venue)()
    assert record.used is not None, record.reason
    return record.used


@contextmanager
def neighbour() -> Iterator[None]:
    """A process that is busy and nobody's child: of whoever started it nothing is left."""
    started = subprocess.run(["sh", "-c", "yes >/dev/null & echo $!"], stdout=subprocess.PIPE, check=True)
    try:
        yield
    finally:
        os.kill(int(started.stdout), signal.SIGKILL)


def test_clients_brokers_and_the_machine_are_on_record(venue: Venue) -> None:
    found = used(venue)
    assert 1.1 < found.seconds < 60  # what leads in is looked at as well
    assert 0 < found.client_thread <= found.client_cores <= found.cores
    assert found.broker_cores is not None and 0 < found.broker_cores <= found.cores
    assert 0 < found.machine <= 1 and 0 <= found.stolen <= 1
    assert found.client_mb > 10 and found.broker_mb is not None and found.broker_mb > 100
    assert found.loopback_mb is not None and found.loopback_mb > 0.05
    assert found.proxy_thread is None
    assert found.work_ms > 0


def test_what_a_neighbour_takes_is_not_the_harness_s(venue: Venue) -> None:
    with neighbour():
        beside = used(venue).other_cores
    assert beside is not None and beside > 0.1
