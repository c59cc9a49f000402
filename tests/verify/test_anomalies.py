"""Histories written by hand: one for each anomaly, and one for each thing that looks like it and is not."""

from __future__ import annotations

import pytest

from harness.events import Outcome
from harness.verify import Readings, find

from .histories import ACKED, FAILED, UNCONFIRMED, UNKNOWN, Record, found, log, producer


def test_a_clean_trial_has_no_anomaly() -> None:
    findings = find(Readings([producer((0, ACKED), (0, ACKED))], log((0, 0, 0, 0), (0, 1, 0, 1))))
    assert found(findings) == {}
    assert findings.witnesses == {}
    assert findings.counts is not None and findings.counts.model_dump() == {
        "sent": 2,
        "acked": 2,
        "failed": 0,
        "unknown": 0,
        "unconfirmed": 0,
        "in_log": 2,
        "given_up": 0,
        "given_up_landed": 0,
        "aborted": 0,
    }


def test_what_this_trial_cannot_tell_is_none_and_not_zero() -> None:
    anomalies = find(Readings([producer((0, ACKED))], log((0, 0, 0, 0)))).anomalies
    assert anomalies.lost == 0
    assert (anomalies.aborted_visible, anomalies.torn_transaction, anomalies.hung_transaction) == (None, None, None)
    assert (anomalies.redelivered, anomalies.skipped) == (None, None)


@pytest.mark.parametrize("outcome", [ACKED, UNCONFIRMED])
def test_acked_or_unconfirmed_and_absent_is_lost(outcome: Outcome) -> None:
    findings = find(Readings([producer((0, ACKED), (0, outcome))], log((0, 0, 0, 0))))
    assert found(findings) == {"lost": 1}
    assert [witness["sequence"] for witness in findings.witnesses["lost"]] == [1]


def test_failed_and_absent_is_what_failed_means() -> None:
    assert found(find(Readings([producer((0, FAILED))], log()))) == {}


def test_failed_and_in_the_log_is_failed_landed() -> None:
    findings = find(Readings([producer((0, FAILED))], log((0, 7, 0, 0))))
    assert found(findings) == {"failed_landed": 1}
    assert findings.witnesses["failed_landed"][0]["error"] == "error of 0"


def test_unknown_is_information_either_way() -> None:
    findings = find(Readings([producer((0, UNKNOWN), (0, UNKNOWN))], log((0, 0, 0, 1))))
    assert found(findings) == {"unknown_landed": 1, "unknown_absent": 1}
    assert findings.witnesses["unknown_landed"][0]["sequence"] == 1
    assert findings.witnesses["unknown_absent"][0]["sequence"] == 0


def test_pending_in_a_journal_counts_as_unknown() -> None:
    findings = find(Readings([producer((0, Outcome.PENDING), (0, Outcome.PENDING))], log((0, 0, 0, 0))))
    assert found(findings) == {"unknown_landed": 1, "unknown_absent": 1}
    assert findings.counts is not None and findings.counts.unknown == 2


def test_duplicates_are_the_copies_beyond_each_first() -> None:
    findings = find(
        Readings(
            [producer((0, ACKED), (0, ACKED))],
            log((0, 0, 0, 0), (0, 1, 0, 1), (0, 2, 0, 0), (0, 5, 0, 0), (0, 6, 0, 1)),
        )
    )
    assert found(findings) == {"duplicate": 3}
    assert [(w["sequence"], w["offsets"]) for w in findings.witnesses["duplicate"]] == [(0, [0, 2, 5]), (1, [1, 6])]


def test_an_unknown_that_landed_once_is_no_duplicate_but_twice_it_is() -> None:
    assert found(find(Readings([producer((0, UNKNOWN))], log((0, 0, 0, 0))))) == {"unknown_landed": 1}
    assert found(find(Readings([producer((0, UNKNOWN))], log((0, 0, 0, 0), (0, 1, 0, 0))))) == {
        "unknown_landed": 1,
        "duplicate": 1,
    }


def test_reordering_is_not_loss() -> None:
    findings = find(
        Readings([producer((0, ACKED), (0, ACKED), (0, ACKED))], log((0, 0, 0, 1), (0, 1, 0, 2), (0, 2, 0, 0)))
    )
    assert found(findings) == {"reordered": 2}
    assert [witness["sequence"] for witness in findings.witnesses["reordered"]] == [1, 2]


def test_a_message_is_compared_with_every_earlier_one_not_only_its_neighbour() -> None:
    # 0 at 5, 1 at 1, 2 at 2: both 1 and 2 lie before 0, though 2 lies behind 1.
    findings = find(
        Readings([producer((0, ACKED), (0, ACKED), (0, ACKED))], log((0, 1, 0, 1), (0, 2, 0, 2), (0, 5, 0, 0)))
    )
    assert found(findings) == {"reordered": 2}


def test_a_batch_that_a_retry_repeats_is_a_duplicate_and_no_reorder() -> None:
    # 0 and 1 written, 2 written, then 0 and 1 again.
    findings = find(
        Readings(
            [producer((0, ACKED), (0, ACKED), (0, ACKED))],
            log((0, 0, 0, 0), (0, 1, 0, 1), (0, 2, 0, 2), (0, 3, 0, 0), (0, 4, 0, 1)),
        )
    )
    assert found(findings) == {"duplicate": 2}


def test_partitions_and_producers_have_no_order_among_each_other() -> None:
    producers = [producer((0, ACKED), (1, ACKED), number=0), producer((0, ACKED), (1, ACKED), number=1)]
    records = log((1, 0, 0, 1), (0, 9, 0, 0), (0, 3, 1, 0), (1, 7, 1, 1))
    assert found(find(Readings(producers, records))) == {}


def test_a_gap_between_two_messages_reorders_nothing() -> None:
    assert found(find(Readings([producer((0, ACKED), (0, UNKNOWN), (0, ACKED))], log((0, 0, 0, 0), (0, 1, 0, 2))))) == {
        "unknown_absent": 1
    }


def test_the_scan_may_come_in_any_order() -> None:
    records = [(0, 0, 0, 0), (0, 1, 0, 1), (0, 2, 0, 0), (0, 3, 0, 2)]
    sent = [producer((0, ACKED), (0, ACKED), (0, ACKED))]
    assert find(Readings(sent, log(*records))) == find(Readings(sent, log(*reversed(records))))


def test_many_partitions_are_each_their_own() -> None:
    partitions = 700  # more than one byte can hold
    sent = producer(*((i % partitions, ACKED) for i in range(3 * partitions)))
    # In partition 650 the second message was written before the first.
    swapped = {650: 1, 650 + partitions: 0}
    records = [(i % partitions, swapped.get(i, i // partitions), 0, i) for i in range(3 * partitions)]
    findings = find(Readings([sent], log(*records)))
    assert found(findings) == {"reordered": 1}
    assert findings.witnesses["reordered"][0]["sequence"] == 650 + partitions


@pytest.mark.parametrize(
    ("record", "why"),
    [
        ((0, 1, 0, 0, False), "its bytes are not what a producer of this trial wrote"),
        ((0, 1, 0, 5), "never sent"),
        ((0, 1, 0, -1), "never sent"),
        ((0, 1, 8, 0), "never sent"),
        ((3, 1, 0, 0), "sent to partition 0"),
    ],
)
def test_what_was_not_sent_is_unexpected(record: Record, why: str) -> None:
    findings = find(Readings([producer((0, ACKED))], log((0, 0, 0, 0), record)))
    assert found(findings) == {"unexpected": 1}
    (witness,) = findings.witnesses["unexpected"]
    assert (witness["partition"], witness["offsets"], witness["why"]) == (record[0], [1], why)


def test_a_damaged_record_is_no_copy_whatever_it_says_it_is() -> None:
    findings = find(Readings([producer((0, ACKED))], log((0, 0, 0, 0, False))))
    assert found(findings) == {"lost": 1, "unexpected": 1}
    assert findings.witnesses["unexpected"][0]["sequence"] is None


def test_a_message_only_in_another_partition_is_lost_as_well() -> None:
    findings = find(Readings([producer((0, ACKED))], log((1, 0, 0, 0))))
    assert found(findings) == {"lost": 1, "unexpected": 1}
    assert findings.witnesses["unexpected"][0]["outcome"] == "acked"


def test_a_message_the_client_refused_was_never_sent() -> None:
    findings = find(Readings([producer((0, ACKED), (0, Outcome.UNSENT))], log((0, 0, 0, 0), (0, 1, 0, 1))))
    assert found(findings) == {"unexpected": 1}
    assert findings.counts is not None and findings.counts.sent == 1


def test_acked_where_it_is_not_is_misplaced() -> None:
    findings = find(Readings([producer((0, ACKED), acked_at=(4,))], log((0, 9, 0, 0))))
    assert found(findings) == {"misplaced": 1}
    assert [(w["offsets"], w["acked_offset"]) for w in findings.witnesses["misplaced"]] == [([9], 4)]


def test_of_two_acks_that_share_an_offset_one_is_misplaced() -> None:
    both = producer((0, ACKED), (0, ACKED), acked_at=(4, 4))
    findings = find(Readings([both], log((0, 4, 0, 0), (0, 5, 0, 1))))
    assert found(findings) == {"misplaced": 1}
    assert [witness["sequence"] for witness in findings.witnesses["misplaced"]] == [1]


def test_an_offset_of_another_partition_is_none() -> None:
    acked = producer((0, ACKED), (1, ACKED), acked_at=(4, 4))
    assert found(find(Readings([acked], log((0, 4, 0, 0), (1, 4, 0, 1))))) == {}
    assert found(find(Readings([acked], log((0, 4, 0, 0), (1, 5, 0, 1))))) == {"misplaced": 1}


def test_a_lost_message_whose_offset_was_written_anew_is_lost_and_nothing_else() -> None:
    acked = producer((0, ACKED), (0, ACKED), acked_at=(4, 4))
    assert found(find(Readings([acked], log((0, 4, 0, 1))))) == {"lost": 1}


def test_a_client_that_gives_no_offset_contradicts_nothing() -> None:
    assert found(find(Readings([producer((0, ACKED))], log((0, 9, 0, 0))))) == {}


@pytest.mark.parametrize(
    ("done_ns", "closed_ns", "unreported"),
    [
        ((5, 101), 1_000, 0),
        ((5, 102), 1_000, 1),
        ((5, -1), 101, 0),  # it was not waited for any longer
        ((5, -1), 102, 1),
        ((-1, -1), 102, 2),
    ],
)
def test_what_is_reported_too_late_or_not_at_all(done_ns: tuple[int, ...], closed_ns: int, unreported: int) -> None:
    sent = producer((0, ACKED), (0, UNKNOWN), done_ns=done_ns, closed_ns=closed_ns)
    findings = find(Readings([sent], log((0, 0, 0, 0), (0, 1, 0, 1)), report_within_ns=100))
    assert findings.anomalies.unreported == unreported


def test_without_a_bound_or_an_end_nobody_knows_what_is_unreported() -> None:
    messages = log((0, 0, 0, 0))
    assert find(Readings([producer((0, ACKED), closed_ns=9)], messages)).anomalies.unreported is None
    assert find(Readings([producer((0, ACKED))], messages, report_within_ns=100)).anomalies.unreported is None
    assert find(Readings([producer((0, ACKED), closed_ns=9)], messages, report_within_ns=100)).anomalies.unreported == 0


def test_the_witness_shows_every_offset_and_the_acked_one() -> None:
    findings = find(Readings([producer((0, ACKED), acked_at=(4,))], log((0, 9, 0, 0), (0, 4, 0, 0))))
    (witness,) = findings.witnesses["duplicate"]
    assert witness == {
        "producer": 0,
        "sequence": 0,
        "partition": 0,
        "outcome": "acked",
        "error": None,
        "offsets": [4, 9],
        "acked_offset": 4,
    }


def test_everything_is_counted_and_the_first_ten_are_shown() -> None:
    producers = [producer(*[(0, ACKED)] * 30, number=number) for number in (2, 1)]
    findings = find(Readings(producers, log()))
    assert findings.anomalies.lost == 60
    shown = [(witness["sequence"], witness["producer"]) for witness in findings.witnesses["lost"]]
    assert shown == [(sequence, number) for sequence in range(5) for number in (1, 2)]
    assert all(witness["acked_offset"] is None and witness["offsets"] == [] for witness in findings.witnesses["lost"])


def test_two_journals_of_one_producer_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="same producer"):
        find(Readings([producer((0, ACKED)), producer((0, ACKED))], log()))


def test_nothing_sent_and_nothing_found() -> None:
    assert found(find(Readings([], log()))) == {}
    assert found(find(Readings([producer()], log((0, 0, 0, 0))))) == {"unexpected": 1}
