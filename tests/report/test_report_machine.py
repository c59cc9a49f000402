"""What the report says of the machine: drift, neighbours, and what limited a load."""

from __future__ import annotations

from typing import Any

from harness.report.blocks import Bullets, Text
from harness.report.labels import Labels
from harness.report.machine import limits, meanwhile
from harness.report.performance import performances
from harness.store import Percentiles, Throughput, TrialRecord, Used

from .synthetic_records import one
from .written import in_markdown


def trial(repeat: int, client: str = "confluent-kafka", **used: Any) -> TrialRecord:
    quiet = {"seconds": 1, "client_cores": 0.4, "client_thread": 0.3, "cores": 2, "machine": 0.5, "stolen": 0}
    quiet |= {"client_mb": 80, "work_ms": 10, "other_cores": 0.0, "broker_cores": 0.5}
    fast = Throughput(messages_per_s=100, mb_per_s=1, span_s=1)
    started = f"2026-01-01T12:00:{repeat:02}+00:00"
    return one(repeat=repeat, client=client, started=started, throughput=fast, used=Used(**{**quiet, **used}))


def said(*records: TrialRecord) -> list[str]:
    blocks = list(meanwhile(records, Labels.of(records)))
    words = [in_markdown(block.words) for block in blocks if isinstance(block, Text)]
    return words + [in_markdown(item) for block in blocks if isinstance(block, Bullets) for item in block.items]


def limit(*records: TrialRecord) -> str:
    (each,) = performances(records, Labels.of(records))
    return limits(each)


def test_nothing_is_said_where_nobody_looked() -> None:
    assert said(one()) == []


def test_a_machine_that_becomes_slow_is_said_to() -> None:
    records = [trial(repeat, work_ms=10 if repeat <= 6 else 15) for repeat in range(1, 9)]
    (words,) = said(*reversed(records))
    assert "took 10.0 ms just before a trial (median; 10.0 to 15.0), in the last quarter of the run 1.50x as" in words
    assert "Others took 0.000 cores while a load ran (median; up to 0.000), the hypervisor up to 0 %." in words


def test_a_busy_neighbour_is_named_with_the_trials_that_it_disturbed() -> None:
    _, disturbed, row = said(trial(1), trial(2, other_cores=0.9), trial(3, stolen=0.05))
    assert disturbed == "In 1 of 3 trials others or the hypervisor took more than 10 % of the machine:"
    assert row == "confluent-kafka, acks=all, RF 3, load max, repeat 2: 45 %"


def test_of_brokers_that_nobody_sees_others_are_not_told() -> None:
    (words,) = said(trial(1, other_cores=None, broker_cores=None))
    assert "Others" not in words


def test_how_late_paced_loads_were_handed_over_is_said_where_there_are_any() -> None:
    late = [Percentiles(p50=0, p90=0, p95=0, p99=p99, p99_9=9, max=9, mean=0, count=9) for p99 in (0.2, 0.4, 7.0)]
    records = [trial(repeat).model_copy(update={"late_ms": each}) for repeat, each in enumerate(late, 1)]
    (words,) = said(*records)
    assert words.endswith("within 0.400 ms of when they were due (median of trials; up to 7.00 ms).")
    (words,) = said(trial(1))
    assert "handed to the client" not in words


def test_what_limited_a_load_is_said_by_how_many_of_its_repeats() -> None:
    busy = trial(1, client_thread=0.95)
    assert limit(trial(1), trial(2)) == "none of these"
    assert limit(busy, trial(2, client_thread=0.95)) == "client"
    assert limit(trial(1, machine=0.97), trial(2), trial(3)) == "none of these 2 of 3"
    assert limit(one(throughput=busy.throughput)) == "—"


def test_all_of_a_client_in_python_has_one_core() -> None:
    assert limit(trial(1, client="kafka-python", client_cores=0.93)) == "client"
    assert limit(trial(1, client="confluent-kafka", client_cores=0.93)) == "none of these"
