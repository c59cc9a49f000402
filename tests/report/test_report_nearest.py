"""What would have been safe, on runs small enough to see it at once and on any others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events import Permission, Verdict
from harness.report.labels import Labels
from harness.report.matrix import Cell, Matrix, matrix
from harness.report.nearest import Safe, nearest, unsafe
from harness.store import Expectation, FaultRecord, TrialRecord

from .synthetic_run import anomalies, one

KEPT, REPRODUCED, BROKEN = Verdict.KEPT, Verdict.REPRODUCED, Verdict.BROKEN


def _trial(verdict: Verdict | None, found: dict[str, int] | None = None, **given: Any) -> TrialRecord:
    return one(**{"fault": "lose-ack", "verdict": verdict, "anomalies": anomalies(**(found or {})), **given})


def _matrix(*records: TrialRecord) -> Matrix:
    return matrix(records, Labels.of(records))


def _nearest(*records: TrialRecord) -> Safe | None:
    """For the first of these."""
    labels = Labels.of(records)
    return nearest(labels.subject(records[0]), labels.fault(records[0]), matrix(records, labels))


def test_the_setting_that_makes_it_safe_and_how_often_it_was() -> None:
    found = _nearest(
        _trial(REPRODUCED, {"duplicate": 250}, config={"enable.idempotence": False}),
        *(_trial(KEPT, config={"enable.idempotence": True}, repeat=repeat) for repeat in (1, 2, 3)),
    )
    assert found is not None
    assert (found.changes, found.trials) == ({"enable.idempotence": True}, 3)


def test_fewer_changes_win_whatever_the_order() -> None:
    records = [
        _trial(REPRODUCED, {"lost": 3}, config={"acks": "1", "linger.ms": 5, "retries": 0}),
        _trial(KEPT, config={"acks": "all", "linger.ms": 0, "retries": 0}),
        _trial(KEPT, config={"acks": "all", "linger.ms": 5, "retries": 0}),
    ]
    for others in (records[1:], records[:0:-1]):
        found = _nearest(records[0], *others)
        assert found is not None
        assert found.changes == {"acks": "all"}


def test_a_setting_that_the_safe_one_leaves_out_is_a_change() -> None:
    found = _nearest(_trial(BROKEN, {"lost": 3}, config={"retries": 0}), _trial(KEPT))
    assert found is not None
    assert found.changes == {"retries": None}


def test_a_parameter_that_is_a_setting_by_another_name_is_a_change_and_no_other_fault() -> None:
    def lost_power(flush: int | None, messages: int = 500) -> FaultRecord:
        return FaultRecord(name="power-loss", parameters={"flush_messages": flush, "messages": messages}, fired=True)

    here = _trial(REPRODUCED, {"lost": 500}, fault=lost_power(None))
    flushed = _trial(KEPT, fault=lost_power(1), config={"flush.messages": 1})
    found = _nearest(here, flushed)
    assert found is not None
    assert found.changes == {"flush.messages": 1}
    assert _nearest(here, _trial(KEPT, fault=lost_power(1, messages=5), config={"flush.messages": 1})) is None


def test_what_is_allowed_all_the_same_is_said() -> None:
    rules = [
        Expectation(anomaly="lost", permission=Permission.ALLOWED, reason="chance", source="docs"),
        Expectation(anomaly="duplicate", permission=Permission.FORBIDDEN, reason="sent once", source="docs"),
        Expectation(anomaly="unknown_landed", permission=Permission.ALLOWED, reason="information", source="docs"),
    ]
    found = _nearest(_trial(REPRODUCED, {"lost": 3}, config={"acks": "0"}), _trial(KEPT, expectations=rules))
    assert found is not None
    assert found.allowed == ("lost",)


def test_of_as_few_changes_the_weakest_is_taken() -> None:
    found = _nearest(
        _trial(REPRODUCED, {"lost": 3}, config={"acks": "0"}),
        _trial(KEPT, config={"acks": "all"}),
        _trial(KEPT, config={"acks": "1"}),
    )
    assert found is not None
    assert found.changes == {"acks": "1"}


def test_another_client_only_where_its_own_has_none() -> None:
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "0", "linger.ms": 5})
    far = _trial(KEPT, config={"acks": "all", "linger.ms": 0})
    other = _trial(KEPT, client="kafka-python", config={"acks": "0", "linger.ms": 5})
    found, alone = _nearest(here, far, other), _nearest(here, other)
    assert found is not None and alone is not None
    assert (found.subject.client, len(found.changes)) == ("aiokafka", 2)
    assert (alone.subject.client, alone.changes) == ("kafka-python", {})


@pytest.mark.parametrize(
    "other",
    [
        _trial(KEPT, {"reordered": 1}, config={"acks": "1"}),
        _trial(Verdict.NOT_EXERCISED, config={"acks": "1"}),
        _trial(KEPT, config={"acks": "1"}, anomalies=None),
        _trial(KEPT, config={"acks": "1"}, fault="kill-leader"),
        _trial(KEPT, config={"acks": "1"}, kafka="3.9.2"),
        _trial(None, config={"acks": "1"}, status="skipped"),
    ],
    ids=["harmed all the same", "not exercised", "not counted", "another fault", "another Kafka", "skipped"],
)
def test_what_was_not_shown_to_be_safe_is_not_proposed(other: TrialRecord) -> None:
    assert _nearest(_trial(REPRODUCED, {"lost": 3}), other) is None


def test_one_repeat_that_was_not_kept_is_one_too_many() -> None:
    others = [_trial(verdict, config={"acks": "1"}, repeat=i) for i, verdict in enumerate((KEPT, KEPT, BROKEN), 1)]
    assert _nearest(_trial(REPRODUCED, {"lost": 3}), *others) is None
    assert _nearest(_trial(REPRODUCED, {"lost": 3}), *others[:2]) is not None


@pytest.mark.parametrize(
    ("trial", "advised"),
    [
        (_trial(BROKEN, {"failed_landed": 1}), True),
        (_trial(REPRODUCED, {"duplicate": 1}), True),
        (_trial(Verdict.ALLOWED, {"reordered": 1}), True),
        (_trial(KEPT, {"unknown_landed": 9}), False),
        (_trial(Verdict.NOT_EXERCISED, {"lost": 1}), False),
        (_trial(None, status="skipped"), False),
    ],
)
def test_what_advice_is_given_for(trial: TrialRecord, advised: bool) -> None:
    assert unsafe(Cell((trial,))) is advised


_SETTINGS = st.fixed_dictionaries(
    {"acks": st.sampled_from(["0", "1", "all"])},
    optional={
        "retries": st.integers(0, 1),
        "enable.idempotence": st.booleans(),
        "linger.ms": st.sampled_from([0, 5]),
    },
)
_TRIALS = st.builds(
    lambda client, config, verdict, lost, fault: _trial(
        verdict, {"lost": lost}, client=client, config=config, fault=fault
    ),
    st.sampled_from(["aiokafka", "kafka-python"]),
    _SETTINGS,
    st.sampled_from(Verdict),
    st.integers(0, 1),
    st.sampled_from(["lose-ack", "kill-leader"]),
)


@given(st.lists(_TRIALS, min_size=1, max_size=12), st.randoms())
def test_never_an_unsafe_one_never_more_changes_than_needed_and_always_the_same(
    records: Sequence[TrialRecord], random: Any
) -> None:
    found, shuffled = _matrix(*records), _matrix(*random.sample(records, len(records)))
    for subject, fault in found.cells:
        safe = nearest(subject, fault, found)
        assert safe == nearest(subject, fault, shuffled)
        clean = [
            (of, differing)
            for (of, under), cell in found.cells.items()
            if under == fault
            and all(trial.verdict is KEPT and trial.anomalies == anomalies() for trial in cell.trials)
            and (differing := _differing(found.cells[subject, fault], cell)) is not None
        ]
        own = [differing for of, differing in clean if of.client == subject.client]
        fewest = min(own or [differing for _, differing in clean], default=None)
        assert (safe and len(safe.changes)) == fewest
        if safe is not None:
            assert safe.subject in {of for of, _ in clean}


def _differing(one_cell: Cell, other: Cell) -> int:
    here, there = one_cell.trials[0].config, other.trials[0].config
    return sum(here.get(key, "left out") != there.get(key, "left out") for key in {*here, *there})
