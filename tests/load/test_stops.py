"""A producer stops at a point of a transaction until it is told to go on, as a fault wants it to."""

from __future__ import annotations

import json
import threading
import time
from typing import Any

import pytest

from harness.events import Ending, TransactionPoint

from .test_transacting import Bench, Coordinator, bench

WITHIN_S = 10.0


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def stopped(its: Bench, count: int, capsys: pytest.CaptureFixture[str]) -> tuple[threading.Thread, dict[str, Any]]:
    """Who sends, in a thread of its own, and what it said when it stopped."""
    sending = threading.Thread(target=its.send, args=(count,), daemon=True)
    sending.start()
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        if heard := said(capsys):
            (event,) = heard
            return sending, event
        time.sleep(0.005)
    raise AssertionError("it did not stop")


def goes_on(its: Bench, sending: threading.Thread) -> None:
    its.producer.stop.go_on()
    sending.join(WITHIN_S)
    assert not sending.is_alive()


@pytest.mark.parametrize(
    ("point", "has", "ended"),
    [
        (TransactionPoint.BEFORE_SEND, 0, 2),
        (TransactionPoint.AFTER_SEND, 4, 2),
        (TransactionPoint.AT_COMMIT, 4, 2),
        (TransactionPoint.AT_ABORT, 4, 2),
    ],
)
def test_it_stops_there_and_goes_on(
    point: TransactionPoint, has: int, ended: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench(Coordinator(), 4) as its:
        its.send(4)
        its.producer.stop_at(point, 2)
        sending, event = stopped(its, 16, capsys)
        assert (event["event"], event["point"], event["transaction"]) == ("stopped", point.value, 2)
        assert len(its.client.ended) == ended and len(its.client.given[-1]) == has
        assert its.journal.asked[2] == its.journal.ended_ns[2] == 0, "its end was not asked for"
        goes_on(its, sending)
        how = Ending.ABORTED if point is TransactionPoint.AT_ABORT else Ending.COMMITTED
        assert its.client.ended == [Ending.COMMITTED] * 2 + [how] + [Ending.COMMITTED] * 2
        assert its.journal.ending[:5].tolist() == its.client.ended


def test_where_more_is_to_be_sent_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with bench(Coordinator(), 10, interval_s=1.0) as its:
        its.producer.stop_at(TransactionPoint.AFTER_SEND, 1)
        its.send(3)
        its.clock.pass_s(0.6)
        sending, event = stopped(its, 4, capsys)
        assert event["transaction"] == 0 and its.client.given == [[0, 1, 2]]
        its.clock.pass_s(60.0)
        goes_on(its, sending)
        assert its.client.given == [[*range(7)]] and not its.client.ended


def test_one_that_is_aborted_is_not_at_its_commit(capsys: pytest.CaptureFixture[str]) -> None:
    with bench(Coordinator(), 1, aborts=0.5) as its:
        its.producer.stop_at(TransactionPoint.AT_COMMIT, 1)
        sending, event = stopped(its, 20, capsys)
        assert its.client.ended == [Ending.ABORTED] * event["transaction"]
        goes_on(its, sending)
        assert len(its.client.ended) == 20
