"""What one key of a workload says of another: contradictions, impossible topics, nothing left to run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness.events import flat_parameters
from harness.words import options, plain, plural, setting
from harness.workload.clients import Known as Clients
from harness.workload.clients import identity
from harness.workload.combinations import Config, Contradiction, complete, contradictions
from harness.workload.grid import Grid
from harness.workload.problems import Place, Problem, dotted
from harness.workload.reading import TRIALS, key_of

if TYPE_CHECKING:
    from harness.workload.known import Known
    from harness.workload.trials import FaultTrials

_MOST_TRIALS = 10_000
_REPLICAS = "replication.factor"


def cross_check(parts: Mapping[str, Any], known: Known, *, complete_file: bool) -> list[Problem]:
    """Problems between the top-level keys that could be read; ``complete_file``: nothing else is wrong with it.

    What a mistake elsewhere may have caused is left out until that one is put right.
    """
    sweep, config = parts.get("sweep", ()), parts.get("config", {})
    problems = [
        Problem(("config", name), "is in sweep too: a setting either varies or is the same in every trial")
        for name in config
        if any(name in grid.axes for grid in sweep)
    ]
    brokers = parts["cluster"].brokers if "cluster" in parts else parts.get("brokers")
    if brokers is not None:
        problems += _too_many_replicas(parts, brokers)
    if faults := parts.get("faults"):
        topics = (config.get("topics", 1),)
        every = [number for grid in sweep if grid.asks(TRIALS["faults"]) for number in grid.axes.get("topics", topics)]
        problems += _missing_partitions(faults, min(map(int, every), default=1))
    if complete_file and not problems:
        problems += _nothing_to_run(parts, known.clients)
    return problems


def _stated(name: str, parts: Mapping[str, Any]) -> Iterator[tuple[Place, int]]:
    """The values of a number wherever the workload has them, with their places."""
    for place, grid in zip(parts.get("places", ()), parts.get("sweep", ()), strict=True):
        for index, value in enumerate(grid.axes.get(name, ())):
            yield (*place, name, index), int(value)
    if name in parts.get("config", {}):
        yield ("config", name), parts["config"][name]


def _too_many_replicas(parts: Mapping[str, Any], brokers: int) -> Iterator[Problem]:
    allowed = f"allowed: 1 to {brokers}" if brokers > 1 else "allowed: 1"
    of = f"the {plural(brokers, 'broker')}"
    for place, value in _stated(_REPLICAS, parts):
        if value > brokers:
            yield Problem(place, f"{value} is more than {of} of this cluster; {allowed}")


def _missing_partitions(faults: FaultTrials, topics: int) -> Iterator[Problem]:
    """Where a fault is of a partition that trials with so many topics do not have: it would never fire."""
    there, of_each = faults.partitions * topics, f", in each of {topics} topics" if topics > 1 else ""
    for index, recipe in enumerate(faults.recipes):
        for key, value in flat_parameters(recipe.given).items():
            *part, name = key.split(".")
            if name == "partition" and value is not None and value >= there:
                have = f"0 to {there - 1}" if there > 1 else "0 alone"
                message = (
                    f"{value} is no partition of the trials' topics, which have {have} (faults.partitions{of_each})"
                )
                yield Problem(("faults", "recipes", index, *part, name), message)


def _nothing_to_run(parts: Mapping[str, Any], clients: Clients) -> Iterator[Problem]:
    under = [(kind, *each) for key, kind in TRIALS.items() if parts[key] is not None for each in parts[key].under]
    if not under:
        yield Problem((), f"has neither {' nor '.join(TRIALS)}: there is nothing to run")
        return
    trials = sum(
        math.prod(map(len, grid.axes.values())) * count
        for grid in parts["sweep"]
        for kind, _, count in under
        if grid.asks(kind)
    )
    if trials * len(parts["kafka"]) > _MOST_TRIALS:
        yield Problem(("sweep",), f"makes {trials * len(parts['kafka']):,} trials; at most {_MOST_TRIALS:,}")
        return
    every = [
        (number, axes, complete({**parts["config"], **axes}, parts["cluster"].brokers), version)
        for number, grid in enumerate(parts["sweep"])
        for axes in grid.combinations()
        for version in parts["kafka"]
    ]
    clashes = [contradictions(settings, version) for _, _, settings, version in every]
    possible = [each for each, clash in zip(every, clashes, strict=True) if not clash]
    asked = [
        (axes, version, kind, fault)
        for number, axes, _, version in possible
        for kind, fault, _ in under
        if parts["sweep"][number].asks(kind)
    ]
    if not possible:
        yield from _always_refused(parts, clashes)
    elif not asked:
        yield Problem(("sweep",), f"leaves no trial to run: none of its trials is asked for ({options(TRIALS)})")
    elif all(
        any(
            exclusion.matches({**axes, "kafka": version, "fault": fault, "trials": key_of(kind)})
            for exclusion in parts["exclude"]
        )
        for axes, version, kind, fault in asked
    ):
        yield Problem(("exclude",), "leaves no trial to run")
    yield from _asked_twice(parts["places"], parts["sweep"], possible, clients)


def _always_refused(parts: Mapping[str, Any], clashes: Sequence[Sequence[Contradiction]]) -> Iterator[Problem]:
    """What stands in the way of every combination, if there is such a thing, else all that stands in some way."""
    found = dict.fromkeys(clash for each in clashes for clash in each)
    always = [clash for clash in found if all(clash in each for each in clashes)]
    where: dict[str, Place] = {}
    for place, grid in zip(parts["places"], parts["sweep"], strict=True):
        where = {name: (*place, name) for name in grid.axes} | where
    where |= {name: ("config", name) for name in parts["config"]}
    for clash in always or found:
        place = next(where[name] for name in clash.settings if name in where)
        yield Problem(place, f"leaves no trial to run: {clash}")


def _asked_twice(
    places: Sequence[Place],
    sweep: Sequence[Grid],
    possible: Sequence[tuple[int, Config, Config, str]],
    clients: Clients,
) -> Iterator[Problem]:
    """Trials that are asked for more than once: by two grids, by two names of one client, or by values of an axis that
    mean nothing there.
    """
    seen: dict[object, tuple[int, Config]] = {}
    twice: dict[Place, str] = {}
    for number, axes, settings, version in possible:
        for kind in filter(sweep[number].asks, TRIALS.values()):
            key = (kind, version, identity(str(axes["client"]), clients), *sorted(settings.items()))
            before, others = seen.setdefault(key, (number, axes))
            if before != number:
                twice.setdefault(places[number], f"asks for a trial that {dotted(places[before])} asks for too")
            elif differs := [name for name in axes if axes[name] != others[name]]:
                both = f"{plain(others[differs[0]])} and {plain(axes[differs[0]])}"
                same = " ".join(setting(name, axes[name]) for name in axes if name not in (*differs, "client"))
                message = f"{both} make the same trial where {same or 'nothing else is stated'}: it means nothing there"
                if differs[0] == "client":
                    message = f"{both} are one client: {' '.join(map(str, key[2]))}"
                twice.setdefault((*places[number], differs[0]), message)
    yield from (Problem(place, message) for place, message in twice.items())
