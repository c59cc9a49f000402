"""Trial by trial: what each fault did and what was found, the evidence, and what did not run and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import starmap
from typing import Any

from harness.events import Anomaly, Permission, Verdict
from harness.report.blocks import Block, Bullets, Code, Details, Strong, Table, Text, Words
from harness.report.labels import Labels, name, replication_factor
from harness.report.matrix import HARM, counted, verdict_of
from harness.report.wording import seconds, word
from harness.store import TrialRecord
from harness.words import ABSENT, count, plain, plural, setting, spaced

_COUNTS = ("sent", "acked", "failed", "unknown", "unconfirmed", "in_log")
_COLUMNS = (Anomaly.LOST, Anomaly.DUPLICATE, Anomaly.REORDERED)


def faults(records: Sequence[TrialRecord], labels: Labels) -> Iterator[tuple[str, list[Block]]]:
    """For each fault its name and its section: a row for each trial that was not skipped, then the evidence, folded."""
    by_fault: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if record.with_fault and record.status != "skipped":
            by_fault[labels.fault(record)].append(record)
    for fault, trials in sorted(by_fault.items()):
        ordered = sorted(trials, key=lambda trial: (labels.subject(trial), trial.kafka, trial.repeat))
        blocks: list[Block] = [_fault_table(ordered, labels)]
        telling = [trial for trial in ordered if _has_evidence(trial)]
        if telling:
            evidence = tuple(block for trial in telling for block in _evidence(trial, labels))
            blocks.append(Details(f"Witnesses and reasons of {plural(len(telling), 'trial')}", evidence))
        yield fault, blocks


def not_run(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Block]:
    """Failed and skipped trials by reason, each named."""
    by_reason: dict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for record in records:
        if record.status != "completed":
            by_reason[record.status, record.reason or "no reason was recorded"].append(record)
    # A failure is news; what was never meant to run is not.
    groups = sorted(by_reason.items(), key=lambda item: (item[0][0] == "skipped", item[0]))
    for (status, reason), trials in groups:
        head, names = f"{status}, {plural(len(trials), 'trial')}", Bullets(_names(trials, labels))
        if status == "skipped":
            yield Details(f"{head}: {reason}", (names,))
        else:
            yield Text((Strong(head), f": {reason}"))
            yield names


def refused(run: Mapping[str, Any]) -> Iterator[Details]:
    """Combinations that Kafka does not run, which are no trials."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for each in run.get("refused") or ():
        config = each.get("config") or {}
        source = f" ({each['source']})" if each.get("source") else ""
        by_reason[(each.get("reason") or "no reason was recorded") + source].append(
            ", ".join(starmap(setting, config.items())) or "a combination without settings"
        )
    for reason, combinations in sorted(by_reason.items()):
        yield Details(f"refused, {plural(len(combinations), 'combination')}: {reason}", (Bullets(combinations),))


def _fault_table(trials: Sequence[TrialRecord], labels: Labels) -> Table:
    repeated = any(trial.repeat > 1 for trial in trials)
    header = (
        "Client",
        "RF",
        "Configuration",
        *(("Repeat",) if repeated else ()),
        "Verdict",
        "Fired",
        *map(spaced, _COUNTS),
        *map(word, _COLUMNS),
        "Longest gap s",
        "Recovery s",
        "Also found",
    )
    return Table(header, [_row(trial, labels, repeated=repeated) for trial in trials], slice(5 + repeated, -1))


def _row(trial: TrialRecord, labels: Labels, *, repeated: bool) -> list[Words]:
    verdict = verdict_of(trial)
    gap = trial.availability
    return [
        labels.client(trial),
        str(replication_factor(trial)),
        str(labels.configuration(trial)),
        *([str(trial.repeat)] if repeated else []),
        Strong(verdict.value.upper()) if verdict is Verdict.BROKEN else verdict.value,
        "yes" if trial.fault.fired else "no",
        *(count(getattr(trial.counts, column, None)) for column in _COUNTS),
        *(count(counted(trial, anomaly)) for anomaly in _COLUMNS),
        seconds(gap.longest_gap_s if gap else None),
        seconds(gap.recovery_s if gap else None),
        ", ".join(_also(trial)) or ABSENT,
    ]


def _also(trial: TrialRecord) -> Iterator[str]:
    """Every other anomaly that was found."""
    for anomaly in Anomaly:
        if anomaly not in _COLUMNS and (number := counted(trial, anomaly)):
            yield f"{word(anomaly)} {count(number)}"
    if trial.uncommitted is not None:
        for anomaly in HARM:
            if number := getattr(trial.uncommitted, anomaly):
                yield f"{word(anomaly)} {count(number)} for who reads uncommitted messages too"
    if (made := trial.transactions) is not None:
        yield f"of {plural(made.begun, 'transaction')} {made.committed} committed, {made.aborted} aborted"
        yield from (f"{error} of {plural(number, 'transaction')}" for error, number in made.errors.items())


def _has_evidence(trial: TrialRecord) -> bool:
    shown = bool(trial.witnesses and any(trial.witnesses.values()))
    return shown or verdict_of(trial) not in (Verdict.KEPT, Verdict.ALLOWED, Verdict.REPRODUCED)


def _evidence(trial: TrialRecord, labels: Labels) -> Iterator[Block]:
    repeat = f", repeat {trial.repeat}" if trial.repeat > 1 else ""
    why = f" ({trial.verdict_reason})" if trial.verdict_reason else ""
    who = Strong(f"{name(labels.subject(trial))}{repeat}")
    yield Text((who, " ", Code(trial.id), f": {verdict_of(trial).value}{why}"))
    found = list(_found(trial))
    if found:
        yield Bullets(found)


def _found(trial: TrialRecord) -> Iterator[str]:
    """Its witnesses, the rules about what it had, and its client's errors."""
    for anomaly, witnesses in (trial.witnesses or {}).items():
        if witnesses:
            total = _total(counted(trial, anomaly), len(witnesses))
            yield f"{word(anomaly)}{total}: {witnessed(witnesses)}"
    for each in trial.expectations or ():
        if each.permission is not Permission.ALLOWED and counted(trial, each.anomaly):
            yield f"rule: {each.anomaly} is {each.permission.value}: {each.reason} ({each.source})"
    for error, number in (trial.errors or {}).items():
        yield f"client error {error}: {plural(number, 'message')}"


def witnessed(witnesses: Sequence[Mapping[str, Any]]) -> str:
    """What all witnesses share once, then a list for each thing they do not: ``outcome acked; sequence 7, 9``."""
    parts = []
    for key in dict.fromkeys(key for witness in witnesses for key in witness):
        values = [plain(witness.get(key)) for witness in witnesses]
        if len(set(values)) == 1:
            values = values[:1]
        if values != [ABSENT]:
            parts.append(f"{spaced(key)} {', '.join(values)}")
    return "; ".join(parts)


def _total(total: int | None, shown: int) -> str:
    return f", first {shown} of {count(total)}" if total is not None and total > shown else ""


def _names(trials: Sequence[TrialRecord], labels: Labels) -> list[Words]:
    ordered = sorted(trials, key=lambda trial: (labels.subject(trial), labels.fault(trial), trial.repeat))
    return [(f"{labels.row(trial)}, repeat {trial.repeat} ", Code(trial.id)) for trial in ordered]
