"""What workers of a pipeline were given to read, in histories written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from harness.events import Consuming
from harness.journal.sealed import PollColumns
from harness.verify import Findings, Readings, find

from .histories import ACKED, UNKNOWN, found, log, producer

LEFT_OFF, POLLED, COMMITTED = Consuming.LEFT_OFF, Consuming.POLLED, Consuming.COMMITTED
ASSIGNED, REVOKED, LOST = Consuming.ASSIGNED, Consuming.REVOKED, Consuming.LOST
Deed = tuple[int, Consuming, int, int] | tuple[int, Consuming, int] | tuple[int, Consuming]


def worker(*deeds: Deed, number: int = 0, epoch: int = 0, partition: int = 0) -> PollColumns:
    """Deeds as (time, what), with a first and a last offset where there is one."""
    rows = [(*deed, -1, -1)[:4] for deed in deeds]
    at_ns, what, first, last = zip(*rows, strict=True)
    int64 = [np.array(column, np.int64) for column in (at_ns, first, last)]
    where = np.full(len(rows), partition, np.int32)
    return PollColumns(number, epoch, int64[0], np.array(what, np.uint8), where, int64[1], int64[2])


def judged(*workers: PollColumns, acked_at: tuple[int, ...] = tuple(range(10))) -> Findings:
    """Inputs of one partition at these offsets; a last one has no report and is wherever it is."""
    inputs = producer(*((0, ACKED) for _ in acked_at), (0, UNKNOWN), acked_at=(*acked_at, -1))
    return find(Readings(None, log(), inputs=[inputs], polls=workers))


def polls(*workers: PollColumns, acked_at: tuple[int, ...] = tuple(range(10))) -> tuple[int, int, int]:
    """Skipped, again and back."""
    anomalies = judged(*workers, acked_at=acked_at).anomalies
    assert None not in (anomalies.poll_skipped, anomalies.poll_again, anomalies.poll_back)
    return anomalies.poll_skipped, anomalies.poll_again, anomalies.poll_back  # type: ignore[return-value]


def test_one_poll_behind_the_other_is_nothing_to_be_found() -> None:
    assert polls(worker((1, LEFT_OFF, 0), (2, POLLED, 0, 4), (3, COMMITTED, 5), (4, POLLED, 5, 9))) == (0, 0, 0)


def test_an_offset_that_exists_and_is_passed_by_is_skipped() -> None:
    findings = judged(worker((1, LEFT_OFF, 0), (2, POLLED, 0, 4), (3, POLLED, 7, 9), number=2, epoch=1))
    assert {name: n for name, n in found(findings).items() if name.startswith("poll")} == {"poll_skipped": 2}
    first, _ = findings.witnesses["poll_skipped"]
    assert (first["sequence"], first["offsets"], first["worker"], first["epoch"]) == (5, [5], 2, 1)
    assert polls(worker((1, LEFT_OFF, 0), (2, POLLED, 3, 9))) == (3, 0, 0), "where it begins as well"


def test_markers_and_what_was_aborted_lie_in_a_gap_and_are_not_skipped() -> None:
    gaps = worker((1, LEFT_OFF, 0), (2, POLLED, 1, 1), (3, POLLED, 4, 6), (4, POLLED, 8, 9))
    assert polls(gaps, acked_at=(1, 4, 5, 6, 8, 9)) == (0, 0, 0)
    assert polls(gaps, acked_at=(1, 2, 4, 5, 6, 8, 9)) == (1, 0, 0)


def test_where_a_worker_begins_another_may_have_come_further_meanwhile() -> None:
    """It asks where to begin, and its client asks once more: in between a commit on its way has come."""
    dead = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 5), (4, COMMITTED, 6))
    assert polls(dead, worker((3, LEFT_OFF, 0), (5, POLLED, 6, 9), epoch=1)) == (0, 0, 0)
    assert polls(dead, worker((3, LEFT_OFF, 0), (5, POLLED, 7, 9), epoch=1)) == (1, 0, 0)
    assert polls(dead, worker((3, LEFT_OFF, 0), (5, POLLED, 0, 0), (6, POLLED, 6, 9), epoch=1)) == (5, 0, 0)


def test_a_poll_that_goes_back_reads_again() -> None:
    back = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 4), (3, POLLED, 2, 6))
    assert polls(back) == (0, 3, 1)
    findings = judged(back)
    assert [each["offsets"] for each in findings.witnesses["poll_again"]] == [[2], [3], [4]]
    assert [each["offsets"] for each in findings.witnesses["poll_back"]] == [[2]]


def test_going_back_to_what_was_skipped_reads_nothing_again() -> None:
    assert polls(worker((1, LEFT_OFF, 0), (2, POLLED, 0, 1), (3, POLLED, 4, 5), (4, POLLED, 2, 3))) == (2, 0, 1)


@pytest.mark.parametrize("taken", [REVOKED, LOST])
def test_a_rebalance_between_excuses_what_begins_where_the_group_left_off(taken: Consuming) -> None:
    before = (1, LEFT_OFF, 0), (2, POLLED, 0, 6), (3, COMMITTED, 3), (4, taken), (5, ASSIGNED)
    assert polls(worker(*before, (6, LEFT_OFF, 3), (7, POLLED, 3, 9))) == (0, 0, 0)
    assert polls(worker(*before, (6, LEFT_OFF, 3), (7, POLLED, 7, 9))) == (4, 0, 0), "it reads on where it was"
    assert polls(worker(*before, (6, LEFT_OFF, 3), (7, POLLED, 1, 9))) == (0, 2, 1), "before where it left off"
    assert polls(worker(*before, (6, LEFT_OFF, 9), (7, POLLED, 9, 9))) == (2, 0, 0), "nobody had polled 7 and 8"


def test_a_partition_is_another_workers_after_a_rebalance() -> None:
    gives = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 5), (3, COMMITTED, 4), (4, REVOKED))
    takes = worker((5, ASSIGNED), (6, LEFT_OFF, 4), (7, POLLED, 4, 9), number=1)
    assert polls(gives, takes) == (0, 0, 0)


KILLED = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 5), (3, COMMITTED, 3), (4, POLLED, 6, 6))


def test_a_restart_excuses_what_was_polled_and_not_committed() -> None:
    assert polls(KILLED, worker((5, LEFT_OFF, 3), (6, POLLED, 3, 9), epoch=1)) == (0, 0, 0)
    assert polls(KILLED, worker((5, LEFT_OFF, 6), (6, POLLED, 6, 9), epoch=1)) == (0, 0, 0), "it died before it knew"


def test_a_restart_does_not_excuse_what_nobody_polled_or_what_was_committed() -> None:
    assert polls(KILLED, worker((5, LEFT_OFF, 9), (6, POLLED, 9, 9), epoch=1)) == (2, 0, 0)
    assert polls(KILLED, worker((5, LEFT_OFF, 1), (6, POLLED, 1, 9), epoch=1)) == (0, 2, 0)
    assert polls(KILLED, worker((5, LEFT_OFF, 3), (6, POLLED, 5, 9), epoch=1)) == (2, 0, 0)


def test_who_is_assigned_by_hand_and_wakes_up_reads_on_where_it_was() -> None:
    frozen = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 3), (8, COMMITTED, 4), (9, POLLED, 4, 9), (10, COMMITTED, 10))
    meanwhile = worker((3, LEFT_OFF, 0), (4, POLLED, 0, 9), (5, COMMITTED, 10), epoch=1)
    assert polls(frozen, meanwhile) == (0, 0, 0)
    assert polls(frozen, meanwhile, worker((11, LEFT_OFF, 10), epoch=2)) == (0, 0, 0)


def test_what_two_epochs_produce_twice_is_no_matter_of_polls() -> None:
    inputs = producer((0, ACKED), acked_at=(0,))
    epochs = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 0)), worker((3, LEFT_OFF, 0), (4, POLLED, 0, 0), epoch=1)
    readings = Readings(None, log((0, 0, 0, 0), (0, 1, 0, 0)), inputs=[inputs], polls=epochs)
    assert found(find(readings)) == {"redelivered": 1}


def test_partitions_are_each_read_for_itself() -> None:
    first = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 9))
    assert polls(first, worker((3, LEFT_OFF, 0), (4, POLLED, 0, 2), number=1, partition=1)) == (0, 0, 0)


def test_what_exists_in_one_partition_is_not_skipped_in_another() -> None:
    inputs = producer((0, ACKED), (0, ACKED), (1, ACKED), (1, ACKED), (1, ACKED), acked_at=(0, 1, 0, 2, 4))
    gaps = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 0), (3, POLLED, 2, 2), (4, POLLED, 4, 4), partition=1)
    assert found(find(Readings(None, log(), inputs=[inputs], polls=[gaps]))).get("poll_skipped") is None
    passed_by = worker((1, LEFT_OFF, 0), (2, POLLED, 0, 0), (3, POLLED, 4, 4), partition=1)
    findings = find(Readings(None, log(), inputs=[inputs], polls=[passed_by]))
    (witness,) = findings.witnesses["poll_skipped"]
    assert (witness["sequence"], witness["partition"], witness["offsets"]) == (3, 1, [2])


def test_who_does_not_say_where_it_left_off_after_a_rebalance_begins_where_it_polls() -> None:
    before = (1, LEFT_OFF, 0), (2, POLLED, 0, 6), (3, COMMITTED, 3), (4, REVOKED), (5, ASSIGNED)
    assert polls(worker(*before, (6, POLLED, 3, 9))) == (0, 0, 0)
    assert polls(worker(*before, (6, POLLED, 1, 9))) == (0, 2, 0), "1 and 2 were committed"
    assert polls(worker(*before, (6, POLLED, 9, 9))) == (2, 0, 0), "nobody had polled 7 and 8"


def test_where_nobody_noted_polls_nothing_is_counted() -> None:
    inputs = producer((0, ACKED), acked_at=(0,))
    anomalies = find(Readings(None, log(), inputs=[inputs])).anomalies
    assert (anomalies.poll_skipped, anomalies.poll_again, anomalies.poll_back) == (None, None, None)
