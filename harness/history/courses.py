"""The course of each figure from run to run, cut where the machine is another one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.compare.gauges import GAUGES, Gauge
from harness.compare.surroundings import ASPECTS, CLIENT_VERSION, ELIGIBLE
from harness.events import Metric
from harness.exports.series import Series, Watched
from harness.report.labels import Labels

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
    where: str
    """``machine 2``, where there are several; else empty."""
    points: tuple[Point, ...]

    @property
    def name(self) -> str:
        """No other course has it."""
        return ", ".join(filter(None, (self.trial, self.where)))

    @property
    def gauge(self) -> Gauge:
        return GAUGES[self.figure]

    @property
    def values(self) -> list[float]:
        return [point.value for point in self.points]


def courses(runs: Sequence[Watched]) -> list[Course]:
    """Those that these runs have, by trial and figure; runs are put in the order they were started in."""
    found: dict[tuple[str, Metric, str], list[tuple[str, Point]]] = defaultdict(list)
    for run in sorted(_named_alike(runs), key=lambda each: str(each.run.get("started"))):
        machine = "; ".join(", ".join(ASPECTS[aspect].says(run.run)) for aspect in _MACHINE)
        several = Counter((_key(each, _MAY_CHANGE), each.figure) for each in run.series)
        for each in run.series:
            key = _key(each, _MAY_CHANGE)
            if several[key, each.figure] > 1:  # versions side by side in one run are no course
                key = _key(each, frozenset())
            found[key, each.figure, machine].append((each.trial, _point(run, each)))
    machines = list(dict.fromkeys(machine for _, _, machine in found))
    return [
        Course(
            named[-1][0],
            figure,
            machine,
            f"machine {machines.index(machine) + 1}" if len(machines) > 1 else "",
            tuple(point for _, point in named),
        )
        for (_, figure, machine), named in found.items()
    ]


def figures_of(run_id: str, courses: Sequence[Course]) -> dict[str, float]:
    """What one run has, by the names of courses and figures."""
    return {
        f"{course.name}: {course.figure}": point.value
        for course in courses
        for point in course.points
        if point.run_id == run_id
    }


def _named_alike(runs: Sequence[Watched]) -> list[Watched]:
    """By names that tell apart what is different in any two of them, and not only in one; but versions, across which
    courses go on, where no run has several.
    """
    own = [Labels.of(run.records) for run in runs]
    labels = replace(
        Labels.of([record for run in runs for record in run.records]),
        versions=any(each.versions for each in own),
        upgraded=frozenset[str]().union(*(each.upgraded for each in own)),
    )
    return [run.named(labels) for run in runs]


def _key(series: Series, aside: frozenset[str]) -> str:
    parts = series.records[0].parts
    return repr(sorted((name, repr(value)) for name, value in parts.items() if name not in aside))


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
