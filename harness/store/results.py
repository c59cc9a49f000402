"""The results folder: what is in it, written so that a crash loses no finished trial. Format 3 is a contract,
and formats 1 and 2 are still read.

::

    results/<run-id>/run.json      the run: versions, machine, the resolved workload, every start and the end
                     trials.jsonl  one line a trial, appended and fsynced as each ends
                     trials.csv    the same, flat          summary.json
                     latency.hlog  all distributions       hgrm/*.hgrm
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
from typing import Any

from pydantic import BaseModel, ValidationError

from harness import folders
from harness.events import FORMAT
from harness.store.records import TrialRecord
from harness.words import listed


class _Run(BaseModel):
    """What is relied on of a ``run.json``, as far as it is there."""

    format: int
    run_id: str = ""
    started: str = ""
    kafka: list[str] | None = None
    clients: dict[str, Any] | None = None
    starts: list[dict[str, Any]] | None = None
    cpu: dict[str, Any] | None = None
    memory_gb: float | None = None
    git: dict[str, Any] | None = None
    cluster: dict[str, Any] | None = None
    workload: dict[str, Any] | None = None
    against: dict[str, Any] | None = None
    profiles: dict[str, Any] | None = None
    planned: int | None = None
    refused: list[dict[str, Any]] | None = None
    notes: list[str] | None = None


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
            arms = [str(folder / side) for side in ("base", "new") if (folder / side / "run.json").is_file()]
            hint = f"; there are {listed(arms)}" if arms else ""
            raise ResultsUnusable(f"{folder} is not a results folder: it has no run.json{hint}")
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
        try:
            _Run.model_validate(run)
        except ValidationError as error:
            wrong = error.errors()[0]
            place = ".".join(map(str, wrong["loc"]))
            raise ResultsUnusable(f"{path} is damaged: {place}: {wrong['msg']}") from error
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
