"""Ids of trials: they are the same in whatever sweep, differ where trials do, and name a topic and files."""

from __future__ import annotations

import math
from typing import Any

from harness.workload.allowed import Choice, Flag, Whole
from harness.workload.settings import SETTINGS

from .planning import BASE, planned


def test_ids_do_not_depend_on_the_order_or_number_of_values() -> None:
    sweep = dict(reversed(BASE["sweep"].items()))
    more = planned({"sweep": {**sweep, "acks": ["all", 1, 0]}})
    assert {trial.id for trial in planned().trials} < {trial.id for trial in more.trials}


def _one(allowed: Any) -> Any:
    match allowed:
        case Flag():
            return True
        case Choice(words=words):
            return words[-1]
        case Whole(lowest=lowest):
            return max(1, lowest)
        case _:
            return 7


def test_an_id_stays_short_enough_for_a_topic() -> None:
    sweep: dict[str, list[Any]] = {"client": ["confluent-kafka"]}
    sweep |= {name: [_one(each.allowed)] for name, each in SETTINGS.items()}
    sweep |= {"acks": ["all"], "compression.type": ["none", "zstd"], "delivery.timeout.ms": [2**31 - 1]}
    parts = {key: {**BASE[key], "repeats": 1000} for key in ("performance", "faults")}
    made = planned({"sweep": sweep, **parts})
    longest_run = "20260101-000000-" + 60 * "n"
    topics = {f"{longest_run}.{trial.id}" for trial in made.trials}
    assert len(topics) == len(made.trials) == 8 * 1000
    assert max(map(len, topics)) == 249
    assert max(len(f"{trial.id}.consumer-0.parquet") for trial in made.trials) <= 255


def test_values_that_differ_in_the_last_bit_are_other_trials() -> None:
    rates = [0.3, 0.1 + 0.2, 3_000.0, math.nextafter(3_000.0, math.inf)]
    recipes = [{"name": "kill-leader", "rate": rate} for rate in rates]
    made = planned({"sweep": {"client": ["aiokafka"]}, "performance": None, "faults": {"recipes": recipes}})
    assert len({trial.id for trial in made.trials}) == len(rates)
