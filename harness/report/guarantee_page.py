"""The page for a design review: one table of what each guarantee promised, what was seen of it, and what it cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.report import priced
from harness.report.blocks import Block, Document, Lines, Reference, Strong, Table, Text, Words, prose
from harness.report.costs import Cost
from harness.report.data import Data
from harness.report.evidence import Evidence, Found, NotKept, Tried
from harness.report.wording import UNSTEADY, span
from harness.words import ABSENT, count, listed, percent, plural, spaced

GUARANTEES = "guarantees"
"""Where the page is among the documents."""
_MEANS = {
    (False, "at-most-once"): "a message is not sent again: it may be missing",
    (False, "at-least-once"): "an acked message stays as long as its leader does (acks=1), or a replica in sync "
    "(acks=all); it may be there twice",
    (False, "once-per-session"): "each message once and in order, as long as the same producer lives",
    (False, "all-or-nothing"): "of a transaction a read_committed consumer sees all messages, each once, or none",
    (True, "at-most-once"): "an input may be skipped, and is not processed again",
    (True, "at-least-once"): "no input is skipped; one may be processed again",
    (True, "exactly-once"): "for a read_committed consumer no input is skipped or processed again",
}
_HEAD = (
    "Client",
    "Guarantee",
    "Configurations",
    "Seen",
    "Broken, of what was forbidden",
    "Where it does not reach",
    "Throughput",
    "End-to-end p99",
)


def page(data: Data) -> Document:
    """It says so where the run has nothing to say of any guarantee."""
    return Document(GUARANTEES, "What each guarantee is worth, and what it cost", tuple(_body(data)))


def _body(data: Data) -> Iterator[Block]:
    yield Text(Reference("report", "The whole report"))
    if not data.evidence:
        yield Text("No trial was judged by a guarantee.")
        return
    yield Text(
        prose(
            "*Seen* is over all trials that have counts, but those that came to nothing (*unknown*) and have none of "
            "it, in brackets in how many; what is seen and was not forbidden breaks nothing. *Broken* says of each "
            "fault what the rules forbid under it of what the guarantee is about, and in how many of the trials that "
            "were exercised anything forbidden happened. *≤* bounds, at 95 % "
            "confidence (Clopper-Pearson), in which share of such trials it would be broken, going by what was tried "
            "least: trials of different faults, loads or configurations are no repeats of each other. "
            "A bound is of this fault, this load and these brokers; it says nothing of a failure that was not tried. "
            "*Where it does not reach* has what the guarantee is there to prevent and happened all the same, in how "
            "many trials, and why no rule forbids it there."
        )
    )
    yield Text(_of_costs([cost for row in data.evidence for _, cost in row.costs]))
    yield Table(_HEAD, [_row(each) for each in data.evidence])


def _of_costs(costs: Sequence[Cost]) -> Words:
    if not costs:
        return "Nothing was measured of what they cost."
    loads = sorted({each.paced_load for each in costs if each.paced_load})
    at = f" at {listed(loads)}" if loads else ""
    unsteady = f" {UNSTEADY} Not steady: not to be relied on." if not all(each.steady for each in costs) else ""
    return (
        prose(
            "What it cost is throughput at `rate: max` (of messages that were acked, or committed where there are "
            f"transactions; of a pipeline its inputs) and p99 latency end to end{at}, from due to a consumer with "
            "isolation.level=read_committed. It is against the weakest guarantee of the same client, which is in "
            "italics with its own figures, with the same replicas, load and settings beside. These trials had no "
            "fault, and brokers with Kafka's own settings. "
        ),
        priced.how(),
        unsteady,
    )


def _row(row: Evidence) -> list[Words]:
    kind = "pipeline" if row.pipeline else "producer"
    means = _MEANS.get((row.pipeline, row.promises))
    return [
        row.client,
        Lines(((Strong(row.promises), f" ({kind})"), *([means] if means else []))),
        Lines(tuple(filter(None, (row.alike, *row.configurations)))),
        Lines(tuple(_found(each) for each in row.found)) if row.found else ABSENT,
        Lines(tuple(_tried(row))),
        Lines(tuple(map(_not_kept, row.not_kept))) if row.not_kept else ABSENT,
        _costs(row, "throughput"),
        _costs(row, "end-to-end p99"),
    ]


def _costs(row: Evidence, figure: str) -> Words:
    """A line a configuration, under its name where there are several."""
    lines = [(name, _cost(of, figure)) for name, of in row.costs]
    if len(lines) > 1:
        return Lines(tuple((f"{name}: ", words) for name, words in lines))
    return lines[0][1] if lines else ABSENT


def _cost(of: Cost, figure: str) -> Words:
    mark = "" if of.steady else f" {UNSTEADY}"
    return (priced.own(of, figure) if of.is_base else priced.said(of.ratios.get(figure)), mark)


def _found(found: Found) -> str:
    what = spaced(found.anomaly)
    if not found.shown:
        return f"{what} 0 (of {plural(found.looked, 'trial')})"
    return f"{what} {span(found.low, found.high)} ({found.shown} of {count(found.looked)})"


def _not_kept(each: NotKept) -> Words:
    under = ", ".join(f"{fault} ({count(shown)} of {count(trials)})" for fault, shown, trials in each.shown)
    return Strong(f"{spaced(each.anomaly)} under {under}"), f": {each.why}"


def _tried(row: Evidence) -> Iterator[Words]:
    """Faults of which the same was forbidden with the same outcome share a line, those with anything broken first."""
    alike: dict[tuple[object, ...], list[Tried]] = defaultdict(list)
    for each in sorted(row.tried, key=lambda each: (not each.broken, -len(each.forbidden), each.fault)):
        alike[each.forbidden, each.broken, each.trials, each.at_most].append(each)
    for same in alike.values():
        one, names = same[0], ", ".join(each.fault for each in same)
        outcome = f"{count(one.broken)} of {count(one.trials)}{' each' if len(same) > 1 else ''}"
        what = ", ".join(map(spaced, one.forbidden)) or "something else"
        line = f"{what} under {names}: {outcome} (≤ {percent(one.at_most)})"
        yield Strong(line) if one.broken else line
    if row.nothing_forbidden:
        under = (f"{fault} ({plural(trials, 'trial')})" for fault, trials in row.nothing_forbidden)
        yield f"nothing forbidden under {', '.join(under)}"
    if row.says_nothing:
        yield f"{plural(row.says_nothing, 'trial')} not exercised, or without data"
