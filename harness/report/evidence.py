"""What a run has on each guarantee: what was tried, what was seen, how much that says, and what it cost.

A row is a guarantee of one client, over all configurations that promise it. Trials of different faults, loads or
configurations are no repeats of each other, so nothing is bounded by all of them together: a bound is that of whichever
was tried least.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.events import Anomaly, Guarantee, Permission, Verdict
from harness.measure.proportion import at_most, interval
from harness.report.costs import Cost
from harness.report.labels import GUARANTEE, Labels, Subject
from harness.report.matrix import (
    HARM,
    HARM_OF_PIPELINES,
    HARM_OF_TRANSACTIONS,
    TELL,
    counted,
    not_kept,
    tells,
    verdict_of,
)
from harness.report.nearest import permitted
from harness.store import TrialRecord

_ORDER = (*Guarantee, "once-per-session", "all-or-nothing")


@dataclass(frozen=True)
class Tried:
    """One fault, or none, under which the rules forbade something that the guarantee is about, in all configurations
    of which they forbade the same.
    """

    fault: str
    forbidden: tuple[Anomaly, ...]
    trials: int
    """That say something."""
    broken: int
    """In which something that was forbidden happened."""
    least: int
    """That are repeats of one another: the fewest."""
    at_most: float
    """Of such repeats the highest share that may be broken, at 95 % confidence: of those of which that is highest."""


@dataclass(frozen=True)
class Found:
    """One anomaly over the trials of a row in which anybody looked for it, but those that came to nothing."""

    anomaly: Anomaly
    low: int
    """The least where there was any; 0 if there was none."""
    high: int
    shown: int
    """In so many trials."""
    looked: int


@dataclass(frozen=True)
class NotKept:
    """What a guarantee is there to prevent and happened where no rule forbids it, and why it does not reach so far."""

    anomaly: Anomaly
    why: str
    shown: tuple[tuple[str, int, int], ...]
    """Each fault, in how many of its trials it happened, and how many say something."""


@dataclass(frozen=True)
class Evidence:
    """All that a run has on one guarantee of one client."""

    client: str
    pipeline: bool
    promises: str
    alike: str
    """What all its configurations have, in words."""
    configurations: tuple[str, ...]
    """What each has beside that, in words; none if there is one."""
    found: tuple[Found, ...]
    tried: tuple[Tried, ...]
    """By fault; without one nothing that it promises was tried."""
    nothing_forbidden: tuple[tuple[str, int], ...]
    """Faults under which none of it is forbidden in so many trials that say something."""
    not_kept: tuple[NotKept, ...]
    says_nothing: int
    """Trials that were not exercised, or without data."""
    costs: tuple[tuple[str, Cost], ...]
    """By configuration; none where nothing was measured."""


def evidence(records: Sequence[TrialRecord], labels: Labels, costs: Mapping[Subject, Cost]) -> list[Evidence]:
    """A row for each client and guarantee that any trial was judged by: producers first, the weakest first."""
    rows: dict[tuple[bool, str, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        if record.promise is not None and record.status != "skipped":
            rows[GUARANTEE in record.config, record.promise, labels.subject(record).client].append(record)
    ordered = sorted(rows.items(), key=lambda row: (row[0][0], _rank(row[0][1]), row[0]))
    return [_row(client, promises, trials, labels, costs) for (_, promises, client), trials in ordered]


def _rank(promises: str) -> int:
    return _ORDER.index(promises) if promises in _ORDER else len(_ORDER)


def _row(
    client: str, promises: str, trials: Sequence[TrialRecord], labels: Labels, costs: Mapping[Subject, Cost]
) -> Evidence:
    pipeline = GUARANTEE in trials[0].config
    about = HARM_OF_PIPELINES if pipeline else HARM_OF_TRANSACTIONS if promises == "all-or-nothing" else HARM
    tell = [trial for trial in trials if verdict_of(trial) in TELL]
    under: dict[str, list[TrialRecord]] = defaultdict(list)
    for trial in tell:
        under[labels.fault(trial)].append(trial)
    tried = [each for fault in sorted(under) for each in _tried(fault, under[fault], about)]
    left = {fault: len(of) for fault, of in under.items()}
    for each in tried:
        left[each.fault] -= each.trials
    subjects = sorted({labels.subject(trial) for trial in trials})
    alike, names = _names(subjects)
    return Evidence(
        client=client,
        pipeline=pipeline,
        promises=promises,
        alike=alike,
        configurations=tuple(names.values()) if len(names) > 1 else (),
        found=tuple(of for anomaly in about if (of := _found(anomaly, trials))),
        tried=tuple(tried),
        nothing_forbidden=tuple((fault, number) for fault, number in sorted(left.items()) if number),
        not_kept=tuple(_not_kept(under)),
        says_nothing=len(trials) - len(tell),
        costs=tuple((names[subject], costs[subject]) for subject in subjects if subject in costs),
    )


def _names(subjects: Sequence[Subject]) -> tuple[str, dict[Subject, str]]:
    """What all of them have alike, and what each is called beside that."""
    words = {subject: (*subject.configuration.words, f"RF {subject.replication_factor}") for subject in subjects}
    alike = [word for word in words[subjects[0]] if all(word in each for each in words.values())]
    own = {subject: [word for word in each if word not in alike] for subject, each in words.items()}
    return ", ".join(alike), {subject: ", ".join(each) or "nothing else" for subject, each in own.items()}


def _tried(fault: str, trials: Sequence[TrialRecord], about: Sequence[Anomaly]) -> Iterator[Tried]:
    """One for each of what was forbidden. A trial that was broken counts whatever that was."""
    repeats: dict[tuple[Anomaly, ...], dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for trial in trials:
        rules = permitted(Permission.FORBIDDEN, trial.expectations or ())
        forbidden = tuple(anomaly for anomaly in about if anomaly in rules)
        broken = verdict_of(trial) is Verdict.BROKEN
        if broken or forbidden:
            repeats[forbidden][trial.key].append(broken)
    for forbidden, of in sorted(repeats.items()):
        yield Tried(
            fault=fault,
            forbidden=forbidden,
            trials=sum(map(len, of.values())),
            broken=sum(map(sum, of.values())),
            least=min(map(len, of.values())),
            at_most=max(bound(sum(broken), len(broken)) for broken in of.values()),
        )


def _not_kept(under: Mapping[str, Sequence[TrialRecord]]) -> Iterator[NotKept]:
    shown: dict[tuple[Anomaly, str], Counter[str]] = defaultdict(Counter)
    for fault, trials in under.items():
        for trial in trials:
            for anomaly, why in not_kept(trial).items():
                shown[anomaly, why][fault] += 1
    for (anomaly, why), faults in sorted(shown.items()):
        yield NotKept(anomaly, why, tuple((fault, faults[fault], len(under[fault])) for fault in sorted(faults)))


def bound(broken: int, trials: int) -> float:
    """The highest share of such trials that may be broken when so many were: Clopper and Pearson's, at 95 % confidence,
    one-sided when none was and two-sided when some were, which is the wider.
    """
    return interval(broken, trials)[1] if broken else at_most(trials)


def _found(anomaly: Anomaly, trials: Sequence[TrialRecord]) -> Found | None:
    of_each = [(trial, counted(trial, anomaly)) for trial in trials]
    counts = [number for trial, number in of_each if number is not None and tells(trial, number)]
    if not counts:
        return None
    some = [number for number in counts if number]
    return Found(anomaly, min(some, default=0), max(some, default=0), len(some), len(counts))
