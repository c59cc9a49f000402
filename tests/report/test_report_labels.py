"""What a report calls things, and in which order it lists them."""

from __future__ import annotations

import pytest

from harness.clients import Setting
from harness.events import flat_parameters
from harness.report.labels import WITHOUT_FAULT, Labels, name
from harness.store import FaultRecord, TrialRecord
from harness.workload.labels import axes_name

from .synthetic_records import one
from .synthetic_run import default_sweep


def test_a_label_has_what_tells_configurations_apart_and_nothing_that_follows_from_the_rest() -> None:
    records = default_sweep()
    labels = Labels.of(records)
    configurations = sorted({labels.configuration(record) for record in records})
    assert [str(each) for each in configurations] == ["acks=0", "acks=1", "acks=all", "acks=all, idempotent"]


def test_a_client_that_was_upgraded_within_a_run_is_two() -> None:
    """Else the trials of both would pass for repeats of one."""
    records = [
        one(client=client, client_version=version)
        for client, version in (("aiokafka", "1"), ("aiokafka", "2"), ("aiokafka", None), ("kafka-python", "1"))
    ]
    labels = Labels.of(records)
    assert [labels.subject(each).client for each in records] == [
        "aiokafka 1",
        "aiokafka 2",
        "aiokafka —",
        "kafka-python",
    ]
    assert Labels.of(records[1:]).subject(records[1]).client == "aiokafka"


def test_what_only_transactions_have_is_named_where_they_differ_in_it() -> None:
    plain = one(config={"transactional": False})
    small, large = (
        one(config={"transactional": True, "transaction.messages": messages, "transaction.interval.ms": 100})
        for messages in (10, 1_000)
    )
    labels = Labels.of([plain, small])
    assert [str(labels.configuration(each)) for each in (plain, small)] == ["acks=all", "acks=all, transactional"]
    labels = Labels.of([plain, small, large])
    assert str(labels.configuration(large)) == "acks=all, transaction.messages=1000, transactional"


def test_every_setting_that_varies_is_named_shortly() -> None:
    records = [
        one(config={"linger.ms": linger, "max.in.flight.requests.per.connection": in_flight})
        for linger in (0, 100, 20)
        for in_flight in (5, 1)
    ]
    labels = Labels.of(records)
    assert [str(each) for each in sorted(labels.configuration(record) for record in records)] == [
        f"acks=all, linger.ms={linger}, in flight {in_flight}" for linger in (0, 20, 100) for in_flight in (1, 5)
    ]


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("min.insync.replicas", 1, "min ISR 1"),
        ("compression.type", "lz4", "compression=lz4"),
        ("linger.ms", 5, "linger.ms=5"),
        ("unclean.leader.election.enable", True, "unclean election"),
        ("unclean.leader.election.enable", False, "no unclean election"),
    ],
)
def test_a_setting_is_called_alike_in_a_report_and_in_a_trials_name(setting: str, value: Setting, said: str) -> None:
    records = [one(config={setting: value}), one()]
    assert str(Labels.of(records).configuration(records[0])) == f"acks=all, {said}"
    assert axes_name({"client": "aiokafka", setting: value}) == f"aiokafka {said}"


def test_eligible_leader_replicas_are_named_only_where_there_are_none() -> None:
    records = [one(config={"acks": "all", "eligible.leader.replicas.version": version}) for version in (0, 1)]
    labels = Labels.of(records)
    without, with_ = [str(labels.configuration(record)) for record in records]
    assert without == f"{with_}, no eligible leader replicas"
    other = one(kafka="3.9.2", config={"acks": "all"})
    assert "eligible" not in str(Labels.of([records[1], other]).configuration(records[1]))


def test_parameters_of_a_composition_are_named_with_their_part() -> None:
    records = [
        one(fault=FaultRecord(name="a with b", fired=True, parameters={"a": {"down_s": down_s, "rate": 5}, "b": {}}))
        for down_s in (1.0, 3.0)
    ]
    labels = Labels.of(records)
    assert [labels.fault(record) for record in records] == ["a with b (a.down_s=1.0)", "a with b (a.down_s=3.0)"]


def test_what_a_faults_recipe_is_made_for_tells_no_configuration_apart() -> None:
    def slow(acks: str, linger_ms: int) -> TrialRecord:
        replaced = {"request.timeout.ms": None, "linger.ms": 5}
        fault = FaultRecord(name="slow-follower", replaced=replaced)
        return one(fault=fault, config={"acks": acks, "request.timeout.ms": 300, "linger.ms": linger_ms})

    records = [
        *(slow(acks, linger_ms=0) for acks in ("1", "all")),
        *(one(fault="kill-leader", config={"acks": acks, "linger.ms": 5}) for acks in ("1", "all")),
    ]
    labels = Labels.of(records)
    assert [str(labels.configuration(each)) for each in records] == ["acks=1", "acks=all"] * 2
    assert labels.subject(records[0]) == labels.subject(records[2])
    swept = [*records, one(fault="kill-leader", config={"acks": "1", "linger.ms": 9})]
    labels = Labels.of(swept)
    assert str(labels.configuration(swept[0])) == str(labels.configuration(swept[2])) == "acks=1, linger.ms=5"
    assert str(labels.configuration(swept[-1])) == "acks=1, linger.ms=9"


def test_a_parameter_left_to_its_default_is_unset() -> None:
    faults = [FaultRecord(name="power-loss", parameters={"flush_messages": value}) for value in (None, 1)]
    records = [one(fault=fault) for fault in faults]
    labels = Labels.of(records)
    assert [labels.fault(record) for record in records] == [
        "power-loss (flush_messages unset)",
        "power-loss (flush_messages=1)",
    ]


def test_false_is_said_only_where_somebody_left_it_to_the_client() -> None:
    stated = [one(config={"enable.idempotence": flag}) for flag in (False, True)]
    assert [str(Labels.of(stated).configuration(each)) for each in stated] == ["acks=all", "acks=all, idempotent"]
    left = [one(), *stated]
    assert [str(Labels.of(left).configuration(each)) for each in left] == [
        "acks=all",
        "acks=all, not-idempotent",
        "acks=all, idempotent",
    ]


def test_versions_sizes_and_parameters_are_named_only_if_there_are_several() -> None:
    records = [
        one(kafka="3.9.2", load={"rate": 2_000, "message_size": 100}),
        one(kafka="4.4.0", load={"rate": 2_000, "message_size": 1_000}),
        one(fault=FaultRecord(name="lose-ack", parameters={"silent": True, "times": 5})),
        one(fault=FaultRecord(name="lose-ack", parameters={"silent": False, "times": 5})),
        one(fault=FaultRecord(name="kill-leader", parameters={"messages": 9})),
    ]
    labels = Labels.of(records)
    assert str(labels.configuration(records[0])) == "acks=all, Kafka 3.9.2"
    assert labels.load(records[1]) == "2,000/s, 1000 B"
    assert [labels.fault(record) for record in records] == [
        WITHOUT_FAULT,
        WITHOUT_FAULT,
        "lose-ack (silent)",
        "lose-ack (silent=false)",
        "kill-leader",
    ]
    alone = Labels.of(records[:1])
    assert alone.row(records[0]) == "aiokafka, acks=all, RF 3, load 2,000/s"


def test_rows_go_by_client_then_replication_then_strength() -> None:
    records = default_sweep()
    labels = Labels.of(records)
    rows = [name(subject) for subject in sorted({labels.subject(record) for record in records})]
    assert rows[:5] == [
        "aiokafka, acks=0, RF 1",
        "aiokafka, acks=1, RF 1",
        "aiokafka, acks=all, RF 1",
        "aiokafka, acks=all, idempotent, RF 1",
        "aiokafka, acks=0, RF 3",
    ]


def test_parameters_of_parts_bear_the_names_of_the_parts() -> None:
    assert flat_parameters({"lose_ack": {"rate": None}, "seed": 1}) == {"lose_ack.rate": None, "seed": 1}
