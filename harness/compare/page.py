"""A comparison as a page, short enough for a comment on a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum

from harness.compare.changes import Change, Changed
from harness.compare.comparison import Comparison
from harness.compare.estimate import MARGIN
from harness.compare.figures import LEVEL, Answer, Compared
from harness.compare.gauges import GAUGES, Gauge
from harness.report.blocks import Block, Code, Details, Document, Strong, Table, Text, Words
from harness.report.matrix import Cell
from harness.report.wording import Spread
from harness.words import ABSENT, extent, listed, percent, plural, times

_QUIET = (Answer.NO_DIFFERENCE, Answer.NEW)
_FIGURES = ("Trial", "Figure", "Answer", "Base", "New", "New to base", "")


def page(comparison: Comparison, base: str, new: str) -> Document:
    """``base`` and ``new`` are what was compared, in a word or two."""
    return Document("comparison", (Code(new), " against ", Code(base)), tuple(_body(comparison)))


def _body(comparison: Comparison) -> Iterator[Block]:
    yield Text(_summary(comparison))
    if comparison.differ:
        yield Text(
            "They were made in turn, with:"
            if comparison.paired
            else "They were compared although they differ, as was asked for; what changed may be that:"
        )
        yield Table(("What", "Base", "New"), [[what, *both] for what, both in comparison.differ.items()])
    if changed := [each for each in comparison.guarantees if each.change is not Change.SAME]:
        yield Table(("Trial", "Change", "Base", "New"), [_changed(each) for each in changed])
    if not comparison.figures:
        return
    if loud := [each for each in comparison.figures if each.answer not in _QUIET]:
        yield Table(_FIGURES, [_figure(each) for each in loud])
    if quiet := [each for each in comparison.figures if each.answer in _QUIET]:
        rows = Table(_FIGURES, [_figure(each) for each in quiet])
        yield Details(f"{plural(len(quiet), 'figure')} without a difference that matters", (rows,))
    yield Text(_manner(comparison))


def _summary(comparison: Comparison) -> Words:
    said = []
    if comparison.guarantees:
        changed = _times(Change, [each.change for each in comparison.guarantees])
        said.append(f"{plural(len(comparison.guarantees), 'trial')}: {changed}.")
    if not comparison.compared:
        said.append("No trial ran in both.")
    if comparison.left:
        said.append(f"{plural(comparison.left, 'trial')} that had to run did not.")
    gating, others = ([each.answer for each in comparison.figures if each.gates is gates] for gates in (True, False))
    if gating:
        said.append(f"{plural(len(gating), 'figure')}: {_times(Answer, gating)}.")
    if others:
        said.append(
            f"{'Listed, and gating nothing' if gating else 'No figure gates; listed'}: {_times(Answer, others)}."
        )
    outcome = str(comparison.outcome)
    return (Strong(f"{outcome[0].upper()}{outcome[1:]}."), f" {' '.join(said)}")


def _times(words: type[Change] | type[Answer], said: Sequence[StrEnum]) -> str:
    """How often each, the worst first."""
    return listed(f"{often} {word}" for word in words if (often := said.count(word)))


def _changed(each: Changed) -> list[Words]:
    return [each.trial.row, Strong(each.change), _said(Cell(each.trial.base)), _said(Cell(each.trial.new))]


def _said(cell: Cell) -> str:
    """``reproduced 3 of 3: dup 250``."""
    if cell.verdict is None:
        return ABSENT
    verdict = " ".join(filter(None, (str(cell.verdict), cell.agreement)))
    return ": ".join(filter(None, (verdict, ", ".join(cell.counts))))


def _figure(each: Compared) -> list[Words]:
    answer: Words = str(each.answer) if each.answer in _QUIET else Strong(each.answer)
    called = f"{each.figure}, {each.gauge.unit}"
    return [each.trial.row, called, answer, _spread(each.base), _spread(each.new), _ratio(each), why(each)]


def _spread(spread: Spread | None) -> str:
    return ABSENT if spread is None else f"{spread.median:,.4g}" if spread.median < 1_000 else f"{spread.median:,.0f}"


def _ratio(each: Compared) -> str:
    """``0.79x (0.74x to 0.83x)``."""
    if each.estimate is None:
        return ABSENT
    middle, low, high = each.ratio
    return times(middle) if low is None or high is None else f"{times(middle)} ({extent(low, high)})"


def why(each: Compared) -> str:
    """What there is to say behind an answer; empty where it says all."""
    repeats = each.estimate.repeats if each.estimate else 0
    if each.answer is Answer.MISSING:
        before, now = (spread.repeats if spread else 0 for spread in (each.base, each.new))
        these, those = len(each.trial.new), len(each.trial.base)
        return f"measured in {now} of {plural(these, 'repeat')}, and in {before} of {those} of the base's"
    listed_only = "" if each.gates else "does not gate"
    if each.answer not in (Answer.CANNOT_TELL, Answer.ENVIRONMENT):
        return listed_only
    another_machine = each.work_ms is not None and not each.paired
    untold = "" if another_machine else _untold(each, repeats)
    return "; ".join(filter(None, (untold, _machine(each), listed_only)))


def _untold(each: Compared, repeats: int) -> str:
    if each.estimate is None:
        return "no repeat has both"
    if each.could_see is None:
        return f"{plural(repeats, 'repeat')} can show nothing"
    assert each.repeats_to_tell is not None  # as there is what could be seen
    more = f"about {_rounded(each.repeats_to_tell)} repeats would tell"
    if each.could_see <= each.gauge.seen:
        return f"what matters is neither borne out nor ruled out, {more}"
    return f"could only have seen {_worse(each.gauge, each.could_see)}, {more}"


def _rounded(repeats: int) -> str:
    """What is far from what was run is no more than an order of magnitude."""
    return str(repeats) if repeats < 100 else f"{float(f'{repeats:.1g}'):,.0f}"


def _machine(each: Compared) -> str:
    if not each.work_ms:
        return ""
    low, high = each.work_ms
    now = "at other times" if each.paired else "for the new run"
    return f"a fixed piece of work took the machine {low:.1f} ms, and {high:.1f} ms {now}"


def _worse(gauge: Gauge, times_worse: float) -> str:
    return f"+{percent(times_worse - 1)}" if gauge.more_is_worse else f"-{percent(1 - 1 / times_worse)}"


def _manner(comparison: Comparison) -> str:
    manner = (
        "Both were measured in turn, and ratios are of pairs (Wilcoxon's signed ranks)."
        if comparison.paired
        else "The runs were made one after the other, and ratios are of their means (Welch's test on logarithms)."
    )
    if comparison.advisory:
        manner += " They are advice here, for the runs were made with something else."
    there = {each.figure for each in comparison.figures}
    gauges = {figure: gauge for figure, gauge in GAUGES.items() if figure in there}
    enough = [f"{figure} {_worse(gauge, gauge.beyond)}" for figure, gauge in gauges.items()]
    ruled_out = [f"{figure} {_worse(gauge, gauge.seen)}" for figure, gauge in gauges.items()]
    manner += (
        f" Regressed is what is worse by more than {percent(MARGIN - 1)} by its one-sided bound, at a level of "
        f"{100 * comparison.level:g} % for all figures that gate together, and by its estimate so much that it "
        f"matters: {listed(enough)}. Of what is called no difference the bounds, at {percent(LEVEL)}, leave no room "
        f"for {listed(ruled_out)}, nor for as much the other way."
    )
    if all(each.gates for each in comparison.figures):
        return manner
    return f"{manner} Of those that gate nothing one in a hundred that are called so may not be."
