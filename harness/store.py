"""The results folder: what is in it, written so that a crash loses no finished trial. Format 2 is a contract,
and format 1 is still read.

::

    results/<run-id>/run.json      the run: versions, machine, the resolved workload, every start and the end
                     trials.jsonl  one line a trial, appended and fsynced as each ends
                     trials.csv    the same, flat          summary.json
                     report.md     charts/*.png + *.svg    journals/<trial>.*.parquet
                     logs/<trial>/<node>.log               what the nodes said, of trials that were not kept

Nothing in it is a link: such folders are passed on, and what is written or removed in one is so nowhere else.
"""

from __future__ import annotations

import fcntl
import glob
import json
import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness import folders
from harness.events import FORMAT, INFORMATION, Permission, Verdict


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class FaultRecord(_Record):
    """What the fault of a trial was and did. ``start_s`` and ``end_s`` count from the trial's first due message."""

    name: str
    parameters: dict[str, Any] = {}
    replaced: dict[str, Any] = {}
    """Settings of the trial that the fault brought with it, each with what it would be without; null: not stated."""
    loads: dict[str, dict[str, Any]] = {}
    """The load under which each part really ran, by its name: ``messages``, ``rate`` in messages a second (null: as
    fast as it goes) and ``flush_every`` (null: no flush). Parts at once share one, whatever their parameters say.
    """
    seed: int | None = None
    """By which all that was left to chance was drawn, where a part's parameters have no seed of their own."""
    fired: bool = False
    start_s: float | None = None
    end_s: float | None = None
    events: list[dict[str, Any]] = []
    """What it did and saw, in order: ``{"at_s": ..., "what": ..., ...evidence}``."""


class Counts(_Record):
    sent: int
    acked: int
    failed: int
    unknown: int
    unconfirmed: int
    in_log: int
    """Records found in the log, copies and all."""


class Anomalies(_Record):
    """Null where the trial cannot tell: transactions and pipelines in trials that have none, and whatever nobody looked
    for when it was judged.
    """

    lost: int | None = None
    duplicate: int | None = None
    reordered: int | None = None
    unknown_landed: int | None = None
    unknown_absent: int | None = None
    failed_landed: int | None = None
    unexpected: int | None = None
    misplaced: int | None = None
    unreported: int | None = None
    aborted_visible: int | None = None
    torn_transaction: int | None = None
    hung_transaction: int | None = None
    redelivered: int | None = None
    skipped: int | None = None


class Throughput(_Record):
    """Acked (acks=0: unconfirmed) messages over the measured span, and megabytes (10^6) of their values."""

    messages_per_s: float
    mb_per_s: float
    span_s: float
    steady: bool | None = None
    """Whether the first and the second half of the span agree within 20 %: false says the trial was too short."""


class Percentiles(_Record):
    """Milliseconds."""

    p50: float
    p90: float
    p95: float
    p99: float
    p99_9: float = Field(alias="p99.9")
    max: float
    mean: float
    count: int
    hdr: str | None = None
    """The whole distribution: an HdrHistogram V2, base64, of microseconds, 3 significant digits."""


class Availability(_Record):
    longest_gap_s: float | None
    recovery_s: float | None


class Expectation(_Record):
    """What one rule says of one anomaly in this trial, why, and who says so."""

    anomaly: str
    permission: Permission
    reason: str
    source: str


class TrialRecord(_Record):
    """A line of trials.jsonl."""

    format: int = FORMAT
    id: str
    name: str
    kind: Literal["performance", "fault", "pipeline"]
    repeat: int
    kafka: str
    cluster_profile: Literal["fault", "performance"] | None = None
    client: str
    client_version: str | None = None
    config: dict[str, Any]
    """Dotted names, with ``replication.factor``, ``min.insync.replicas`` and ``partitions``."""
    effective: dict[str, Any] | None = None
    """What the client really ran with, as far as it lets anybody see, and the ``min.insync.replicas`` in effect."""
    load: dict[str, Any]
    fault: FaultRecord
    status: Literal["completed", "failed", "skipped", "interrupted"]
    reason: str | None = None
    started: str | None = None
    """Wall clock, ISO 8601 with zone."""
    elapsed_s: float | None = None
    counts: Counts | None = None
    anomalies: Anomalies | None = None
    witnesses: dict[str, list[dict[str, Any]]] | None = None
    """The first ten of each anomaly: producer, sequence, partition, offsets, outcome, error."""
    errors: dict[str, int] | None = None
    """Client error classes by how many messages ended with each."""
    throughput: Throughput | None = None
    latency_ms: Percentiles | None = None
    service_ms: Percentiles | None = None
    end_to_end_ms: Percentiles | None = None
    gave_up_ms: Percentiles | None = None
    """From due to the report, of messages that the client reported as failed or unknown."""
    availability: Availability | None = None
    ack_rate: list[list[float]] | None = None
    """Acks over time: [seconds from the first due message (bin start), messages/s], bins of ``ack_rate_bin_s``."""
    ack_rate_bin_s: float | None = None
    error_rate: list[list[float]] | None = None
    """Messages that ended as failed or unknown over time, in the same bins."""
    client_cpu_s: float | None = None
    promise: str | None = None
    """The guarantee this configuration claims: at-most-once, at-least-once or once-per-session."""
    observed: str | None = None
    """What its data fits: once, at-least-once, at-most-once or none."""
    verdict: Verdict | None = None
    verdict_reason: str | None = None
    expectations: list[Expectation] | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, record: Any) -> Any:
        """Format 1 called *kept* what is *allowed*, and *exactly-once* what is so in one producer session."""
        if not isinstance(record, dict) or record.get("format") != 1:
            return record
        wrong = {name for name, count in (record.get("anomalies") or {}).items() if count} - INFORMATION
        now = {"promise": {"exactly-once": "once-per-session"}, "observed": {"exactly-once": "once"}}
        now["verdict"] = {"kept": "allowed"} if wrong else {}
        return record | {name: now[name].get(record[name], record[name]) for name in now.keys() & record.keys()}


class ResultsUnusable(Exception):
    """The folder is no results folder, or one this harness cannot read; the message says which and what to do."""


class Results:
    """One results folder. Everything written to it is on the disk when the call returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journals = folder / "journals"
        self.logs = folder / "logs"

    @classmethod
    def create(cls, folder: Path, run: dict[str, Any]) -> Results:
        """A new folder with its ``run.json``. Raises ``FileExistsError`` if somebody else has just made it."""
        results = cls(folder)
        folder.mkdir(parents=True)
        results.journals.mkdir()
        results.save_run(run)
        for parent in folder.absolute().parents[:2]:  # the folder of all results may be new as well
            folders.sync(parent)
        return results

    @classmethod
    def open(cls, folder: Path) -> Results:
        """An existing folder. Raises ``ResultsUnusable``."""
        results = cls(folder)
        if not (folder / "run.json").is_file():
            raise ResultsUnusable(f"{folder} is not a results folder: it has no run.json")
        for link in folders.links(folder):
            raise ResultsUnusable(f"{link} is a link, which no results folder has: what it leads to is left alone")
        results.run()
        return results

    @property
    def typed(self) -> str:
        """The folder as a person types it behind a command in a shell."""
        path = str(self.folder)
        return shlex.quote(f"./{path}" if path.startswith("-") else path)

    def run(self) -> dict[str, Any]:
        """What ``run.json`` says. Raises ``ResultsUnusable`` for another format than this harness knows."""
        path = self.folder / "run.json"
        try:
            run = json.loads(path.read_bytes())
            written = int(run["format"])
        except (KeyError, TypeError, ValueError) as error:
            raise ResultsUnusable(f"{path} is damaged: {error!r}") from error
        if written > FORMAT:
            raise self._newer(written)
        return dict(run)

    def save_run(self, run: dict[str, Any]) -> None:
        partial = self.folder / "run.json.partial"
        with partial.open("w", encoding="utf-8") as file:
            json.dump(run, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.folder / "run.json")
        folders.sync(self.folder)

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Nobody else runs this run meanwhile. Raises ``ResultsUnusable`` if somebody does; a crash leaves no claim."""
        with (self.folder / "trials.jsonl").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise ResultsUnusable(f"{self.folder} is being run by another harness") from error
            yield

    def append(self, record: TrialRecord) -> None:
        """Adds a finished trial for good; its journals are on the disk before it is said that there are any."""
        for journal in self.journals.glob(f"{glob.escape(record.id)}.*"):
            with journal.open("rb") as file:
                os.fsync(file.fileno())
        folders.sync(self.journals)
        with (self.folder / "trials.jsonl").open("ab") as file:
            file.write(record.model_dump_json(by_alias=True).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        folders.sync(self.folder)

    def records(self) -> list[TrialRecord]:
        """Every finished trial, each once: of a trial that was run again, the later record counts."""
        return list({record.id: record for record in self._lines()}.values())

    def mend(self) -> None:
        """Drops what a crash left of a line half written, so that the next one starts on a line of its own."""
        path = self.folder / "trials.jsonl"
        if path.exists():
            text = path.read_bytes()
            whole = text.rfind(b"\n") + 1
            if whole < len(text):
                os.truncate(path, whole)

    def _lines(self) -> Iterator[TrialRecord]:
        path = self.folder / "trials.jsonl"
        if not path.exists():
            return
        # The piece after the last line's end is empty, or a line that a crash cut off: that trial did not finish.
        for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
            try:
                record = TrialRecord.model_validate_json(line)
            except ValidationError as error:
                if (written := _format(line)) > FORMAT:
                    raise self._newer(written) from error
                raise ResultsUnusable(f"{path}:{number} is damaged: {error.errors()[0]['msg']}") from error
            if record.format > FORMAT:
                raise self._newer(record.format)
            yield record

    def _newer(self, written: int) -> ResultsUnusable:
        return ResultsUnusable(
            f"{self.folder} has results of format {written}; this harness reads up to {FORMAT}: use a newer one"
        )


def _format(line: bytes) -> int:
    """That of a record which is none that this harness knows; 0 if it says none."""
    with suppress(KeyError, TypeError, ValueError):
        return int(json.loads(line)["format"])
    return 0
