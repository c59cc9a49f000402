"""Every kind of trial: which trials it plans, how they are run, what they leave to read, what is measured of them, and
what the report says of them.

A kind is a module of this shape and a line in ``KINDS``. Keys of its own in a workload are a section there
(``harness.workload.trials``). No room below knows which kinds there are: each says what it needs of one.
``application`` is none: it is what two of them run.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from harness.kinds import fault, performance, pipeline, pipeline_performance, search
from harness.plan import Plans
from harness.report.data import Told
from harness.store import TrialRecord
from harness.trial import Conduct
from harness.verify import Readings


class Kind(Plans, Conduct, Told, Protocol):
    """What each module of this room offers."""

    def read(self, readings: Readings, record: TrialRecord, journals: Path) -> Readings:
        """The ``readings`` that every trial leaves, which are its producers' journals and the log, with what its own
        leave beside them.
        """

    def figures(self, record: TrialRecord, readings: Readings) -> Mapping[str, Any]:
        """What is measured of a trial that was completed: fields of its record. Its fault's events are on the trial's
        own clock by now, and its producers' errors decided.
        """


KINDS: dict[str, Kind] = {
    "performance": performance,
    "search": search,
    "pipeline-performance": pipeline_performance,
    "fault": fault,
    "pipeline": pipeline,
}
"""Each by what records call it, in the order that a plan has."""
