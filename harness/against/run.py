"""Runs both arms and says what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from harness import provenance, report
from harness.against import checkout
from harness.against.arms import BASE, NEW, Arms
from harness.against.rounds import clusters, rounds
from harness.compare.comparison import Comparison, of_runs
from harness.compare.writing import write
from harness.kinds import KINDS
from harness.plan import Plan
from harness.store import Results, ResultsUnusable
from harness.sweep import rest, run_in_turn
from harness.venues import Arm
from harness.watcher import Dispensable, Stopwatch, Watcher

_OTHER = {BASE: NEW, NEW: BASE}


def create(folder: Path, arms: Arms) -> dict[str, Results]:
    """A new folder for both arms' runs. Raises ``FileExistsError`` if somebody else has just made it."""
    folder.mkdir(parents=True)
    made = {}
    for side in (BASE, NEW):
        plan, run_id = arms.first(side), _run_id(folder, side)
        other = {_OTHER[side]: _run_id(folder, _OTHER[side])}
        about = {"asked": arms.against, **other, "aside": sorted(arms.aside), "rounds": arms.rounds}
        described = {**provenance.describe(run_id, plan.workload, plan), "against": {**about, "commit": arms.commit}}
        described["notes"] = [
            *described["notes"],
            f"the {side} arm of a sweep against {arms.against}, in turn with the other",
        ]
        if side is BASE and arms.commit is not None:
            described["git"] = {"commit": arms.commit, "dirty": False}
        made[side] = Results.create(folder / side, described)
    return made


def opened(folder: Path) -> dict[str, Results] | None:
    """The runs of both arms that are in this folder; None if it is no such folder. Raises ``ResultsUnusable``."""
    if not (folder / NEW / "run.json").is_file():
        return None
    found = {side: Results.open(folder / side) for side in (BASE, NEW)}
    if any("against" not in results.run() for results in found.values()):
        raise ResultsUnusable(f"{folder} has runs called {BASE} and {NEW} that were not made against each other")
    return found


def as_one(arms: Arms) -> Plan:
    """What is run in any case, of both arms, as people see it and the disk and the hours have to bear it."""
    planned = [each for side in (BASE, NEW) for each in arms.first(side).trials]
    in_turn = [each for pair in arms.pairs for each in pair.both if not arms.later(each)]
    skipped = [each for each in planned if each.skip]
    return replace(arms.plans[NEW], trials=(*in_turn, *skipped))


def run(arms: Arms, stored: Mapping[str, Results], watcher: Watcher) -> Comparison:
    """Runs what has no record yet, and leaves a report of each arm and the comparison beside them, whatever ends it.

    Raises as ``harness.sweep.sweep`` does.
    """
    watcher = stopwatch = Stopwatch(Dispensable(watcher))
    there = {BASE: None if arms.commit is None else checkout.provide(arms.commit), NEW: None}
    sides = {side: Arm(arms.plans[side].workload, results, there[side]) for side, results in stored.items()}
    try:
        for side, results in stored.items():
            rest(arms.first(side).trials, results, watcher)
        for pairs in clusters(arms):
            saturated = any(pair.either.load.rate == "max" for pair in pairs)
            run_in_turn(rounds(arms, pairs, sides, watcher.doing), watcher, saturated=saturated)
        for results in stored.values():
            results.save_run({**results.run(), "ended": datetime.now(UTC).isoformat(timespec="seconds")})
    finally:
        for results in stored.values():
            provenance.note_time(results, stopwatch.took_s)
            report.render(results.folder, KINDS.values())
        compared = of_runs(stored[BASE], stored[NEW])
        write(compared, stored[NEW].folder.parent, arms.against, arms.plans[NEW].workload.name)
    return compared


def _run_id(folder: Path, side: str) -> str:
    return f"{folder.name}-{side}"
