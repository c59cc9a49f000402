"""The answer a report leads with, from its records: what was broken, and what went wrong where."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.events import Anomaly, Verdict
from harness.measure.proportion import at_most
from harness.report.blocks import Code, Strong, Words, joined
from harness.report.labels import WITHOUT_FAULT, Configuration, Labels, Subject
from harness.report.matrix import WRONG, counted, verdict_of
from harness.report.wording import shortened, span, word
from harness.store import TrialRecord
from harness.words import count, listed, percent, plural

_IN_ONE_SENTENCE = 3
_DONE_TO = {
    Anomaly.LOST: "lost",
    Anomaly.DUPLICATE: "duplicated",
    Anomaly.REORDERED: "reordered",
    Anomaly.FAILED_LANDED: "written though reported failed",
    Anomaly.UNEXPECTED: "found that nobody sent",
    Anomaly.MISPLACED: "acked at an offset where they are not",
    Anomaly.UNREPORTED: "not reported in time",
    Anomaly.ABORTED_VISIBLE: "visible though aborted",
    Anomaly.TORN_TRANSACTION: "missing from torn transactions",
    Anomaly.HUNG_TRANSACTION: "held back by hung transactions",
    Anomaly.FENCED_VISIBLE: "visible though their producer was fenced",
    Anomaly.HUNG_CALL: "held up by calls that never returned",
    Anomaly.REDELIVERED: "processed twice",
    Anomaly.SKIPPED: "never processed",
    Anomaly.POLL_SKIPPED: "passed by in a poll",
    Anomaly.POLL_AGAIN: "polled again without a reason",
    Anomaly.POLL_BACK: "polls that went back",
}


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

    broken: tuple[Words, ...]
    """One sentence for each trial that broke its promise."""
    sentences: tuple[Words, ...]
    """The paragraph."""
    promises: tuple[Promise, ...]


def answer(records: Sequence[TrialRecord], labels: Labels, run: Mapping[str, Any]) -> Answer:
    """The answer. Says of everything that is missing that it is missing."""
    sentences: list[Words] = [_standing(records), *_missing(records, run)]
    if records:
        sentences += [*_wrong(records, labels), *_clean(records, labels), _certainty(records)]
    return Answer(
        broken=tuple(_broken(records, labels)),
        sentences=tuple(sentences),
        promises=tuple(_promises(records, labels)),
    )


def judged(records: Sequence[TrialRecord]) -> Counter[Verdict]:
    """Verdicts of all trials but the skipped ones."""
    return Counter(verdict_of(record) for record in records if record.status != "skipped")


def _standing(records: Sequence[TrialRecord]) -> Words:
    if not records:
        return "No trial has ended, so there is nothing to report yet."
    verdicts = judged(records)
    ran = [record for record in records if record.status != "skipped"]
    faulty = sum(record.with_fault for record in ran)
    trials = [
        plural(number, what)
        for number, what in ((faulty, "trial with a fault"), (len(ran) - faulty, "trial without a fault"))
        if number
    ]
    fates = [
        f"{count(number)} {what}"
        for number, what in (
            (verdicts[Verdict.BROKEN], "broke it"),
            (verdicts[Verdict.KEPT], "kept it"),
            (verdicts[Verdict.ALLOWED], "showed what no promise rules out"),
            (verdicts[Verdict.REPRODUCED], "reproduced the anomaly that was expected of them"),
            (verdicts[Verdict.NOT_EXERCISED], "did not exercise what they were for"),
            (verdicts[Verdict.UNKNOWN], "gave no verdict"),
        )
        if number
    ]
    skipped = sum(record.status == "skipped" for record in records)
    if not ran:
        return (Strong("Nothing could be judged"), f": {plural(skipped, 'trial')}, all skipped.")
    if verdicts[Verdict.BROKEN]:
        lead = "A promise was broken"
    elif verdicts[Verdict.KEPT] or verdicts[Verdict.ALLOWED] or verdicts[Verdict.REPRODUCED]:
        unjudged = verdicts[Verdict.UNKNOWN]
        lead = "No promise was seen to break, but not all could be judged" if unjudged else "No promise was broken"
    else:
        lead = "Nothing could be judged"
    rest = f"; {count(skipped)} skipped" if skipped else ""
    return (Strong(lead), f": of {listed(trials)}, {listed(fates)}{rest}.")


def _broken(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Words]:
    repeated = any(record.repeat > 1 for record in records)
    for record in sorted(records, key=lambda record: (labels.subject(record), labels.fault(record), record.repeat)):
        if record.verdict is Verdict.BROKEN:
            repeat = f", repeat {record.repeat}" if repeated else ""
            found = [f"{word(anomaly)} {count(number)}" for anomaly in WRONG if (number := counted(record, anomaly))]
            what = f"BROKEN: {labels.row(record)}{repeat}: {', '.join(found) or 'no count'}"
            yield (Strong(what), f". {record.verdict_reason or 'no reason was recorded'}")


def _wrong(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Words]:
    """One sentence: which anomalies there were, in which configurations, and the most in one trial."""
    parts: list[Words] = []
    for anomaly in WRONG:
        most: dict[Configuration, int] = {}
        for record in records:
            if number := counted(record, anomaly):
                configuration = labels.configuration(record)
                most[configuration] = max(number, most.get(configuration, 0))
        where = [(Code(str(of)), f" (up to {count(number)})") for of, number in sorted(most.items())]
        if where:
            parts.append((Strong(_DONE_TO[anomaly]), " with ", shortened(where, _IN_ONE_SENTENCE)))
    if parts:
        yield ("Messages were ", joined(parts, "; "), "; in brackets the most in one trial.")


def _clean(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Words]:
    """Configurations that went through faults with nothing wrong, and how little that proves.

    Trials of different faults are no repeats of each other: what bounds a fault is how often that one was tried.
    """
    trials: dict[Configuration, Counter[tuple[Subject, str]]] = defaultdict(Counter)
    stained = set()
    for record in records:
        configuration, faulty = labels.configuration(record), record.with_fault
        without_data = faulty and record.status != "skipped" and verdict_of(record) is Verdict.UNKNOWN
        if without_data or any(counted(record, anomaly) for anomaly in WRONG):
            stained.add(configuration)
        elif faulty and record.verdict is Verdict.KEPT:
            trials[configuration][labels.subject(record), labels.fault(record)] += 1
    clean = {configuration: of for configuration, of in sorted(trials.items()) if configuration not in stained}
    if clean:
        tried = [(Code(str(configuration)), f" ({plural(of.total(), 'trial')})") for configuration, of in clean.items()]
        least = min(min(of.values()) for of in clean.values())
        yield (
            "Nothing at all went wrong under faults with ",
            shortened(tried, _IN_ONE_SENTENCE),
            f". That is no proof: at 95 % confidence, what goes wrong in up to {percent(at_most(least))} of the "
            f"trials of one client under one fault can be missed by {plural(least, 'trial')}.",
        )


def _certainty(records: Sequence[TrialRecord]) -> str:
    repeats = max(record.repeat for record in records)
    if repeats == 1:
        return "Every trial ran once: no figure here has an interval, and no difference can be told from chance."
    return f"Trials ran up to {repeats} times; figures are medians of the repeats."


def _missing(records: Sequence[TrialRecord], run: Mapping[str, Any]) -> Iterator[Words]:
    planned = run.get("planned")
    not_run = int(planned) - len(records) if planned is not None else 0
    if not_run > 0:
        of = f"{count(not_run)} of the {count(int(planned or 0))}"
        yield Strong(f"The run is not complete: {of} planned trials did not run.")
    elif not run.get("ended"):
        yield "The run has no end on record."
    if records and all(record.with_fault for record in records):
        yield "No performance was measured."
    if records and not any(record.with_fault for record in records):
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
    for fault, looked in sorted(by_fault.items(), key=lambda item: (item[0] != WITHOUT_FAULT, item[0])):
        found = []
        for anomaly in WRONG:
            counts = [number for trial in looked if (number := counted(trial, anomaly))]
            if counts:
                found.append(f"{word(anomaly)} {span(min(counts), max(counts))} ({len(counts)} of {len(looked)})")
        if found:
            yield f"{fault}: {', '.join(found)}"
