"""What one key of a workload says of another: contradictions, impossible topics, nothing left to run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.events import flat_parameters
from harness.words import plural
from harness.workload.combinations import combinations, complete, contradictions
from harness.workload.problems import Place, Problem
from harness.workload.reading import TRIALS

if TYPE_CHECKING:
    from harness.workload.model import FaultTrials

_MOST_TRIALS = 10_000
_REPLICAS = "replication.factor"


def cross_check(parts: Mapping[str, Any], *, complete_file: bool) -> list[Problem]:
    """Problems between the top-level keys that could be read; ``complete_file``: nothing else is wrong with it.

    What a mistake elsewhere may have caused is left out until that one is put right.
    """
    sweep, config = parts.get("sweep", {}), parts.get("config", {})
    problems = [
        Problem(("config", name), "is in sweep too: a setting either varies or is the same in every trial")
        for name in config
        if name in sweep
    ]
    brokers = parts["cluster"].brokers if "cluster" in parts else parts.get("brokers")
    if brokers is not None:
        problems += _too_many_replicas(sweep, config, brokers)
    if faults := parts.get("faults"):
        problems += _missing_partitions(faults)
    if complete_file and not problems:
        problems += _nothing_to_run(parts)
    return problems


def _stated(name: str, sweep: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[tuple[Place, int]]:
    """The values of a number wherever the workload has them, with their places."""
    for index, value in enumerate(sweep.get(name, ())):
        yield ("sweep", name, index), value
    if name in config:
        yield ("config", name), config[name]


def _too_many_replicas(sweep: Mapping[str, Any], config: Mapping[str, Any], brokers: int) -> Iterator[Problem]:
    allowed = f"allowed: 1 to {brokers}" if brokers > 1 else "allowed: 1"
    of = f"the {plural(brokers, 'broker')}"
    for place, value in _stated(_REPLICAS, sweep, config):
        if value > brokers:
            yield Problem(place, f"{value} is more than {of} of this cluster; {allowed}")


def _missing_partitions(faults: FaultTrials) -> Iterator[Problem]:
    """Where a fault is of a partition that its topics do not have: it would never fire."""
    for index, recipe in enumerate(faults.recipes):
        for key, value in flat_parameters(recipe.given).items():
            *part, name = key.split(".")
            if name == "partition" and value is not None and value >= faults.partitions:
                there = f"0 to {faults.partitions - 1}" if faults.partitions > 1 else "0 alone"
                message = f"{value} is no partition of the trials' topics, which have {there} (faults.partitions)"
                yield Problem(("faults", "recipes", index, *part, name), message)


def _nothing_to_run(parts: Mapping[str, Any]) -> Iterator[Problem]:
    under = [each for key in TRIALS if parts[key] is not None for each in parts[key].under]
    if not under:
        yield Problem((), f"has neither {' nor '.join(TRIALS)}: there is nothing to run")
        return
    sweep, config, kafka = parts["sweep"], parts["config"], parts["kafka"]
    trials = math.prod(map(len, sweep.values())) * len(kafka) * sum(count for _, count in under)
    if trials > _MOST_TRIALS:
        yield Problem(("sweep",), f"makes {trials:,} trials; at most {_MOST_TRIALS:,}")
        return
    every = [(axes, version) for axes in combinations(sweep) for version in kafka]
    brokers = parts["cluster"].brokers
    clashes = [contradictions(complete({**config, **axes}, brokers), version) for axes, version in every]
    possible = [each for each, clash in zip(every, clashes, strict=True) if not clash]
    if not possible:
        # What stands in the way of every combination, if there is such a thing, else all that stands in some way.
        found = dict.fromkeys(clash for each in clashes for clash in each)
        always = [clash for clash in found if all(clash in each for each in clashes)]
        for clash in always or found:
            place = next((part, name) for name in clash.settings for part in ("config", "sweep") if name in parts[part])
            yield Problem(place, f"leaves no trial to run: {clash}")
    elif all(
        any(exclusion.matches({**axes, "kafka": version, "fault": fault}) for exclusion in parts["exclude"])
        for axes, version in possible
        for fault, _ in under
    ):
        yield Problem(("exclude",), "leaves no trial to run")
