"""The whole program: a workload becomes a plan; each trial runs, is judged and is stored; a report is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any, TypeVar

from harness import clients, provenance, report, trial
from harness.clients import packages
from harness.clusters import ClusterFailed, Wanted
from harness.faults import FAULTS
from harness.judge import judge
from harness.kinds import KINDS
from harness.plan import Plan, Trial, plan
from harness.store import Results, TrialRecord
from harness.trial import Running, logs
from harness.venues import Arm, Venues
from harness.watcher import Dispensable, Stopwatch, Watcher
from harness.workload import Workload, WorkloadError

_T = TypeVar("_T")


@dataclass(frozen=True)
class Sweep:
    """What a sweep left."""

    results: Results
    records: list[TrialRecord]
    report: Path


def plan_of(workload: Workload) -> Plan:
    """The plan of a workload with the kinds of trials, clients and faults that are here."""
    return plan(workload, KINDS, clients, FAULTS)


def provided(planned: Plan, wanted: Iterable[Trial]) -> Plan:
    """The plan with what its clients say of their versions, when those of the trials that are ``wanted`` are all here.

    Raises ``WorkloadError`` with a line for each that is not to be had.
    """
    if problems := packages.provide([trial.driven for trial in wanted]):
        raise WorkloadError(problems)
    said = {trial.driven: clients.version(trial.driven) for trial in planned.trials}
    return replace(planned, trials=tuple(replace(each, client_version=said[each.driven]) for each in planned.trials))


def sweep(workload: Workload, planned: Plan, results: Results, watcher: Watcher) -> Sweep:
    """Runs every trial of the plan that has no record yet, and makes the report, whatever ends it.

    A trial that fails is a record like any other. Raises ``ClusterFailed`` when brokers do not come up at all, and
    lets ``KeyboardInterrupt`` through; what had finished by then is stored and reported.
    """
    watcher = stopwatch = Stopwatch(Dispensable(watcher))
    arm = Arm(workload, results)
    try:
        todo = [Turn(arm, trial) for trial in rest(planned.trials, results, watcher)]
        for _, turns in groupby(todo, key=lambda turn: turn.trial.cluster):
            run_in_turn([[*turns]], watcher)
        results.save_run({**results.run(), "ended": datetime.now(UTC).isoformat(timespec="seconds")})
    finally:
        provenance.note_time(results, stopwatch.took_s)
        made = report.render(results.folder, KINDS.values())
    return Sweep(results, results.records(), made)


@dataclass(frozen=True)
class Turn:
    """A trial, and whose it is."""

    arm: Arm
    trial: Trial

    @property
    def where(self) -> tuple[Arm, Wanted]:
        return self.arm, self.trial.cluster


def rest(trials: Iterable[Trial], results: Results, watcher: Watcher) -> list[Trial]:
    """Those that have no record yet and are to be run; of those that are not it is on record from now on."""
    finished = {record.id for record in results.records()}
    todo = [each for each in trials if each.id not in finished]
    for skipped in (each for each in todo if each.skip):
        _store(results, watcher, _not_run(skipped))
    return [each for each in todo if not each.skip]


def run_in_turn(rounds: Iterable[Sequence[Turn]], watcher: Watcher, *, saturated: bool | None = None) -> None:
    """These trials in order, round by round, on as many clusters at once as they want; one that breaks is replaced for
    the trials after. ``saturated`` is for rounds that are not known yet: whether any has a load as fast as it goes.
    """
    if saturated is None:
        rounds = [*rounds]
        saturated = any(turn.trial.load.rate == "max" for turns in rounds for turn in turns)
    try:
        with Venues(watcher, saturated=saturated) as venues:
            for turns in rounds:
                for turn, then in zip_longest(turns, turns[1:]):
                    _run_one(turn, then, venues, watcher)
                venues.behind.end()
    except _NotStored as failed:
        raise failed.why from None


class _NotStored(BaseException):
    """A record could not be stored. That ends the run, and is no failure of the trial that runs by then."""

    def __init__(self, why: Exception) -> None:
        super().__init__(str(why))
        self.why = why


def _run_one(turn: Turn, then: Turn | None, venues: Venues, watcher: Watcher) -> None:
    """A trial, if it is to be run at all. What it leaves may be read and judged while the next one's clients start."""
    results, planned = turn.arm.results, turn.trial
    venue = venues.of(*turn.where)
    try:
        venues.warm(*turn.where)
    except ClusterFailed as broken:
        reason = f"the brokers were lost while they were warmed up: {broken}"
        _store(results, watcher, _not_run(planned, "failed", reason), venue)
        venues.lost(*turn.where)
        return
    planned = _settled(planned, venue, results)
    if planned.skip:
        _store(results, watcher, _not_run(planned))
        return
    if venues.there(*turn.where) is None:  # lost by one that was waited for
        _run_one(turn, then, venues, watcher)
        return
    there = None if then is None else venues.there(*then.where)
    following = Running(then.trial, there) if then and there else None
    watcher.starts(planned)
    began = time.monotonic()

    def ended(came: TrialRecord | Exception) -> None:
        record = came if isinstance(came, TrialRecord) else _failed(planned, came, time.monotonic() - began)
        if record is not came or not venue.janitor.alive:
            venues.lost(*turn.where)
        if venues.interrupted and record.status != "completed":
            return  # for that it may have failed: it is run again
        try:
            _store(results, watcher, record, venue)
        except Exception as error:
            raise _NotStored(error) from error

    read_back = _tried(lambda: trial.run(planned, KINDS[planned.kind], venue, following))
    if isinstance(read_back, Exception):
        _tried(venue.behind.end)  # what failed with it says nothing more; a record is there by then
        ended(read_back)
        return
    beside = following is not None and following.trial.cluster.warm and planned.cluster.warm and venue.janitor.alive

    def judged() -> TrialRecord:
        return judge(read_back(beside=beside), results.journals)

    venue.behind.do("reading back and judging", lambda: _tried(judged), ended)
    if not beside:
        venue.behind.end()


def _settled(planned: Trial, venue: trial.Venue, results: Results) -> Trial:
    """As it is to be run on this cluster, by what came of those before; or why it is not."""

    def earlier() -> list[TrialRecord]:
        venue.behind.end()
        return results.records()

    if (why := venue.cluster.refuses(planned.config)) is not None:
        return replace(planned, skip=why)
    return KINDS[planned.kind].settle(planned, earlier)


def _tried(what: Callable[[], _T]) -> _T | Exception:
    """Whatever goes wrong costs one trial and not the run."""
    try:
        return what()
    except Exception as error:  # noqa: BLE001 - see above
        return error


def _store(results: Results, watcher: Watcher, record: TrialRecord, venue: trial.Venue | None = None) -> None:
    if venue and venue.cluster.logs and logs.wanted(record):
        logs.keep(venue.cluster.logs, results.logs / record.id)
    results.append(record)
    watcher.ended(record)


def _failed(planned: Trial, error: Exception, elapsed_s: float) -> TrialRecord:
    if isinstance(error, ClusterFailed):
        reason = f"the cluster did not recover: {error}"
    else:
        reason = f"the trial ended in the middle: {type(error).__name__}: {error}"
    return _not_run(planned, "failed", reason, elapsed_s)


def _not_run(planned: Trial, status: Any = "skipped", reason: str | None = None, elapsed_s: float = 0) -> TrialRecord:
    record = TrialRecord(
        **trial.fields(planned),
        status=status,
        reason=reason or planned.skip,
        elapsed_s=round(elapsed_s, 3) or None,
    )
    return judge(record, Path())
