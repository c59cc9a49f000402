"""The course of each figure from run to run, cut where the machine is another one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from harness.compare.gauges import GAUGES, Gauge
from harness.compare.surroundings import ASPECTS, CLIENT_VERSION, ELIGIBLE
from harness.events import Metric
from harness.exports.series import Series, Watched

_MACHINE = ("machine", "cluster", "java")
"""Across what no figure is compared: the aspects of a run that are the place where it was made."""
_MAY_CHANGE = frozenset({"kafka", CLIENT_VERSION, ELIGIBLE})
"""Of what tells trials apart that which a course goes on across: what is looked for comes with a new version."""


@dataclass(frozen=True)
class Point:
    """What one run had."""

    run_id: str
    started: str
    commit: str | None
    """Of the harness."""
    versions: str
    """Of Kafka and of the client."""
    value: float
    """The median of its repeats."""
    low: float
    high: float


@dataclass(frozen=True)
class Course:
    """One figure of one configuration on one machine, in the order of the runs."""

    trial: str
    figure: Metric
    machine: str
    points: tuple[Point, ...]

    @property
    def gauge(self) -> Gauge:
        return GAUGES[self.figure]

    @property
    def values(self) -> list[float]:
        return [point.value for point in self.points]


def courses(runs: Sequence[Watched]) -> list[Course]:
    """Those that these runs have, by trial and figure; runs are put in the order they were started in."""
    found: dict[tuple[str, Metric, str], list[tuple[str, Point]]] = defaultdict(list)
    for run in sorted(runs, key=lambda each: str(each.run.get("started"))):
        machine = "; ".join(", ".join(ASPECTS[aspect].says(run.run)) for aspect in _MACHINE)
        for each in run.series:
            found[_key(each), each.figure, machine].append((each.trial, _point(run, each)))
    return [
        Course(named[-1][0], figure, machine, tuple(point for _, point in named))
        for (_, figure, machine), named in found.items()
    ]


def _key(series: Series) -> str:
    parts = series.records[0].parts
    return repr(sorted((name, repr(value)) for name, value in parts.items() if name not in _MAY_CHANGE))


def _point(run: Watched, series: Series) -> Point:
    git, record = run.run.get("git") or {}, series.records[0]
    return Point(
        run_id=str(run.run.get("run_id")),
        started=str(run.run.get("started")),
        commit=git.get("commit"),
        versions=f"Kafka {record.kafka}, {record.client} {record.client_version or ''}".rstrip(),
        value=series.median,
        low=min(series.values),
        high=max(series.values),
    )
