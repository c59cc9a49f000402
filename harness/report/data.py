"""One run as its report sees it: its stored records, and what follows from them, worked out when first asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from harness.report.answer import Answer, answer
from harness.report.blocks import Section
from harness.report.costs import Costs, of_guarantees, of_replicas, of_steps
from harness.report.evidence import Evidence, evidence
from harness.report.labels import Labels
from harness.report.matrix import Matrix, matrix
from harness.report.performance import Performance, performances
from harness.store import Results, TrialRecord


class Told(Protocol):
    """What a report needs of a kind of trial (``harness.kinds``)."""

    def sections(self, data: Data) -> Iterable[Section]:
        """What it says of the trials of this kind; none if there are none."""


@dataclass(frozen=True)
class Data:
    """What documents, exports and charts are made from."""

    records: Sequence[TrialRecord]
    run: Mapping[str, Any] = field(default_factory=dict)
    """``run.json``, whatever is in it."""
    run_id: str = ""
    typed: str = ""
    """The run's folder, as a person types it in a shell."""

    @classmethod
    def of(cls, results: Results) -> Data:
        """Raises ``ResultsUnusable`` if records cannot be read."""
        run = results.run()
        run_id = str(run.get("run_id") or results.folder.resolve().name)
        return cls(results.records(), run, run_id, results.typed)

    @cached_property
    def labels(self) -> Labels:
        return Labels.of(self.records)

    @cached_property
    def measured(self) -> list[Performance]:
        return performances(self.records, self.labels)

    @cached_property
    def processed(self) -> list[Performance]:
        """The same of pipelines, whose figures are of their inputs."""
        return performances(self.records, self.labels, of_pipelines=True)

    @cached_property
    def evidence(self) -> list[Evidence]:
        rows = [row for measured in (self.measured, self.processed) for row in of_guarantees(measured).rows]
        return evidence(self.records, self.labels, {row.subject: row for row in reversed(rows)})

    @cached_property
    def costs(self) -> list[Costs]:
        """Of producers, in every manner in which any of them can be compared."""
        return [found for of in (of_guarantees, of_steps, of_replicas) if (found := of(self.measured))]

    @cached_property
    def matrix(self) -> Matrix:
        return matrix(self.records, self.labels)

    @cached_property
    def answer(self) -> Answer:
        return answer(self.records, self.labels, self.run)
