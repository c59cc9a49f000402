"""A trial's topics: its own, such as Kafka takes, and one space of partitions."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.topics import Topics, partitions_in_all
from harness.trial.venue import Running

LETTERS = st.characters(codec="ascii", categories=("L", "N"))
IDS = st.text(LETTERS, min_size=1, max_size=172)


def topics(run_id: str, trial_id: str, count: int = 1, prefix: str = "") -> tuple[str, ...]:
    trial = SimpleNamespace(id=trial_id, topics=count, load=SimpleNamespace(partitions=1))
    venue = SimpleNamespace(run_id=run_id, cluster=SimpleNamespace(prefix=prefix))
    return Running(cast(Any, trial), cast(Any, venue)).topics.names


def topic(run_id: str, trial_id: str) -> str:
    (only,) = topics(run_id, trial_id)
    return only


@given(
    st.text(min_size=1, max_size=255) | st.text(LETTERS, min_size=60, max_size=90),
    IDS,
    st.integers(1, 16),
    st.text(LETTERS, max_size=40),
)
def test_whatever_a_run_s_folder_is_called_kafka_takes_them(
    run_id: str, trial_id: str, count: int, prefix: str
) -> None:
    names = topics(run_id, trial_id, count, prefix)
    assert len(set(names)) == count and all(name.startswith(prefix) for name in names)
    assert all(re.fullmatch(r"[A-Za-z0-9._-]{1,249}", name) for name in names)


@given(st.lists(st.tuples(st.text(min_size=1, max_size=255), IDS), unique=True, max_size=9), st.text(max_size=255))
def test_no_two_trials_share_one(trials: list[tuple[str, str]], one_run: str) -> None:
    ids = {trial_id for _, trial_id in trials}
    assert len({topic(one_run, trial_id) for trial_id in ids}) == len(ids)


def test_a_run_s_topics_bear_its_name() -> None:
    assert topic("20260101-000000-base", "aiokafka.lose-ack.r1") == "20260101-000000-base.aiokafka.lose-ack.r1"


@given(st.integers(1, 16), st.integers(1, 20))
def test_every_partition_has_one_number(count: int, partitions: int) -> None:
    made = Topics.named("t", count, partitions)
    places = [made.place(partition) for partition in range(made.total)]
    assert places == [(name, own) for name in made.names for own in range(partitions)]
    assert [made.partition(*place) for place in places] == list(range(made.total))
    assert made.place(0) == (made.first, 0) == ("t", 0)
    assert Topics.of(json.loads(json.dumps(asdict(made)))) == made


@given(st.integers(1, 4), st.integers(1, 4), st.data())
def test_what_is_known_of_each_topic_is_known_of_all(count: int, partitions: int, data: st.DataObject) -> None:
    made = Topics.named("t", count, partitions)
    there = data.draw(st.sets(st.sampled_from([made.place(partition) for partition in range(made.total)])))
    known = made.gathered(lambda topic: {own: f"{topic}-{own}" for name, own in there if name == topic})
    assert known == {made.partition(topic, own): f"{topic}-{own}" for topic, own in there}


@pytest.mark.parametrize("config", [{}, {"partitions": 3}, {"topics": 2}, {"partitions": 3, "topics": 2}])
def test_a_configuration_says_how_many_there_are(config: dict[str, int]) -> None:
    made = Topics.named("t", config.get("topics", 1), config.get("partitions", 1))
    assert partitions_in_all(config) == made.total
