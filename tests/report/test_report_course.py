"""The course of a trial, read from events short enough to know it by heart; labels that never cover each other."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.report.course import Mark, Spell, end_s, in_sync, lanes, leaders, marks
from harness.store import FaultRecord, TrialRecord

from .synthetic_records import one


def _trial(*events: dict[str, Any], **given: Any) -> TrialRecord:
    return one(fault=FaultRecord(name="kill-leader", fired=True, events=list(events)), **given)


def test_deeds_of_one_kind_that_follow_each_other_are_one_mark() -> None:
    trial = _trial(
        {"at_s": 0.1, "what": "pause", "node": 1},
        {"at_s": 0.1, "what": "pause", "node": 3},
        {"at_s": 0.2, "what": "leader", "leader": 2},
        {"at_s": 0.3, "what": "lose-ack"},
        {"at_s": 0.5, "what": "lose-ack"},
        {"at_s": 0.4, "what": "lose-request", "node": 2},
        {"at_s": 0.6, "what": "sent"},
    )
    assert marks(trial) == [
        Mark((0.1, 0.1), "pause brokers 1, 3"),
        Mark((0.3,), "lose-ack"),
        Mark((0.4,), "lose-request broker 2"),
        Mark((0.5,), "lose-ack"),
    ]


def test_a_mark_says_who_leads_then() -> None:
    trial = _trial(
        {"at_s": 0.1, "what": "failover", "was": 3, "leader": 1}, {"at_s": 0.2, "what": "elected", "leader": -1}
    )
    assert [mark.text for mark in marks(trial)] == ["failover, leader 1", "elected, leader none"]


def test_a_mark_says_how_often() -> None:
    trial = _trial(*({"at_s": at, "what": "lose-ack", "node": 2} for at in (1.0, 2.0, 3.0)))
    assert marks(trial) == [Mark((1.0, 2.0, 3.0), "lose-ack broker 2, 3 times")]


def test_a_firing_that_stands_for_many_counts_as_many() -> None:
    trial = _trial(*({"at_s": at, "what": "delay"} for at in (1.0, 2.0)), {"at_s": 9.0, "what": "delay", "times": 4998})
    assert marks(trial) == [Mark((1.0, 2.0, 9.0), "delay, 5,000 times")]


def test_spells_last_until_the_next_and_the_last_one_to_the_end() -> None:
    trial = _trial(
        {"at_s": -1.0, "what": "leader", "leader": 3},
        {"at_s": -1.0, "what": "isr", "isr": [1, 3]},
        {"at_s": 0.5, "what": "leader", "leader": -1},
        {"at_s": 0.7, "what": "leader", "leader": 1},
        {"at_s": 4.0, "what": "isr", "isr": []},
    )
    assert leaders(trial, 2.0) == [Spell(-1.0, 0.5, "3"), Spell(0.5, 0.7, "none"), Spell(0.7, 2.0, "1")]
    assert in_sync(trial, 2.0) == [Spell(-1.0, 4.0, "1, 3"), Spell(4.0, 4.0, "none")]


def test_nobody_watched() -> None:
    trial = _trial({"at_s": 0.5, "what": "kill", "node": 3}, {"what": "never timed"})
    assert (leaders(trial, 1.0), in_sync(trial, 1.0)) == ([], [])
    assert marks(trial) == [Mark((0.5,), "kill broker 3")]


def test_the_end_is_the_later_of_the_last_message_and_the_last_event() -> None:
    rates: dict[str, Any] = {"ack_rate": [[0.0, 1.0], [0.1, 0.0]], "ack_rate_bin_s": 0.1}
    assert end_s(_trial(**rates)) == 0.2
    assert end_s(_trial({"at_s": 3.0, "what": "recovered"}, **rates)) == 3.0
    assert end_s(_trial({"at_s": 4.0, "what": "isr", "isr": [1], "leader": 1}, **rates)) == 4.0
    assert end_s(_trial()) == 0.0


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0.1, 4)), max_size=12))
def test_no_label_covers_another_or_its_line(labels: list[tuple[float, float]]) -> None:
    labels.sort()
    found = lanes([start for start, _ in labels], [width for _, width in labels])
    for i, (start, width) in enumerate(labels):
        for j in range(i + 1, len(labels)):
            if labels[j][0] < start + width:
                assert found[i] > found[j]


def test_labels_far_from_each_other_are_all_at_the_bottom() -> None:
    assert lanes([0, 2, 4], [1, 1, 1]) == [0, 0, 0]
    assert lanes([0, 1, 1.5, 8], [3, 1, 1, 1]) == [2, 1, 0, 0]
    assert lanes([], []) == []
