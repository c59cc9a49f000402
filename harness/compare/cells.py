"""Which trials of one run are to be compared with which of another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace

from harness.compare.surroundings import CLIENT_VERSION
from harness.report.labels import REPLICATION, Labels
from harness.store import TrialRecord


@dataclass(frozen=True)
class Both:
    """One trial with all its repeats in either run; in one of them it may have none."""

    row: str
    """Its name in its run's report, without the settings in which the runs differ."""
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

    one, other = _cells(base, key, aside), _cells(new, key, aside)
    found = [
        Both(row, tuple(trials), tuple(other[key][1]) if key in other else ()) for key, (row, trials) in one.items()
    ]
    return found + [Both(row, (), tuple(trials)) for key, (row, trials) in other.items() if key not in one]


def _cells(
    records: Sequence[TrialRecord], key: Callable[[TrialRecord], object], aside: Set[str]
) -> dict[object, tuple[str, list[TrialRecord]]]:
    every = Labels.of(records)
    labels = replace(every, keys=tuple(key for key in every.keys if f"config.{key}" not in aside))
    cells: dict[object, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if record.status != "skipped":
            cells[key(record)].append(record)
    return {its: (_row(labels, trials[0], aside), trials) for its, trials in cells.items()}


def _row(labels: Labels, trial: TrialRecord, aside: Set[str]) -> str:
    subject = labels.subject(trial)
    replicas = () if f"config.{REPLICATION}" in aside else (f"RF {subject.replication_factor}",)
    return ", ".join((subject.client, *subject.configuration.words, *replicas, labels.under(trial)))
