"""What a workload is compared with: the same on another Kafka or with another version of a client, or another file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import sweep
from harness.against import checkout
from harness.clients.named import BEHIND, Named
from harness.compare.figures import STAGES, fewest_rounds
from harness.compare.gauges import GAUGES
from harness.kinds import KINDS
from harness.plan import Plan, Trial
from harness.store import TrialRecord
from harness.sweep import plan_of
from harness.trial import fields
from harness.words import listed
from harness.workload import Workload, WorkloadError, load, parse

BASE, NEW = "base", "new"
_KAFKA = "kafka"
_SUFFIXES = (".yaml", ".yml")
_MEASURED = ("performance", "pipeline_performance")
"""Sections of trials whose figures are compared."""
_MAY_DIFFER = ("kafka", "brokers", "cluster_profile", "client", "client_version")
"""Beside settings. What is loaded otherwise, or struck by something else, is another trial."""


@dataclass(frozen=True)
class Pair:
    """The same repeat of the same trial in both arms; None where one does not have it."""

    base: Trial | None
    new: Trial | None

    @property
    def both(self) -> list[Trial]:
        return [trial for trial in (self.base, self.new) if trial is not None]

    @property
    def either(self) -> Trial:
        return self.both[0]


@dataclass(frozen=True)
class Arms:
    """Both plans. A trial of the base has the id of the new one behind ``base.``, so that each has its own."""

    against: str
    """As it was asked for."""
    plans: Mapping[str, Plan]
    """By ``BASE`` and ``NEW``."""
    aside: frozenset[str]
    """In what of all that tells trials apart (``TrialRecord.parts``) the arms differ."""
    pairs: tuple[Pair, ...]
    """In the order of the new plan."""
    commit: str | None
    """Of the base's producers and consumers; None: they are this harness's own."""
    rounds: int
    """Of trials without a fault, in each stage: the first is run in any case, of later ones what is still open."""

    def first(self, side: str) -> Plan:
        """What is run in any case."""
        plan = self.plans[side]
        return replace(plan, trials=tuple(each for each in plan.trials if not self.later(each)))

    def stage(self, trial: Trial) -> int:
        """Of which it is, from 1 on."""
        return 1 + (trial.repeat - 1) // self.rounds if KINDS[trial.kind].SHUFFLED else 1

    def later(self, trial: Trial) -> bool:
        """Whether it is of a round that is run only where those before leave something open."""
        return self.stage(trial) > 1


def arms(workload: Workload, against: str) -> Arms:
    """The arms of this workload, which is the new one, against that. Raises ``WorkloadError``."""
    if against.endswith(_SUFFIXES) or BEHIND in against:
        return between(*_sides(workload, against), against)
    if (commit := checkout.commit_of(against)) is None:
        raise WorkloadError(
            [
                f"--against {against}: that is neither a workload file ({listed(_SUFFIXES, 'or')}), nor a version of "
                f"Kafka or a client, as in kafka{BEHIND}4.0.2 and aiokafka{BEHIND}0.12.0, nor a git ref of the harness"
            ]
        )
    if checkout.is_this(commit):
        raise WorkloadError([f"--against {against}: that is {commit[:12]}, which is what runs here"])
    return between(workload, workload, against, commit)


def between(base: Workload, new: Workload, against: str, commit: str | None = None) -> Arms:
    """The arms of two workloads. Raises ``WorkloadError`` where nobody can tell what is to be compared with what."""
    once = plan_of(_repeated(new, 1))
    gating = _gating(once)
    if not gating and any(trial.fault is None for trial in once.runnable):
        figures = listed(new.gate.figures, "or")
        raise WorkloadError([f"no figure gates: gate.figures has {figures}, which no load of this workload has"])
    rounds = fewest_rounds(gating)
    base_plan, new_plan = (plan_of(_repeated(side, STAGES * rounds)) for side in (base, new))
    return _arms(base_plan, new_plan, rounds, against, commit)


def provided(arms: Arms) -> Arms:
    """The arms with the packages of their clients. Raises ``WorkloadError``, as ``harness.sweep.provided`` does, and
    where the base's own producers and consumers are of a harness that cannot be told what to do.
    """
    if arms.commit is not None and (why := checkout.misunderstands(checkout.provide(arms.commit))) is not None:
        raise WorkloadError([f"producers of {arms.commit[:12]} do not understand what they are told here: {why}"])
    base, new = (sweep.provided(arms.plans[side], arms.plans[side].runnable) for side in (BASE, NEW))
    return _arms(base, new, arms.rounds, arms.against, arms.commit)


def _arms(base: Plan, new: Plan, rounds: int, against: str, commit: str | None) -> Arms:
    for side, plan in ((BASE, base), (NEW, new)):
        if not plan.runnable:
            why = next((f": {trial.skip}" for trial in plan.trials), "")
            raise WorkloadError([f"--against {against}: the {side} arm has no trial that can be run{why}"])
    first = base.runnable[0].name
    base = replace(base, trials=tuple(map(_of_base, base.trials)))
    aside = _differ(base.trials, new.trials)
    pairs = tuple(_paired(base.trials, new.trials, aside, against))
    if not any(pair.base and pair.new for pair in pairs):
        raise WorkloadError(
            [
                f"--against {against}: no trial is in both arms; the base's first is {first}, and the new one's "
                f"{new.runnable[0].name}: they may differ in settings, Kafka, clients and versions, and in nothing else"
            ]
        )
    return Arms(against, {BASE: base, NEW: new}, aside, pairs, commit, rounds)


def _sides(workload: Workload, against: str) -> tuple[Workload, Workload]:
    name, _, version = against.partition(BEHIND)
    if against.endswith(_SUFFIXES):
        return load(Path(against)), workload
    if name == _KAFKA:
        if len(workload.kafka) > 1:
            raise WorkloadError([f"--against {against}: the workload has {listed(workload.kafka)}, not one of its own"])
        return _with(workload, against, kafka=[version]), workload
    mine = [Named.of(each).name == name for grid in workload.sweep for each in map(str, grid.axes["client"])]
    if not any(mine):
        raise WorkloadError([f"--against {against}: the workload has no client {name}"])
    return _with(workload, against, sweep=_only(workload, name, against)), _with(
        workload, against, sweep=_only(workload, name, None)
    )


def _only(workload: Workload, client: str, instead: str | None) -> list[dict[str, Any]]:
    """The grids with this client, and it alone; ``instead`` is its version in each of them."""
    grids = []
    for grid in workload.model_dump(mode="json")["sweep"]:
        own = [each for each in grid["client"] if Named.of(str(each)).name == client]
        if own:
            grids.append({**grid, "client": [instead] if instead else own})
    return grids


def _with(workload: Workload, against: str, **other: Any) -> Workload:
    try:
        return parse({**workload.model_dump(mode="json"), **other})
    except WorkloadError as wrong:
        raise WorkloadError(f"--against {against}: {problem}" for problem in wrong.problems) from None


def _repeated(workload: Workload, repeats: int) -> Workload:
    """What is measured takes so many rounds, whatever it states for a sweep of its own."""
    sections = {name: getattr(workload, name) for name in _MEASURED}
    return workload.model_copy(
        update={name: its.model_copy(update={"repeats": repeats}) for name, its in sections.items() if its is not None}
    )


def _gating(plan: Plan) -> int:
    """How many figures gate, at most."""
    gates = {True: 0, False: 0}
    for figure in plan.workload.gate.figures:
        gates[GAUGES[figure].paced] += 1
    return sum(gates[trial.load.rate != "max"] for trial in plan.runnable if trial.fault is None)


def _of_base(trial: Trial) -> Trial:
    if trial.id.startswith(f"{BASE}."):
        return trial
    return replace(trial, id=f"{BASE}.{trial.id}", name=f"{BASE}: {trial.name}")


def _parts(trial: Trial) -> dict[str, str]:
    record = TrialRecord(**fields(trial), status="skipped")
    return {name: repr(value) for name, value in record.parts.items()}


def _differ(base: Iterable[Trial], new: Iterable[Trial]) -> frozenset[str]:
    """What has other values in one arm than in the other."""
    one, other = ({part for trial in arm for part in _parts(trial).items()} for arm in (base, new))
    return frozenset(name for name, _ in one ^ other if name in _MAY_DIFFER or name.startswith("config."))


def _paired(base: Iterable[Trial], new: Iterable[Trial], aside: frozenset[str], against: str) -> Iterable[Pair]:
    def key(trial: Trial) -> tuple[object, ...]:
        return trial.repeat, *sorted(part for part in _parts(trial).items() if part[0] not in aside)

    for arm in (base, new):
        times = Counter(key(trial) for trial in arm if not trial.skip)
        if several := [trial for trial in arm if not trial.skip and times[key(trial)] > 1]:
            raise WorkloadError(
                [
                    f"--against {against}: the arms differ in {listed(sorted(aside))}, and nobody can tell which trial "
                    f"is to be compared with {several[0].name}: let each arm have one value where they differ"
                ]
            )
    others = {key(trial): trial for trial in base if not trial.skip}
    for trial in new:
        if not trial.skip:
            yield Pair(others.pop(key(trial), None), trial)
    for left in others.values():
        yield Pair(left, None)
