"""What a person sees while a sweep runs: one live line, and a line for each trial that ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from harness.events import Verdict
from harness.plan import Plan, Trial
from harness.store import TrialRecord
from harness.words import duration, plural

_SAID = ("lost", "duplicate", "reordered", "skipped", "redelivered")
"""The anomalies that a line has room for."""
_LOOK = {
    Verdict.KEPT: "green",
    Verdict.ALLOWED: "blue",
    Verdict.REPRODUCED: "cyan",
    Verdict.BROKEN: "bold red",
    Verdict.NOT_EXERCISED: "yellow",
    Verdict.UNKNOWN: "magenta",
}


class Terminal:
    """A ``harness.sweep.Watcher`` on a console. Without a terminal it prints plain lines and no live one.

    It counts the trials that are run. ``finished``: ids of those that an earlier session ran or skipped.
    """

    def __init__(self, console: Console, plan: Plan, finished: Collection[str]) -> None:
        self._console = console
        self._total = len(plan.runnable)
        self._left_s = {trial.id: trial.estimated_s for trial in plan.runnable if trial.id not in finished}
        self._number = self._total - len(self._left_s)
        self._now = "starting"
        self._trial: Trial | None = None
        self._pace = 1.0  # how much longer trials really take than planned
        self._progress = bars(console)
        self._task: TaskID | None = None
        self._download = download(self._progress)
        self._skipped = 0

    @contextmanager
    def live(self) -> Iterator[Terminal]:
        with self._progress:
            self._task = self._progress.add_task(self._now, total=self._total, completed=self._number, left="")
            yield self

    def fetching(self, done_bytes: int, total_bytes: int) -> None:
        self._download(done_bytes, total_bytes)

    def doing(self, what: str) -> None:
        self._now = what
        if not self._trial and not self._console.is_terminal:
            self._console.print(Text(what))
        self._show()

    def starts(self, trial: Trial) -> None:
        self._trial = trial
        if self._skipped:
            self._console.print(f"{plural(self._skipped, 'trial')} skipped; the report says why")
            self._skipped = 0
        self._show()

    def ended(self, record: TrialRecord) -> None:
        planned_s = self._left_s.pop(record.id, None)
        if planned_s and record.elapsed_s:
            self._pace += 0.1 * (record.elapsed_s / planned_s - self._pace)
        if record.status == "skipped":
            self._skipped += 1
        else:
            self._number += 1
            # Of a sweep against a base more rounds may follow, nobody knows how many.
            of = f"/{self._total}" if self._number <= self._total else ""
            self._console.print(Text(f"{self._number:4}{of}  ") + _line(record), soft_wrap=True)
        if self._trial is not None and self._trial.id == record.id:  # else the next one has started
            self._trial, self._now = None, ""
        self._show()

    def _show(self) -> None:
        if self._task is None:
            return
        left_s = sum(self._left_s.values()) * self._pace
        of = f" of {self._total}" if self._number < self._total else ""
        what = f"trial {self._number + 1}{of}: {self._trial.name} " if self._trial else ""
        self._progress.update(
            self._task, completed=self._number, description=f"{what}{self._now}", left=f"{duration(left_s)} left"
        )


def bars(console: Console) -> Progress:
    """Live lines, each with a bar, that leave nothing behind; none without a terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[left]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def download(progress: Progress) -> Callable[[int, int], None]:
    """Told of bytes done and in all, it shows a bar until they are equal, and one line then without a terminal."""
    task: TaskID | None = None

    def fetching(done_bytes: int, total_bytes: int) -> None:
        nonlocal task
        if task is None:
            task = progress.add_task("fetching Kafka", total=total_bytes, left="")
        progress.update(task, completed=done_bytes, left=f"{done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB")
        if done_bytes == total_bytes:
            progress.remove_task(task)
            task = None
            if not progress.console.is_terminal:
                progress.console.print(f"fetched Kafka: {total_bytes / 1e6:.0f} MB", highlight=False)

    return fetching


def _line(record: TrialRecord) -> Text:
    verdict = record.verdict or Verdict.UNKNOWN
    said = Text.assemble((f"{verdict:14}", _LOOK[verdict]), " ", record.name)
    figures = []
    if record.throughput:
        figures.append(f"{record.throughput.messages_per_s:,.0f} msg/s")
    if record.latency_ms and not record.with_fault:
        figures.append(f"p99 {record.latency_ms.p99:,.1f} ms")
    if record.anomalies:
        counts = record.anomalies.model_dump()
        figures += [f"{counts[name]} {name}" for name in _SAID if counts[name]]
    if record.reason:
        figures.append(record.reason)
    return said.append(f"  {', '.join(figures)}", "dim") if figures else said
