"""The whole program: a workload becomes a plan; each trial runs, is judged and is stored; a report is made."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from harness import clients, provenance, report, trial
from harness.clients import packages
from harness.clusters import THEIRS, ClusterFailed, Place, Wanted
from harness.clusters.kinds import CLUSTERS
from harness.faults import FAULTS
from harness.janitor import Janitor
from harness.judge import judge
from harness.kinds import KINDS
from harness.plan import Plan, Trial, plan
from harness.store import Results, TrialRecord
from harness.trial import logs
from harness.warmup import warm_up
from harness.watcher import Dispensable, Stopwatch, Watcher
from harness.workers.forkserver import Forkservers
from harness.workers.oracle import Oracle
from harness.workload import Workload, WorkloadError


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
    finished = {record.id for record in results.records()}
    todo = [trial for trial in planned.trials if trial.id not in finished]
    try:
        for skipped in (trial for trial in todo if trial.skip):
            _store(results, watcher, _not_run(skipped))
        for _, trials in groupby((trial for trial in todo if not trial.skip), key=lambda trial: trial.cluster):
            _run_on_one_cluster(workload, results, watcher, list(trials))
        results.save_run({**results.run(), "ended": datetime.now(UTC).isoformat(timespec="seconds")})
    finally:
        provenance.note_time(results, stopwatch.took_s)
        made = report.render(results.folder, KINDS.values())
    return Sweep(results, results.records(), made)


def _run_on_one_cluster(workload: Workload, results: Results, watcher: Watcher, trials: list[Trial]) -> None:
    """These trials, which all want the same of it, in order; one that breaks is replaced for the trials after."""
    while trials:
        wanted = trials[0].cluster
        begins = "looking for" if wanted.profile == THEIRS else "starting"
        watcher.doing(f"{begins} Kafka {wanted.kafka}, {wanted.profile} profile")
        with _venue(workload, results, watcher, wanted) as venue:
            provenance.note_cluster(results, wanted.profile, venue.cluster)
            try:
                if wanted.warm:
                    watcher.doing("warming the brokers up")
                    warm = warm_up(venue, saturated=any(trial.load.rate == "max" for trial in trials))
                    provenance.note(results, f"brokers warmed up, {warm}")
            except ClusterFailed as broken:
                reason = f"the brokers were lost while they were warmed up: {broken}"
                _store(results, watcher, _not_run(trials.pop(0), "failed", reason), venue)
                continue
            while trials:
                if (why := venue.cluster.refuses(trials[0].config)) is not None:
                    _store(results, watcher, _not_run(trials.pop(0), reason=why))
                    continue
                planned = trials.pop(0)
                planned = KINDS[planned.kind].settle(planned, results.records)
                if planned.skip:
                    _store(results, watcher, _not_run(planned))
                    continue
                if not _run_one(planned, next(iter(trials), None), venue, results, watcher):
                    break


def _run_one(planned: Trial, then: Trial | None, venue: trial.Venue, results: Results, watcher: Watcher) -> bool:
    """Whether the cluster, and who cleans up after it, are still of use after this trial."""
    watcher.starts(planned)
    began = time.monotonic()
    try:
        record = trial.run(planned, KINDS[planned.kind], venue, then)
    except ClusterFailed as broken:
        reason = f"the cluster did not recover: {broken}"
    except Exception as crash:  # noqa: BLE001 - whatever it is, it costs one trial and not the run
        reason = f"the trial ended in the middle: {type(crash).__name__}: {crash}"
    else:
        watcher.doing("judging and storing")
        _store(results, watcher, judge(record, results.journals), venue)
        return venue.janitor.alive
    _store(results, watcher, _not_run(planned, "failed", reason, time.monotonic() - began), venue)
    return False


def _store(results: Results, watcher: Watcher, record: TrialRecord, venue: trial.Venue | None = None) -> None:
    if venue and venue.cluster.logs and logs.wanted(record):
        logs.keep(venue.cluster.logs, results.logs / record.id)
    results.append(record)
    watcher.ended(record)


def _not_run(planned: Trial, status: Any = "skipped", reason: str | None = None, elapsed_s: float = 0) -> TrialRecord:
    record = TrialRecord(
        **trial.fields(planned),
        status=status,
        reason=reason or planned.skip,
        elapsed_s=elapsed_s or None,
    )
    return judge(record, Path())


@contextlib.contextmanager
def _venue(workload: Workload, results: Results, watcher: Watcher, wanted: Wanted) -> Iterator[trial.Venue]:
    """A cluster that is up, its oracle, and scratch space; all gone afterwards, whatever happens."""
    kind = CLUSTERS[workload.cluster.kind]
    scratch = results.folder / "scratch"
    janitor = Janitor()
    try:
        janitor.folder(scratch)
        scratch.mkdir(exist_ok=True)
        place = Place(scratch / "cluster", janitor, watcher.fetching)
        with (
            kind.up(wanted, workload.cluster.model_dump(), place) as cluster,
            Oracle(scratch / "oracle.log", janitor) as oracle,
            contextlib.closing(Forkservers(scratch, janitor)) as forkservers,
        ):
            yield trial.Venue(
                cluster=cluster,
                oracle=oracle,
                janitor=janitor,
                journals=results.journals,
                scratch=scratch,
                forkservers=forkservers,
                run_id=f"{results.folder.name}.{secrets.token_hex(4)}",
                doing=watcher.doing,
            )
    finally:
        janitor.close()
