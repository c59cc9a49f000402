"""Workloads as OpenMessaging Benchmark's repository has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.sweep import plan_of
from harness.workload import WorkloadError, load

PACED: dict[str, Any] = {
    "name": "1 topic / 16 partitions / 1Kb",
    "topics": 1,
    "partitionsPerTopic": 16,
    "messageSize": 1024,
    "payloadFile": "payload/payload-1Kb.data",
    "subscriptionsPerTopic": 1,
    "consumerPerSubscription": 2,
    "producersPerTopic": 3,
    "producerRate": 50_000,
    "consumerBacklogSizeGB": 0,
    "testDurationMinutes": 1,
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "omb ü.yaml"


def put(file: Path, **changes: Any) -> Path:
    stated = {key: value for key, value in {**PACED, **changes}.items() if value is not None}
    file.write_text(yaml.safe_dump(stated), encoding="utf-8")
    return file


def test_a_paced_one_is_a_trial(file: Path) -> None:
    workload = load(put(file))
    assert workload.name == "1-topic-16-partitions-1kb"
    (trial,) = plan_of(workload).runnable
    assert (trial.load.rate, trial.load.seconds, trial.load.message_size, trial.load.partitions) == (
        50_000,
        60,
        1024,
        16,
    )
    assert (trial.producers, trial.topics, trial.config["consumers"], trial.config["acks"]) == (3, 1, 2, "all")


@pytest.mark.parametrize("rate", [0, 10_000_000])
def test_without_a_rate_it_goes_as_fast_as_it_goes_and_does_not_fill_the_disk(file: Path, rate: int) -> None:
    (trial,) = plan_of(load(put(file, producerRate=rate))).runnable
    assert trial.load.rate == "max"
    assert trial.estimated_bytes < 5.1e9


def test_keys_are_drawn(file: Path) -> None:
    (trial,) = plan_of(load(put(file, keyDistributor="RANDOM_NANO"))).runnable
    assert trial.config["keys"] == "unique"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"producerRates": 5}, "omb ü.yaml:{line}: producerRates: is no key of OpenMessaging Benchmark's workloads"),
        ({"keyDistributor": "SOME"}, "keyDistributor: 'SOME' is not one of NO_KEY, RANDOM_NANO, KEY_ROUND_ROBIN"),
        ({"messageSize": "big"}, "messageSize: 'big' is no number"),
        ({"topics": -1}, "topics: -1 is no number"),
        ({"subscriptionsPerTopic": 3}, "subscriptionsPerTopic: there is one subscription here, or none"),
        ({"consumerBacklogSizeGB": 100}, "consumerBacklogSizeGB: a trial builds up no backlog here"),
        ({"consumerBacklogSizeGB": "much"}, "consumerBacklogSizeGB: 'much' is no number"),
    ],
)
def test_what_no_trial_can_be_is_a_line(file: Path, changes: dict[str, Any], says: str) -> None:
    put(file, **changes)
    lines = file.read_text(encoding="utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(next(iter(changes))))
    with pytest.raises(WorkloadError) as refused:
        load(file)
    (problem,) = refused.value.problems
    assert says.format(line=line) in problem


def test_too_much_of_it_is_refused_in_our_words(file: Path) -> None:
    with pytest.raises(WorkloadError):
        load(put(file, topics=500, producersPerTopic=10))
