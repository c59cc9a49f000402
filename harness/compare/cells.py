"""Which trials of one run are to be compared with which of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from harness.compare.surroundings import CLIENT, CLIENT_VERSION, KAFKA
from harness.report.labels import REPLICATION, Labels
from harness.store import TrialRecord


@dataclass(frozen=True)
class Both:
    """One trial with all its repeats in either run; in one of them it may have none."""

    row: str
    """Its name in a report of both runs, without that in which they are to differ."""
    base: tuple[TrialRecord, ...]
    new: tuple[TrialRecord, ...]


def matched(base: Sequence[TrialRecord], new: Sequence[TrialRecord], aside: Set[str]) -> list[Both]:
    """Trials are the same where all is that tells trials apart (``TrialRecord.parts``), but for what is left ``aside``,
    in which the runs differ. A client that either run has in several versions is compared version by version all the
    same. Skipped trials ran in neither, and have no place here.
    """
    apart = Labels.of(base).upgraded | Labels.of(new).upgraded

    def key(record: TrialRecord) -> object:
        left_out = aside - {CLIENT_VERSION} if record.client in apart else aside
        return repr(sorted((name, repr(value)) for name, value in record.parts.items() if name not in left_out))

    labels = replace(_across(base, new, aside), upgraded=apart)
    one, other = _cells(base, key), _cells(new, key)

    def row(trials: Sequence[TrialRecord]) -> str:
        return _row(labels, trials[0], aside)

    found = [Both(row(trials), tuple(trials), tuple(other.get(key, ()))) for key, trials in one.items()]
    return found + [Both(row(trials), (), tuple(trials)) for key, trials in other.items() if key not in one]


def _across(base: Sequence[TrialRecord], new: Sequence[TrialRecord], aside: Set[str]) -> Labels:
    """Names that tell apart what is different in either run or between them, but for what is left aside."""
    every = Labels.of([*base, *new])
    keys = tuple(key for key in every.keys if f"config.{key}" not in aside)
    return replace(every, keys=keys, versions=every.versions and KAFKA not in aside)


def _cells(records: Sequence[TrialRecord], key: Callable[[TrialRecord], object]) -> dict[object, list[TrialRecord]]:
    cells: dict[object, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if record.status != "skipped":
            cells[key(record)].append(record)
    return cells


def _row(labels: Labels, trial: TrialRecord, aside: Set[str]) -> str:
    subject = labels.subject(trial)
    client = () if CLIENT in aside else (subject.client,)
    replicas = () if f"config.{REPLICATION}" in aside else (f"RF {subject.replication_factor}",)
    return ", ".join((*client, *subject.configuration.words, *replicas, labels.under(trial)))
