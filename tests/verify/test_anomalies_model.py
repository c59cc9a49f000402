"""The numpy judge against one made of dicts and loops, which follows the definitions word by word."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Outcome
from harness.journal.sealed import LogColumns, ProducerColumns, parts
from harness.verify import Readings, find


@dataclass(frozen=True)
class Message:
    partition: int
    outcome: Outcome


@dataclass(frozen=True)
class Record:
    partition: int
    offset: int
    producer: int
    sequence: int
    valid: bool


Sent = dict[int, list[Message]]


Key = tuple[int, int]


def copies(sent: Sent, log: Sequence[Record]) -> dict[Key, list[int]]:
    """Where each (producer, sequence) was found."""
    offsets: dict[Key, list[int]] = defaultdict(list)
    for record in log:
        messages = sent.get(record.producer, [])
        if not record.valid or not 0 <= record.sequence < len(messages):
            continue
        message = messages[record.sequence]
        if message.outcome != Outcome.UNSENT and message.partition == record.partition:
            offsets[record.producer, record.sequence].append(record.offset)
    return offsets


def slow(sent: Sent, offsets: dict[Key, list[int]]) -> dict[str, set[Key]]:
    """Which messages have which anomaly."""
    which: dict[str, set[Key]] = defaultdict(set)
    for producer, messages in sent.items():
        highest: dict[int, int] = {}
        for sequence, message in enumerate(messages):
            key = (producer, sequence)
            if message.outcome in (Outcome.UNKNOWN, Outcome.PENDING):
                which["unknown_landed" if offsets[key] else "unknown_absent"].add(key)
            if not offsets[key]:
                if message.outcome in (Outcome.ACKED, Outcome.UNCONFIRMED):
                    which["lost"].add(key)
                continue
            if message.outcome == Outcome.FAILED:
                which["failed_landed"].add(key)
            if len(offsets[key]) > 1:
                which["duplicate"].add(key)
            first = min(offsets[key])
            if first < highest.get(message.partition, -1):
                which["reordered"].add(key)
            highest[message.partition] = max(first, highest.get(message.partition, -1))
    return which


def columns(sent: Sent) -> list[ProducerColumns]:
    return [
        ProducerColumns(
            producer=producer,
            due_ns=np.zeros(len(messages), np.int64),
            sent_ns=np.zeros(len(messages), np.int64),
            done_ns=np.zeros(len(messages), np.int64),
            offset=np.full(len(messages), -1, np.int64),
            partition=np.array([message.partition for message in messages], np.int32),
            outcome=np.array([message.outcome for message in messages], np.uint8),
        )
        for producer, messages in sent.items()
    ]


def log_columns(log: Sequence[Record]) -> LogColumns:
    return LogColumns(
        partition=np.array([record.partition for record in log], np.int32),
        offset=np.array([record.offset for record in log], np.int64),
        producer=np.array([record.producer for record in log], np.int32),
        sequence=np.array([record.sequence for record in log], np.int64),
        valid=np.array([record.valid for record in log], np.bool_),
    )


PARTITIONS = st.integers(0, 2)
MESSAGES = st.builds(Message, PARTITIONS, st.sampled_from(Outcome))
SENT = st.dictionaries(st.integers(-1, 3), st.lists(MESSAGES, max_size=14), max_size=3)


@st.composite
def trials(draw: st.DrawFn) -> tuple[Sent, list[Record]]:
    """Journals, and a log that mostly holds what they say: copied, dropped, shuffled and damaged."""
    sent = draw(SENT)
    really = [
        (message.partition, producer, sequence)
        for producer, messages in sent.items()
        for sequence, message in enumerate(messages)
    ]
    copies = draw(st.lists(st.sampled_from(really), max_size=40)) if really else []
    strays = draw(st.lists(st.tuples(PARTITIONS, st.integers(-2, 4), st.integers(-2, 16)), max_size=4))
    written = draw(st.permutations([*really[: draw(st.integers(0, len(really)))], *copies, *strays]))
    ends: Counter[int] = Counter()
    log = []
    for partition, producer, sequence in written:
        ends[partition] += draw(st.integers(1, 3))  # transaction markers leave gaps between offsets
        log.append(Record(partition, ends[partition], producer, sequence, draw(st.integers(0, 9)) > 0))
    return sent, draw(st.permutations(log))


@given(trials(), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_the_judge_agrees_with_the_definitions(trial: tuple[Sent, list[Record]], rows: int) -> None:
    """However many rows it looks at in one go."""
    sent, log = trial
    offsets = copies(sent, log)
    which = slow(sent, offsets)
    counts = {anomaly: len(keys) for anomaly, keys in which.items()}
    counts["duplicate"] = sum(len(found) - 1 for found in offsets.values() if found)
    counts["unexpected"] = len(log) - sum(map(len, offsets.values()))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(parts, "ROWS", rows)
        findings = find(Readings(columns(sent), log_columns(log)))
    assert {name: n for name, n in findings.anomalies.model_dump().items() if n} == {
        k: n for k, n in counts.items() if n
    }
    assert findings.counts is not None and findings.counts.in_log == len(log)
    assert findings.counts.sent == sum(m.outcome != Outcome.UNSENT for messages in sent.values() for m in messages)
    assert findings.witnesses.keys() == {name for name, n in counts.items() if n}
    for anomaly, keys in which.items():
        shown = findings.witnesses[anomaly]
        first_ten = sorted(keys, key=lambda key: (key[1], key[0]))[:10]
        assert [(witness["producer"], witness["sequence"]) for witness in shown] == first_ten
        assert [witness["offsets"] for witness in shown] == [sorted(offsets[key]) for key in first_ten]
