"""Transactions in histories written by hand, and at random against a model made of loops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Ending, Permission, Verdict
from harness.journal.sealed import ProducerColumns, Transactions
from harness.topics import Topics
from harness.verify import ReadCommitted, Readings, find, find_committed, verdict

from .asking import expectations
from .histories import ACKED, UNCONFIRMED, Record, found, log, producer

OPEN, COMMITTED, ABORTED = Ending.OPEN, Ending.COMMITTED, Ending.ABORTED
FAR = 1_000


def transactions(
    *number: int, ended: Sequence[Ending], asked: Sequence[Ending] | None = None, again: Sequence[int] = ()
) -> Transactions:
    """``asked`` is how they were to end, which is how they did unless it is given; ``again`` are the messages that were
    in another before.
    """
    at_ns, said = np.arange(len(ended), dtype=np.int64), np.full(len(ended), None, np.object_)
    wanted = np.array(ended if asked is None else asked, np.uint8)
    sent_again = np.isin(np.arange(len(number)), again)
    ending = np.array(ended, np.uint8)
    return Transactions(np.array(number, np.int32), sent_again, ending, wanted, at_ns, at_ns, at_ns, said)


def read_committed(*records: Record, stable: Sequence[int] = (FAR, FAR)) -> ReadCommitted:
    return ReadCommitted(log(*records), np.array(stable, np.int64))


def two_messages(*number: int, **how: Any) -> ProducerColumns:
    """One to each of two partitions, each in the transaction of that number, if it was in any."""
    made = transactions(*number, **how) if number else None
    return replace(producer((0, ACKED), (1, ACKED)), transactions=made)


BOTH = ((0, 0, 0, 0), (1, 0, 0, 1))
"""They are both in the log."""


def test_committed_and_visible_is_nothing_to_be_found_but_it_was_looked_for() -> None:
    view = read_committed(*BOTH)
    anomalies = find(Readings([two_messages(0, 0, ended=[COMMITTED])], log(*BOTH), view)).anomalies
    assert (anomalies.aborted_visible, anomalies.torn_transaction, anomalies.hung_transaction) == (0, 0, 0)
    assert (anomalies.redelivered, anomalies.skipped) == (None, None)


def test_aborted_and_in_the_log_is_what_aborted_means() -> None:
    view = read_committed()
    assert found(find(Readings([two_messages(0, 0, ended=[ABORTED])], log(*BOTH), view))) == {}


def test_aborted_and_seen_is_aborted_visible() -> None:
    view = read_committed((1, 0, 0, 1))
    findings = find(Readings([two_messages(0, 0, ended=[ABORTED])], log(*BOTH), view))
    assert found(findings) == {"aborted_visible": 1}
    (witness,) = findings.witnesses["aborted_visible"]
    assert (witness["sequence"], witness["partition"], witness["offsets"]) == (1, 1, [0])


def test_aborted_visible_breaks_the_promise_of_a_transactional_producer() -> None:
    config = {"acks": "all", "enable.idempotence": True, "transactional": True, "replication.factor": 3}
    rules = [e for e in expectations("confluent-kafka", config, "kill-leader", {}) if e.anomaly != "unreported"]
    assert {each.permission for each in rules if "transaction" in each.anomaly} == {Permission.FORBIDDEN}
    for view, word in (
        (read_committed(), Verdict.KEPT),
        (read_committed(*BOTH), Verdict.BROKEN),
        (None, Verdict.UNKNOWN),  # nobody has looked
    ):
        findings = find(Readings([two_messages(0, 0, ended=[ABORTED])], log(*BOTH), view, given_up=[]))
        assert verdict(findings, rules, fault="kill-leader", fired=True, problem=None)[0] == word


def test_committed_and_seen_in_part_is_torn_by_what_is_missing() -> None:
    view = read_committed((0, 0, 0, 0))
    findings = find(Readings([two_messages(0, 0, ended=[COMMITTED])], log(*BOTH), view))
    assert found(findings) == {"torn_transaction": 1}
    assert findings.witnesses["torn_transaction"][0]["sequence"] == 1


def test_a_lost_message_tears_its_transaction_as_well() -> None:
    view = read_committed((0, 0, 0, 0))
    assert found(find(Readings([two_messages(0, 0, ended=[COMMITTED])], log((0, 0, 0, 0)), view))) == {
        "lost": 1,
        "torn_transaction": 1,
    }


def test_a_transaction_over_two_topics_is_torn_by_what_one_of_them_lacks() -> None:
    """Three messages of a transaction, two of them in another topic, of which one is missing there and nowhere else."""
    topics = Topics.named("t", 2, 2)
    here, there, missing = (topics.partition(*place) for place in (("t", 0), ("t.1", 0), ("t.1", 1)))
    sent = producer((here, ACKED), (there, ACKED), (missing, ACKED))
    sent = replace(sent, transactions=transactions(0, 0, 0, ended=[COMMITTED]))
    in_log: list[Record] = [(here, 0, 0, 0), (there, 0, 0, 1), (missing, 0, 0, 2)]
    findings = find(Readings([sent], log(*in_log), read_committed(*in_log[:2], stable=[FAR] * topics.total)))
    assert found(findings) == {"torn_transaction": 1}
    (witness,) = findings.witnesses["torn_transaction"]
    assert (witness["sequence"], topics.place(witness["partition"])) == (2, ("t.1", 1))
    held_back = read_committed(*in_log[:2], stable=[FAR, FAR, FAR, 0])
    assert found(find(Readings([sent], log(*in_log), held_back))) == {"hung_transaction": 1}
    assert found(find(Readings([sent], log(*in_log), read_committed(stable=[FAR] * topics.total)))) == {}


def test_committed_and_seen_nowhere_is_not_torn() -> None:
    assert found(find(Readings([two_messages(0, 0, ended=[COMMITTED])], log(*BOTH), read_committed()))) == {}


def test_two_transactions_are_each_their_own() -> None:
    view = read_committed((0, 0, 0, 0))
    assert found(find(Readings([two_messages(0, 1, ended=[COMMITTED, ABORTED])], log(*BOTH), view))) == {}


def test_seen_though_nobody_asked_for_a_commit_is_as_wrong_as_if_it_was_aborted() -> None:
    sent = two_messages(0, 0, ended=[OPEN])
    assert found(find(Readings([sent], log(*BOTH), read_committed((0, 0, 0, 0))))) == {"aborted_visible": 1}


def test_one_that_was_in_another_before_may_be_seen_because_of_that() -> None:
    sent = two_messages(1, 1, ended=[OPEN, ABORTED], asked=[COMMITTED, ABORTED], again=[0, 1])
    assert found(find(Readings([sent], log(*BOTH), read_committed(*BOTH)))) == {}


def test_a_crashed_one_is_proved_to_be_committed_by_what_is_seen_of_it_and_torn_by_what_is_not() -> None:
    seen = read_committed((0, 0, 0, 0))
    sent = two_messages(0, 0, ended=[OPEN], asked=[COMMITTED])
    assert found(find(Readings([sent], log(*BOTH), seen))) == {"torn_transaction": 1}
    sent = two_messages(1, 1, ended=[OPEN, OPEN], asked=[COMMITTED, COMMITTED], again=[0])
    assert found(find(Readings([sent], log(*BOTH), seen))) == {}, "what is seen may be of the one before"


def test_an_empty_one_is_nothing() -> None:
    sent = two_messages(0, 0, ended=[COMMITTED, COMMITTED])
    assert found(find(Readings([sent], log(*BOTH), read_committed(*BOTH)))) == {}


def test_one_that_is_committed_when_its_producer_was_fenced_is_fenced_visible() -> None:
    view = read_committed(*BOTH)
    for fenced_ns, wrong in ((None, {}), (0, {"fenced_visible": 1}), (-1, {"fenced_visible": 2}), (1, {})):
        sent = replace(two_messages(0, 1, ended=[COMMITTED, COMMITTED]), fenced_ns=fenced_ns)  # at 0 and at 1
        assert found(find(Readings([sent], log(*BOTH), view))) == wrong
    sent = replace(two_messages(0, 1, ended=[COMMITTED, OPEN], asked=[COMMITTED, COMMITTED]), fenced_ns=0)
    findings = find(Readings([sent], log(*BOTH), view))
    assert found(findings) == {"fenced_visible": 1}, "nobody told it that it was committed"
    assert findings.witnesses["fenced_visible"][0]["sequence"] == 1
    assert found(find(Readings([sent], log(*BOTH), read_committed(BOTH[0])))) == {}, "it is open, and not seen"


def test_what_its_successor_committed_is_its_own() -> None:
    """Both have a message with sequence 0; that of the first was aborted when the second came."""
    first = replace(producer((0, ACKED)), transactions=transactions(0, ended=[OPEN], asked=[COMMITTED]), fenced_ns=-1)
    second = replace(producer((0, ACKED), number=1), transactions=transactions(0, ended=[COMMITTED]))
    records = log((0, 0, 0, 0), (0, 2, 1, 0))
    assert found(find(Readings([first, second], records, read_committed((0, 2, 1, 0))))) == {}
    findings, _ = find_committed(Readings([first, second], records, read_committed()))
    assert found(findings) == {"lost": 1, "unknown_absent": 1}, "that of the second is gone"


def test_a_fenced_producer_whose_abort_is_seen_is_aborted_visible_and_nothing_else() -> None:
    sent = replace(two_messages(0, 0, ended=[OPEN], asked=[ABORTED]), fenced_ns=-1)
    assert found(find(Readings([sent], log(*BOTH), read_committed(*BOTH)))) == {"aborted_visible": 2}


def test_an_open_transaction_promises_nothing_of_its_messages() -> None:
    assert found(find(Readings([two_messages(0, 0, ended=[OPEN])], log(*BOTH), read_committed()))) == {}


def test_a_stalled_last_stable_offset_is_no_loss_and_tears_nothing() -> None:
    # Partition 1 is held at offset 0 by somebody's open transaction: this one is committed, and waits behind it.
    view = read_committed((0, 0, 0, 0), stable=(1, 0))
    findings = find(Readings([two_messages(0, 0, ended=[COMMITTED])], log(*BOTH), view))
    assert found(findings) == {"hung_transaction": 1}
    assert findings.witnesses["hung_transaction"][0]["sequence"] == 1


def test_a_stalled_last_stable_offset_holds_back_producers_without_transactions_too() -> None:
    others = producer((0, UNCONFIRMED), number=1)
    records = log(*BOTH, (0, 1, 1, 0))
    view = read_committed(stable=(0, 0))
    assert found(find(Readings([two_messages(0, 0, ended=[OPEN]), others], records, view))) == {"hung_transaction": 3}


def test_a_duplicate_behind_the_last_stable_offset_is_not_held_back() -> None:
    # Its first copy is before that, and can be seen.
    view = read_committed((0, 0, 0, 0), stable=(4, 0))
    assert found(find(Readings([producer((0, ACKED))], log((0, 0, 0, 0), (0, 5, 0, 0)), view))) == {"duplicate": 1}


def test_a_message_of_no_transaction_is_neither_aborted_nor_torn() -> None:
    view = read_committed((0, 0, 0, 0))
    assert found(find(Readings([two_messages(-1, -1, ended=[ABORTED])], log(*BOTH), view))) == {}


@st.composite
def trials(draw: st.DrawFn) -> tuple[list[int], list[int], list[Ending], list[int], list[Record], list[Record]]:
    """Of one producer: partition and transaction of each message, endings, stable offsets, the log, what was seen."""
    messages = draw(st.integers(0, 12))
    partitions = draw(st.lists(st.integers(0, 1), min_size=messages, max_size=messages))
    endings = draw(st.lists(st.sampled_from(Ending), min_size=1, max_size=3))
    numbers = draw(st.lists(st.integers(-1, len(endings) - 1), min_size=messages, max_size=messages))
    stable = draw(st.lists(st.integers(0, 14), min_size=2, max_size=2))
    written = draw(st.lists(st.integers(0, messages - 1), max_size=14)) if messages else []
    records: list[Record] = [(partitions[sequence], offset, 0, sequence) for offset, sequence in enumerate(written)]
    seen = [record for record in records if draw(st.booleans())]
    return partitions, numbers, endings, stable, records, seen


@given(trials())
@settings(max_examples=200, deadline=None)
def test_the_judge_agrees_with_the_definitions(
    trial: tuple[list[int], list[int], list[Ending], list[int], list[Record], list[Record]],
) -> None:
    partitions, numbers, endings, stable, records, seen = trial
    visible = {record[3] for record in seen}
    which: dict[str, list[int]] = {"aborted_visible": [], "torn_transaction": [], "hung_transaction": []}
    kept_back = set()
    for sequence, partition in enumerate(partitions):
        offsets = [record[1] for record in records if record[3] == sequence]
        if offsets and max(offsets) >= stable[partition] and sequence not in visible:
            kept_back.add(sequence)
    for sequence, number in enumerate(numbers):
        if sequence in kept_back:
            which["hung_transaction"].append(sequence)
        if number < 0:
            continue
        siblings = {other for other, its in enumerate(numbers) if its == number}
        if endings[number] in (ABORTED, OPEN) and sequence in visible:  # nobody asked for anything else
            which["aborted_visible"].append(sequence)
        if endings[number] is COMMITTED and siblings & visible and sequence not in visible | kept_back:
            which["torn_transaction"].append(sequence)

    sent = producer(*((partition, ACKED) for partition in partitions))
    sent = replace(sent, transactions=transactions(*numbers, ended=endings))
    findings = find(Readings([sent], log(*records), read_committed(*seen, stable=stable)))
    for anomaly, sequences in which.items():
        assert getattr(findings.anomalies, anomaly) == len(sequences)
        shown = findings.witnesses.get(anomaly, [])
        assert [witness["sequence"] for witness in shown] == sequences[:10]
