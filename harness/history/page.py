"""A history as a page and its charts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from harness.events import Metric
from harness.history.changes import Change, changes
from harness.history.courses import Course, Point
from harness.report.blocks import Block, Bullets, Code, Document, Strong, Table, Text, Words, section
from harness.report.blocks import Figure as Chart
from harness.report.charts.drawing import Drawing
from harness.report.charts.style import COLOURS, MARKERS, blank
from harness.report.files import slug
from harness.words import plural, times

_LONG = 2  # runs that make a course
Changed = Mapping[Course, Sequence[Change]]


def changed(courses: Sequence[Course]) -> dict[Course, list[Change]]:
    """The changes of each course of several runs."""
    return {course: changes(course.values) for course in courses if len(course.points) >= _LONG}


def page(found: Changed, runs: int, passed_over: Sequence[str]) -> Document:
    """``passed_over``: folders that are no runs, each with why."""
    return Document("history", f"History of {plural(runs, 'run')}", tuple(_body(found, passed_over)))


def _body(found: Changed, passed_over: Sequence[str]) -> Iterator[Block]:
    machines = dict(sorted((course.where, course.machine) for course in found))
    told = [(course, change) for course, its in found.items() for change in its]
    yield Text(
        (
            Strong(f"{plural(len(told), 'change')} in {plural(len(found), 'course')}."),
            " A change is by 5 % at least, and of a thousand courses that have none one may be said to have one "
            "(E-divisive, Student's test). It says since when, not why: for that run both sides in turn, with ",
            Code("harness sweep --against"),
            ".",
        )
    )
    if not found:
        yield Text("No figure was measured in two runs on one machine.")
    if len(machines) > 1:
        yield Text("Courses are cut where the machine, its kernel, Java or the image of the brokers is another:")
        yield Bullets([f"{where}: {machine}" for where, machine in machines.items()])
    if told:
        yield Table(
            ("Trial", "Figure", "Since", "Commit", "With", "Before", "After", "Ratio"), [_row(*each) for each in told]
        )
    for figure in dict.fromkeys(course.figure for course in found):
        yield from section(figure[0].upper() + figure[1:], Chart(_says(figure, found), *_files(figure)))
    if passed_over:
        yield from section("Passed over", Bullets(list(passed_over)))


def _row(course: Course, change: Change) -> list[Words]:
    first = course.points[change.at]
    return [
        course.name,
        course.figure,
        first.run_id,
        (first.commit or "")[:12],
        first.versions,
        _said(change.before),
        _said(change.after),
        times(change.ratio),
    ]


def _said(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.4g}"


def _says(figure: str, found: Changed) -> str:
    lines = [course for course in found if course.figure == figure]
    said = f"{figure} of {plural(len(lines), 'trial')} from run to run"
    return f"{said}; changes are marked, and are in the table above" if any(found[course] for course in lines) else said


def _files(figure: str) -> tuple[str, str]:
    name = slug("history", figure)
    return f"charts/{name}.png", f"charts/{name}.svg"


def drawings(found: Changed) -> list[Drawing]:
    """A figure each, a panel a trial and machine."""
    figures = dict.fromkeys(course.figure for course in found)
    return [
        Drawing(slug("history", figure), figure, _says(figure, found), partial(_drawn, figure, found))
        for figure in figures
    ]


def _drawn(figure: Metric, found: Changed) -> Figure:
    lines = [(course, its) for course, its in found.items() if course.figure == figure]
    drawn = blank(1.9 * len(lines) + 0.6)
    drawn.suptitle(figure)
    for number, (panel, (course, its)) in enumerate(
        zip(drawn.subplots(len(lines), 1, squeeze=False)[:, 0], lines, strict=True)
    ):
        at = range(len(course.points))
        colour = COLOURS[number % len(COLOURS)]
        panel.fill_between(at, [p.low for p in course.points], [p.high for p in course.points], color=colour, alpha=0.2)
        panel.plot(at, course.values, color=colour, marker=MARKERS[0], markersize=4)
        for change in its:
            panel.axvline(change.at - 0.5, color="0.3", linestyle="--", linewidth=1)
        panel.set_title(course.name, loc="left")
        panel.set_ylim(bottom=0)
        panel.set_ylabel(lines[0][0].gauge.unit)
        panel.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _said(value)))
        panel.set_xticks(list(at), [_tick(point) for point in course.points], rotation=45, ha="right")
    return drawn


def _tick(point: Point) -> str:
    """The commit, for that is what somebody looks for; else when."""
    return point.commit[:7] if point.commit else point.started[:10]
