"""A trial's topic: its own, and one that Kafka takes."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from harness.trial.venue import Running

LETTERS = st.characters(codec="ascii", categories=("L", "N"))
IDS = st.text(LETTERS, min_size=1, max_size=172)


def topic(run_id: str, trial_id: str) -> str:
    return Running(cast(Any, SimpleNamespace(id=trial_id)), cast(Any, SimpleNamespace(run_id=run_id))).topic


@given(st.text(min_size=1, max_size=255), IDS)
def test_whatever_a_run_s_folder_is_called_kafka_takes_it(run_id: str, trial_id: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,249}", topic(run_id, trial_id))


@given(st.lists(st.tuples(st.text(min_size=1, max_size=255), IDS), unique=True, max_size=9), st.text(max_size=255))
def test_no_two_trials_share_one(trials: list[tuple[str, str]], one_run: str) -> None:
    ids = {trial_id for _, trial_id in trials}
    assert len({topic(one_run, trial_id) for trial_id in ids}) == len(ids)


def test_a_run_s_topics_bear_its_name() -> None:
    assert topic("20260101-000000-base", "aiokafka.lose-ack.r1") == "20260101-000000-base.aiokafka.lose-ack.r1"
