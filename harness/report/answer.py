"""The answer a report leads with, from its records: what was broken, what went wrong where, and what it cost."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.events import Anomaly, Verdict
from harness.report.labels import NO_FAULT, Configuration, Labels
from harness.report.markdown import escape
from harness.report.matrix import WRONG, counted, verdict_of, word
from harness.report.performance import Cost, Costs, costs, performances
from harness.report.wording import listed, plural, ratio, span
from harness.store import TrialRecord

_IN_ONE_SENTENCE = 4
_DONE_TO = {Anomaly.LOST: "lost", Anomaly.DUPLICATE: "duplicated", Anomaly.REORDERED: "reordered"}


@dataclass(frozen=True)
class Promise:
    """One configuration over all its clients, replication factors, faults, loads and repeats."""

    configuration: Configuration
    promises: str
    """The guarantee it claims; empty if no trial of it was judged."""
    verdicts: Mapping[Verdict, int]
    looked: int
    """How many of its trials have counts."""
    happened: tuple[str, ...]
    """For each fault under which anything went wrong, what and how often."""


@dataclass(frozen=True)
class Answer:
    """What a report says first."""

    broken: tuple[str, ...]
    """One Markdown sentence for each trial that broke its promise."""
    sentences: tuple[str, ...]
    """The paragraph, in Markdown."""
    promises: tuple[Promise, ...]
    costs: Costs | None


def answer(records: Sequence[TrialRecord], labels: Labels, run: Mapping[str, Any]) -> Answer:
    """The answer. Says of everything that is missing that it is missing."""
    cost = costs(performances(records, labels))
    sentences = [_standing(records)]
    if records:
        sentences += [*_wrong(records, labels), *_clean(records, labels), *_price(cost), _certainty(records)]
    sentences += _missing(records, run)
    return Answer(
        broken=tuple(_broken(records, labels)),
        sentences=tuple(sentences),
        promises=tuple(_promises(records, labels)),
        costs=cost,
    )


def at_most(trials: int) -> float:
    """When none of so many trials showed a thing: its highest probability a trial that 95 % confidence leaves.

    Clopper and Pearson's exact bound, one-sided, for none of n.
    """
    return float(1 - 0.05 ** (1 / trials))


def judged(records: Sequence[TrialRecord]) -> Counter[Verdict]:
    """Verdicts of all trials but the skipped ones."""
    return Counter(verdict_of(record) for record in records if record.status != "skipped")


def _standing(records: Sequence[TrialRecord]) -> str:
    if not records:
        return "No trial has ended, so there is nothing to report yet."
    verdicts = judged(records)
    told = verdicts[Verdict.KEPT] + verdicts[Verdict.REPRODUCED] + verdicts[Verdict.BROKEN]
    rest = [
        f"{number:,} {what}"
        for number, what in (
            (verdicts[Verdict.KEPT], "kept their promise"),
            (verdicts[Verdict.REPRODUCED], "reproduced the anomaly that was expected of them"),
            (verdicts[Verdict.NOT_EXERCISED], "did not exercise what they were for"),
            (verdicts[Verdict.UNKNOWN], "unknown"),
            (sum(record.status == "skipped" for record in records), "skipped"),
        )
        if number
    ]
    if verdicts[Verdict.BROKEN]:
        lead = f"**BROKEN: {verdicts[Verdict.BROKEN]:,} of {plural(told, 'judged trial')} broke a promise**"
        return f"{lead}; {listed(rest)}." if rest else f"{lead}."
    lead = "**No promise was broken**" if told else "**Nothing could be judged**"
    return f"{lead} in {plural(len(records), 'trial')}: {listed(rest)}."


def _broken(records: Sequence[TrialRecord], labels: Labels) -> Iterator[str]:
    for record in sorted(records, key=labels.subject):
        if record.verdict is Verdict.BROKEN:
            repeat = f", repeat {record.repeat}" if record.repeat > 1 else ""
            found = [f"{word(anomaly)} {number:,}" for anomaly in WRONG if (number := counted(record, anomaly))]
            why = escape(record.verdict_reason or "no reason was recorded")
            yield f"**BROKEN: {escape(labels.row(record))}{repeat}: {', '.join(found) or 'no count'}**. {why}"


def _wrong(records: Sequence[TrialRecord], labels: Labels) -> Iterator[str]:
    """One sentence an anomaly: which configurations, under which faults, how many messages."""
    for anomaly in WRONG:
        extents = _extents(records, labels, anomaly)
        where = [
            f"{escape(str(configuration))} ({listed([f'{span(*extent)} in {fault}' for fault, extent in faults.items()])})"
            for configuration, faults in sorted(extents.items())
        ]
        if where:
            done = _DONE_TO.get(anomaly)
            what = f"Messages were **{done}**" if done else f"**{word(anomaly).capitalize()}** was found"
            yield f"{what} with {listed(where, _IN_ONE_SENTENCE)}."


def _extents(
    records: Sequence[TrialRecord], labels: Labels, anomaly: Anomaly
) -> dict[Configuration, dict[str, tuple[int, int]]]:
    counts: dict[Configuration, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for record in sorted(records, key=labels.fault):
        if number := counted(record, anomaly):
            counts[labels.configuration(record)][labels.fault(record)].append(number)
    return {
        configuration: {fault: (min(numbers), max(numbers)) for fault, numbers in faults.items()}
        for configuration, faults in counts.items()
    }


def _clean(records: Sequence[TrialRecord], labels: Labels) -> Iterator[str]:
    """Configurations that went through faults with nothing wrong, and how little that proves."""
    trials: Counter[Configuration] = Counter()
    stained = set()
    for record in records:
        configuration = labels.configuration(record)
        if any(counted(record, anomaly) for anomaly in WRONG):
            stained.add(configuration)
        elif record.kind != "performance" and record.verdict is Verdict.KEPT:
            trials[configuration] += 1
    clean = [
        f"{escape(str(configuration))} (0 of {plural(number, 'trial')}, so at most {at_most(number):.0%} of such "
        "trials at 95 % confidence)"
        for configuration, number in sorted(trials.items())
        if configuration not in stained
    ]
    if clean:
        yield f"Nothing at all went wrong under faults with {listed(clean, _IN_ONE_SENTENCE)}."


def _price(cost: Costs | None) -> Iterator[str]:
    """What the strongest configuration costs with the most replicas, a client at a time."""
    dear = [row for row in cost.rows if not row.is_baseline and (row.throughput_ratio or row.p99_ratio)] if cost else []
    if cost is None or not dear:
        return
    strongest = max((row.subject.replication_factor, row.subject.configuration) for row in dear)
    rows = [row for row in dear if (row.subject.replication_factor, row.subject.configuration) == strongest]
    parts = [
        f"{listed([f'{ratio(getattr(row, which))} ({_who(row, rows)})' for row in rows if getattr(row, which)])} {what}"
        for which, what in (("throughput_ratio", "the throughput"), ("p99_ratio", "the p99 latency"))
        if any(getattr(row, which) for row in rows)
    ]
    yield f"At RF {strongest[0]}, {escape(str(strongest[1]))} had {' and '.join(parts)} of {cost.against}."


def _who(row: Cost, rows: Sequence[Cost]) -> str:
    sizes = len({each.message_size for each in rows}) > 1
    return row.subject.client + (f", {row.message_size} B" if sizes else "")


def _certainty(records: Sequence[TrialRecord]) -> str:
    repeats = max(record.repeat for record in records)
    if repeats == 1:
        return "Every trial ran once: no figure here has an interval, and small differences mean nothing."
    return f"Trials ran up to {repeats} times; figures are medians of the repeats."


def _missing(records: Sequence[TrialRecord], run: Mapping[str, Any]) -> Iterator[str]:
    planned = run.get("planned")
    not_run = int(planned) - len(records) if planned is not None else 0
    if not_run > 0:
        yield f"**The run is not complete: {not_run:,} of {plural(int(planned or 0), 'planned trial')} did not run.**"
    elif not run.get("ended"):
        yield "The run has no end on record."
    if records and not any(record.kind == "performance" for record in records):
        yield "No performance was measured."
    if records and all(record.kind == "performance" for record in records):
        yield "No fault was injected, so nothing here says what a failure would do."


def _promises(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Promise]:
    by_configuration: dict[Configuration, list[TrialRecord]] = defaultdict(list)
    for record in records:
        by_configuration[labels.configuration(record)].append(record)
    for configuration, trials in sorted(by_configuration.items()):
        yield Promise(
            configuration=configuration,
            promises=" / ".join(sorted({trial.promise for trial in trials if trial.promise})),
            verdicts=judged(trials),
            looked=sum(trial.anomalies is not None for trial in trials),
            happened=tuple(_happened(trials, labels)),
        )


def _happened(trials: Sequence[TrialRecord], labels: Labels) -> Iterator[str]:
    """``kill-leader: lost 7–222 (5 of 6 trials)``, a line a fault; performance trials count as ``no fault``."""
    by_fault: dict[str, list[TrialRecord]] = defaultdict(list)
    for trial in trials:
        if trial.anomalies is not None:
            by_fault[labels.fault(trial)].append(trial)
    for fault, looked in sorted(by_fault.items(), key=lambda item: (item[0] != NO_FAULT, item[0])):
        found = []
        for anomaly in WRONG:
            counts = [number for trial in looked if (number := counted(trial, anomaly))]
            if counts:
                found.append(f"{word(anomaly)} {span(min(counts), max(counts))} ({len(counts)} of {len(looked)})")
        if found:
            yield f"{fault}: {', '.join(found)}"
