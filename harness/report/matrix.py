"""Configurations against faults: the shape of the verdict table, the heat map and the terminal's last word."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.events import INFORMATION, Anomaly, Guarantee, Permission, Verdict
from harness.report.labels import GUARANTEE, WITHOUT_FAULT, Labels, Subject
from harness.report.wording import span, word
from harness.store import TrialRecord

WRONG: tuple[Anomaly, ...] = tuple(anomaly for anomaly in Anomaly if anomaly not in INFORMATION)
"""Anomalies a reader has to see; what became of unknown messages is information, and is in the trial's own row."""
HARM = (Anomaly.LOST, Anomaly.DUPLICATE, Anomaly.REORDERED)
"""What a delivery guarantee of a producer is about."""
HARM_OF_PIPELINES = (Anomaly.SKIPPED, Anomaly.REDELIVERED)
"""What that of a pipeline is about."""
HARM_OF_TRANSACTIONS = (
    *HARM,
    Anomaly.ABORTED_VISIBLE,
    Anomaly.FENCED_VISIBLE,
    Anomaly.TORN_TRANSACTION,
    Anomaly.HUNG_TRANSACTION,
)
"""What that of transactions is about."""
RULED_OUT: Mapping[tuple[bool, str], tuple[Anomaly, ...]] = {
    (False, "at-most-once"): (Anomaly.DUPLICATE,),
    (False, "at-least-once"): (Anomaly.LOST,),
    (False, "once-per-session"): HARM,
    (False, "all-or-nothing"): HARM_OF_TRANSACTIONS,
    (True, Guarantee.AT_MOST_ONCE): (Anomaly.REDELIVERED,),
    (True, Guarantee.AT_LEAST_ONCE): (Anomaly.SKIPPED,),
    (True, Guarantee.EXACTLY_ONCE): HARM_OF_PIPELINES,
}
"""What a guarantee, of a pipeline or not, is there to prevent, as far as it reaches."""
NO_RULE = "none"
"""The source of an expectation that no rule stands behind."""
MOST_COLUMNS = 6
"""Of verdicts and counts that a page has room for beside each other."""
WORST_FIRST = (
    Verdict.BROKEN,
    Verdict.UNKNOWN,
    Verdict.REPRODUCED,
    Verdict.ALLOWED,
    Verdict.NOT_EXERCISED,
    Verdict.KEPT,
)
TELL = (Verdict.BROKEN, Verdict.REPRODUCED, Verdict.ALLOWED, Verdict.KEPT)
"""With these a trial says something: its fault fired, and its data was judged."""
HARMLESS = (Verdict.KEPT, Verdict.ALLOWED)
"""Nothing went wrong that any rule is about; without a rule on losses, duplicates and order that says nothing."""


@dataclass(frozen=True)
class Cell:
    """The repeats of one trial."""

    trials: tuple[TrialRecord, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Of the trials that were not skipped. One that has no verdict has no data, which is unknown."""
        return tuple(verdict_of(trial) for trial in self.trials if trial.status != "skipped")

    @property
    def verdict(self) -> Verdict | None:
        """The worst of its repeats; None if all were skipped."""
        return min(self.verdicts, key=WORST_FIRST.index, default=None)

    @property
    def loads(self) -> frozenset[tuple[str, str]]:
        """Rates and message sizes."""
        return frozenset((repr(trial.load.get("rate")), repr(trial.load.get("message_size"))) for trial in self.trials)

    @property
    def repeats(self) -> bool:
        """Whether its trials are repeats of one another, which those of different loads are not."""
        return len({trial.key for trial in self.trials}) == 1

    @property
    def agreement(self) -> str:
        """``3 of 3``: how many repeats had that verdict; empty if there was one repeat."""
        verdicts = self.verdicts
        return f"{verdicts.count(self.verdict)} of {len(verdicts)}" if self.verdict and len(verdicts) > 1 else ""

    @property
    def found(self) -> dict[Anomaly, tuple[int, int]]:
        """The least and the most of each anomaly over the repeats, where there was any: those that are wrong, and what
        was expected here even if it is not.
        """
        found: dict[Anomaly, tuple[int, int]] = {}
        for anomaly in (*WRONG, *sorted(self._expected - {*WRONG})):
            counts = [number for trial in self.trials if (number := counted(trial, anomaly)) is not None]
            if any(counts):
                found[anomaly] = (min(counts), max(counts))
        return found

    @property
    def counts(self) -> list[str]:
        """``["lost 7–222", "dup 3"]``."""
        return [f"{word(anomaly)} {span(*extent)}" for anomaly, extent in self.found.items()]

    @property
    def _expected(self) -> set[Anomaly]:
        stated = [each for trial in self.trials for each in trial.expectations or ()]
        return {Anomaly(each.anomaly) for each in stated if each.permission is Permission.EXPECTED}

    @property
    def harm(self) -> tuple[Anomaly, ...]:
        """What its guarantee is about."""
        return HARM_OF_PIPELINES if GUARANTEE in self.trials[0].config else HARM

    @property
    def unruled(self) -> tuple[Anomaly, ...]:
        """Of what its guarantee is about that of which no rule is here: nothing was promised or forbidden."""
        stated = [each for trial in self.trials for each in trial.expectations or ()]
        return tuple(a for a in self.harm if any(each.anomaly == a and each.source == NO_RULE for each in stated))

    @property
    def ruled(self) -> bool:
        """Whether any rule is about what its guarantee is about; without one its verdict says nothing."""
        return len(self.unruled) < len(self.harm)

    @property
    def judged(self) -> bool:
        """Whether any of its trials has counts: no counts means nobody looked, which is not the same as none."""
        return any(trial.anomalies is not None for trial in self.trials)


@dataclass(frozen=True)
class Matrix:
    """Cells by subject and fault. A pair that no trial was planned for has no cell."""

    subjects: tuple[Subject, ...]
    faults: tuple[str, ...]
    cells: dict[tuple[Subject, str], Cell]

    @property
    def clients(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(subject.client for subject in self.subjects))

    @property
    def wide(self) -> bool:
        """Whether it has more faults than can be read beside each other."""
        return len(self.faults) > MOST_COLUMNS


@dataclass(frozen=True)
class Grid:
    """One client's part of a matrix, turned so that it is higher than wide."""

    client: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    """By row and column."""


def grids(found: Matrix, most_columns: int = MOST_COLUMNS) -> list[Grid]:
    """A grid a client. Rows are configurations and columns faults; of many faults, rows are faults.

    A client with more columns than can be read beside each other has several.
    """
    return [part for client in found.clients for part in _parted(_of_what_ran(_grid(client, found)), most_columns)]


def _grid(client: str, found: Matrix) -> Grid:
    subjects = {f"{s.configuration}, RF {s.replication_factor}": s for s in found.subjects if s.client == client}
    cells = {
        (row, fault): found.cells[subject, fault]
        for row, subject in subjects.items()
        for fault in found.faults
        if (subject, fault) in found.cells
    }
    if not found.wide:
        return Grid(client, tuple(subjects), found.faults, cells)
    return Grid(client, found.faults, tuple(subjects), {(fault, row): cell for (row, fault), cell in cells.items()})


def _of_what_ran(grid: Grid) -> Grid:
    """Without rows and columns in which nothing ran, unless that is all; what was not run is told elsewhere."""
    ran = {at for at, cell in grid.cells.items() if cell.verdict is not None} or grid.cells.keys()
    return replace(
        grid,
        rows=tuple(row for row in grid.rows if any(row == at for at, _ in ran)),
        columns=tuple(column for column in grid.columns if any(column == at for _, at in ran)),
    )


def _parted(grid: Grid, most_columns: int) -> Iterator[Grid]:
    """As few as can be, of about as many columns each; without rows that have no cell there."""
    parts = -(-len(grid.columns) // most_columns)
    size = -(-len(grid.columns) // parts)
    for start in range(0, len(grid.columns), size):
        columns = grid.columns[start : start + size]
        rows = [row for row in grid.rows if any((row, column) in grid.cells for column in columns)]
        yield replace(grid, columns=columns, rows=tuple(rows))


def matrix(records: Sequence[TrialRecord], labels: Labels) -> Matrix:
    """Rows by client, replication factor and configuration; columns: no fault (performance trials) first."""
    cells: dict[tuple[Subject, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        cells[labels.subject(record), labels.fault(record)].append(record)
    return Matrix(
        subjects=tuple(sorted({subject for subject, _ in cells})),
        faults=tuple(sorted({fault for _, fault in cells}, key=lambda fault: (fault != WITHOUT_FAULT, fault))),
        cells={key: Cell(tuple(trials)) for key, trials in cells.items()},
    )


def verdict_of(trial: TrialRecord) -> Verdict:
    return trial.verdict or Verdict.UNKNOWN


def counted(trial: TrialRecord, anomaly: str) -> int | None:
    """How many of this anomaly the trial had; None if it cannot tell."""
    return getattr(trial.anomalies, anomaly, None)


def tells(trial: TrialRecord, number: int | None) -> bool:
    """Whether so many of an anomaly say anything: not None, and not 0 of a trial that came to nothing."""
    return number is not None and (number > 0 or verdict_of(trial) is not Verdict.UNKNOWN)


def not_kept(record: TrialRecord) -> dict[Anomaly, str]:
    """What went wrong in a trial that its guarantee is there to prevent, and no rule forbids: why it does not reach so
    far. Nothing of a trial that was broken.
    """
    if record.promise is None or verdict_of(record) is Verdict.BROKEN:
        return {}
    reasons = {each.anomaly: each.reason for each in record.expectations or ()}
    ruled_out = RULED_OUT.get((GUARANTEE in record.config, record.promise), ())
    return {anomaly: reasons.get(anomaly, "no rule is about it") for anomaly in ruled_out if counted(record, anomaly)}
