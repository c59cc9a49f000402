"""What would have been safe, on runs small enough to see it at once and on any others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import faults, verify
from harness.clients.traits import traits
from harness.events import Permission, Verdict
from harness.report.labels import Labels
from harness.report.matrix import HARM, WRONG, Cell, Matrix, matrix
from harness.report.nearest import Safe, nearest, unsafe
from harness.store import Expectation, FaultRecord, TrialRecord

from .guarantees import weaker
from .synthetic_records import anomalies, one

KEPT, ALLOWED, REPRODUCED, BROKEN = Verdict.KEPT, Verdict.ALLOWED, Verdict.REPRODUCED, Verdict.BROKEN
OFF, ON = {"enable.idempotence": False}, {"enable.idempotence": True}


def rules(**permissions: str) -> list[Expectation]:
    """Everything is forbidden but what is named."""
    return [
        Expectation(anomaly=a, permission=Permission(permissions.get(a, "forbidden")), reason="so", source="docs")
        for a in (*WRONG, "unknown_landed")
    ]


def _trial(verdict: Verdict | None, found: dict[str, int] | None = None, **given: Any) -> TrialRecord:
    expected = rules(**dict.fromkeys(found or {}, "forbidden" if verdict is BROKEN else "allowed"))
    base = {"fault": "lose-ack", "verdict": verdict, "anomalies": anomalies(**(found or {})), "expectations": expected}
    return one(**{**base, **given})


def _matrix(*records: TrialRecord) -> Matrix:
    return matrix(records, Labels.of(records))


def _nearest(*records: TrialRecord) -> Safe | None:
    """For the first of these."""
    labels = Labels.of(records)
    return nearest(labels.subject(records[0]), labels.fault(records[0]), matrix(records, labels))


def test_the_setting_that_makes_it_safe_and_how_often_it_was() -> None:
    found = _nearest(
        _trial(REPRODUCED, {"duplicate": 250}, config=OFF),
        *(_trial(KEPT, config=ON, repeat=repeat) for repeat in (1, 2, 3)),
    )
    assert found is not None
    assert (found.changes, found.trials) == ({"enable.idempotence": True}, 3)


def test_a_duplicate_is_not_cured_by_weaker_acks_that_were_lucky() -> None:
    """acks=1 had no duplicate when the leader was killed: nothing forbade one, and it would lose instead."""
    duplicated = _trial(ALLOWED, {"duplicate": 15}, fault="kill-leader", config={"acks": "all", **OFF})
    lucky = _trial(KEPT, fault="kill-leader", config={"acks": "1", **OFF}, expectations=rules(duplicate="allowed"))
    idempotent = _trial(KEPT, fault="kill-leader", config={"acks": "all", **ON})
    assert _nearest(duplicated, lucky) is None
    found = _nearest(duplicated, lucky, idempotent)
    assert found is not None
    assert found.changes == {"enable.idempotence": True}


def test_a_loss_is_not_cured_by_fewer_replicas() -> None:
    """With one replica nobody else can lead, so that the rules do forbid this loss there."""
    lost = _trial(ALLOWED, {"lost": 16}, fault="kill-leader", config={"acks": "1"})
    alone = {"acks": "1", "replication.factor": 1, "min.insync.replicas": 1}
    one_replica = _trial(KEPT, fault="kill-leader", config=alone)
    all_in_sync = _trial(KEPT, fault="kill-leader", config={"acks": "all"})
    assert _nearest(lost, one_replica) is None
    found = _nearest(lost, one_replica, all_in_sync)
    assert found is not None
    assert found.changes == {"acks": "all"}


def test_a_promise_that_rests_on_how_that_run_went_is_none() -> None:
    """No other broker came to lead in that run, by luck, so that its rules forbid what they do not another time."""
    lost = _trial(REPRODUCED, {"lost": 16}, fault="kill-leader", config={"acks": "0", **ON})
    lucky = _trial(KEPT, fault="kill-leader", config={"acks": "1", **ON}, expectations=rules())
    assert _nearest(lost, lucky) is None
    assert _nearest(lost, lucky, _trial(KEPT, fault="kill-leader", config={"acks": "all", **ON})) is not None


def test_every_kind_of_wrong_has_to_be_forbidden() -> None:
    here = _trial(ALLOWED, {"misplaced": 2}, config={"acks": "1"})
    careless = _trial(KEPT, config={"acks": "all"}, expectations=rules(misplaced="allowed"))
    silent = _trial(KEPT, config={"acks": "all"}, expectations=[r for r in rules() if r.anomaly != "misplaced"])
    assert _nearest(here, careless) is None
    assert _nearest(here, silent) is None
    assert _nearest(here, _trial(KEPT, config={"acks": "all"})) is not None


def test_what_is_forbidden_here_stays_forbidden() -> None:
    """With acks=0 nothing is there twice: another promise that a cure of losses must not take away."""
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "0", **OFF}, expectations=rules(lost="expected"))
    again = _trial(KEPT, config={"acks": "all", **OFF}, expectations=rules(duplicate="allowed"))
    assert _nearest(here, again) is None
    found = _nearest(here, again, _trial(KEPT, config={"acks": "all", **ON}))
    assert found is not None
    assert found.changes == {"acks": "all", "enable.idempotence": True}


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
    found = _nearest(_trial(BROKEN, {"lost": 3}, config={"acks": "1", "linger.ms": 5}), _trial(KEPT))
    assert found is not None
    assert found.changes == {"acks": "all", "linger.ms": None}


def test_a_parameter_that_is_a_setting_by_another_name_is_a_change_and_no_other_fault() -> None:
    def lost_power(flush: int | None, messages: int = 500, part: bool = False) -> FaultRecord:
        parameters = {"flush_messages": flush, "messages": messages}
        if part:
            both = {"power_loss": parameters, "lose_request": {}}
            return FaultRecord(name="lose-request then power-loss", parameters=both, fired=True)
        return FaultRecord(name="power-loss", parameters=parameters, fired=True)

    for part in (False, True):
        here = _trial(REPRODUCED, {"lost": 500}, fault=lost_power(None, part=part))
        flushed = _trial(KEPT, fault=lost_power(1, part=part), config={"flush.messages": 1})
        fewer = _trial(KEPT, fault=lost_power(1, messages=5, part=part), config={"flush.messages": 1})
        found = _nearest(here, flushed)
        assert found is not None
        assert found.changes == {"flush.messages": 1}
        assert _nearest(here, fewer) is None


def test_what_is_allowed_all_the_same_is_said() -> None:
    both = rules(lost="expected", duplicate="allowed")
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "1"}, expectations=both)
    found = _nearest(here, _trial(KEPT, expectations=rules(duplicate="allowed", unknown_landed="allowed")))
    assert found is not None
    assert found.allowed == ("duplicate",)


def test_of_as_few_changes_the_one_with_fewer_replicas_is_taken() -> None:
    alone = {"replication.factor": 1, "min.insync.replicas": 1}
    found = _nearest(
        _trial(REPRODUCED, {"lost": 3}, config={"acks": "1", **alone}),
        _trial(KEPT, config={"acks": "1", "min.insync.replicas": 1}),
        _trial(KEPT, config={"acks": "all", **alone}),
    )
    assert found is not None
    assert found.changes == {"acks": "all"}


def test_another_client_only_where_its_own_has_none() -> None:
    known = {"max.in.flight.requests.per.connection": 1, "delivery.timeout.ms": 9_000, "request.timeout.ms": 9_000}
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "1", "linger.ms": 5}, effective=known)
    far = _trial(KEPT, config={"acks": "all", "linger.ms": 0}, effective=known)
    patient = {**known, "delivery.timeout.ms": 90_000}
    in_order = {"max.in.flight.requests.per.connection": 1, **OFF}
    other = _trial(KEPT, client="kafka-python", config={"acks": "1", "linger.ms": 5, **in_order}, effective=patient)
    found, alone = _nearest(here, far, other), _nearest(here, other)
    assert found is not None and alone is not None
    assert (found.subject.client, len(found.changes)) == ("aiokafka", 2)
    assert (alone.subject.client, alone.changes) == ("kafka-python", in_order)


def test_another_client_whose_defaults_nobody_knows_is_none() -> None:
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "0"})
    assert _nearest(here, _trial(KEPT, client="kafka-python", config={"acks": "all"})) is None


@pytest.mark.parametrize(
    "other",
    [
        _trial(KEPT, {"reordered": 1}, expectations=rules()),
        _trial(Verdict.NOT_EXERCISED),
        _trial(KEPT, anomalies=None),
        _trial(KEPT, expectations=None),
        _trial(KEPT, fault="kill-leader"),
        _trial(KEPT, kafka="3.9.2"),
        _trial(KEPT, load={"rate": 5, "message_size": 100}),
        _trial(None, status="skipped"),
    ],
    ids=["harmed", "not exercised", "not counted", "no rules", "another fault", "another Kafka", "load", "skipped"],
)
def test_what_was_not_shown_to_be_safe_is_not_proposed(other: TrialRecord) -> None:
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "1"})
    assert _nearest(here, other) is None
    assert _nearest(here, other, _trial(KEPT, config={"linger.ms": 9})) is not None


def test_one_repeat_that_was_not_kept_is_one_too_many() -> None:
    here = _trial(REPRODUCED, {"lost": 3}, config={"acks": "1"})
    others = [_trial(verdict, repeat=i) for i, verdict in enumerate((KEPT, KEPT, BROKEN), 1)]
    assert _nearest(here, *others) is None
    assert _nearest(here, *others[:2]) is not None


@pytest.mark.parametrize(
    ("trial", "advised"),
    [
        (_trial(BROKEN, {"failed_landed": 1}), True),
        (_trial(REPRODUCED, {"duplicate": 1}), True),
        (_trial(ALLOWED, {"reordered": 1}), True),
        (_trial(REPRODUCED, {"unknown_landed": 9}, expectations=rules(unknown_landed="expected")), False),
        (_trial(KEPT, {"unknown_landed": 9}), False),
        (_trial(Verdict.NOT_EXERCISED, {"lost": 1}), False),
        (_trial(None, status="skipped"), False),
    ],
)
def test_what_advice_is_given_for(trial: TrialRecord, advised: bool) -> None:
    assert unsafe(Cell((trial,))) is advised


SETTINGS: dict[str, st.SearchStrategy[Any]] = {
    "acks": st.sampled_from(["0", "1", "all"]),
    "replication.factor": st.sampled_from([1, 3]),
    "min.insync.replicas": st.sampled_from([1, 2]),
    "enable.idempotence": st.booleans(),
    "retries": st.sampled_from([0, 5]),
    "max.in.flight.requests.per.connection": st.sampled_from([1, 9]),
    "delivery.timeout.ms": st.sampled_from([500, 300_000]),
    "unclean.leader.election.enable": st.booleans(),
    "flush.messages": st.sampled_from([1, 100]),
    "eligible.leader.replicas.version": st.sampled_from([0, 1]),
    "linger.ms": st.sampled_from([0, 5]),
}
_FOUND = st.dictionaries(
    st.sampled_from(["lost", "duplicate", "reordered", "misplaced"]), st.integers(0, 1), min_size=1, max_size=2
)
_RULES: st.SearchStrategy[dict[str, str]] = st.just({}) | st.dictionaries(
    st.sampled_from(WRONG), st.sampled_from(["allowed", "expected"]), max_size=2
)
# Mostly such as can be advised, and advised against; the rest is any verdict with anything found and no rules.
_OUTCOMES = st.one_of(
    st.tuples(st.just(KEPT), st.just({}), _RULES),
    st.tuples(st.sampled_from([ALLOWED, REPRODUCED, BROKEN]), _FOUND, _RULES),
    st.tuples(st.sampled_from(Verdict), _FOUND, st.none() | _RULES),
)
_BASES = st.fixed_dictionaries({}, optional=SETTINGS)
_DIFFERENCES = st.lists(st.sampled_from(sorted(SETTINGS)), max_size=3, unique=True).flatmap(
    lambda names: st.fixed_dictionaries({name: SETTINGS[name] for name in names})
)


@st.composite
def runs(draw: st.DrawFn) -> list[TrialRecord]:
    """Trials of configurations that differ in a few settings, of which clients say more or less of themselves."""
    base, known = draw(_BASES), draw(st.none() | _BASES)

    def trial() -> TrialRecord:
        verdict, found, permissions = draw(_OUTCOMES)
        return _trial(
            verdict,
            found,
            client=draw(st.sampled_from(["aiokafka", "aiokafka", "kafka-python", "confluent-kafka"])),
            config={**base, **draw(_DIFFERENCES)},
            effective=draw(st.sampled_from([known, known, None])),
            fault=draw(st.sampled_from(["kill-leader", "kill-leader", "restart-producer", "none"])),
            expectations=None if permissions is None else rules(**permissions),
        )

    return [trial() for _ in range(draw(st.integers(2, 10)))]


@given(runs(), st.randoms())
def test_no_recommendation_weakens_a_guarantee_whatever_the_records(
    records: Sequence[TrialRecord], random: Any
) -> None:
    found, shuffled = _matrix(*records), _matrix(*random.sample(records, len(records)))
    for (subject, fault), cell in found.cells.items():
        safe = nearest(subject, fault, found)
        assert safe == nearest(subject, fault, shuffled)
        if safe is None:
            continue
        there = found.cells[safe.subject, fault]
        wrong = {anomaly for trial in cell.trials for anomaly in WRONG if getattr(trial.anomalies, anomaly)}
        for trial in there.trials:
            assert trial.verdict is KEPT and trial.anomalies is not None
            assert not any(getattr(trial.anomalies, anomaly) for anomaly in WRONG)
            kept = set.intersection({*HARM}, *map(_forbidden, cell.trials), *map(_foreseen, cell.trials))
            assert wrong | kept <= _forbidden(trial) & _foreseen(trial)
            for here in cell.trials:
                assert not weaker(here.client, _known(here), trial.client, _known(trial))


@given(runs())
def test_never_more_changes_than_needed(records: Sequence[TrialRecord]) -> None:
    found = _matrix(*records)
    for (subject, fault), cell in found.cells.items():
        safe = nearest(subject, fault, found)
        if safe is not None and safe.subject.client == subject.client and len(cell.trials) == 1:
            there = found.cells[safe.subject, fault].trials[0].config
            assert len(safe.changes) == _differing(cell.trials[0].config, there)
            for (other, under), of in found.cells.items():
                fewer = _differing(cell.trials[0].config, of.trials[0].config) < len(safe.changes)
                if fewer and (other.client, under) == (subject.client, fault):
                    assert _nearest(cell.trials[0], *of.trials) is None


def _forbidden(trial: TrialRecord) -> set[str]:
    return {each.anomaly for each in trial.expectations or () if each.permission is Permission.FORBIDDEN}


def _foreseen(trial: TrialRecord) -> set[str]:
    stated = verify.expectations(
        traits(trial.client), trial.config, faults.known_effects(trial.fault.name, trial.fault.parameters)
    )
    return {each.anomaly for each in stated if each.permission is Permission.FORBIDDEN}


def _known(trial: TrialRecord) -> Mapping[str, Any]:
    return {**(trial.effective or {}), **trial.config}


def _differing(here: Mapping[str, Any], there: Mapping[str, Any]) -> int:
    return sum(here.get(key, "left out") != there.get(key, "left out") for key in {*here, *there})
