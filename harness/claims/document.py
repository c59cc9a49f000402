"""What became of each claim, as a document for people and as data for programs; made from stored records alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.claims.checks import ClaimOutcome, Finding, decide
from harness.claims.model import Claims
from harness.claims.planning import arms_of
from harness.report.blocks import (
    Block,
    Bullets,
    Code,
    Details,
    Document,
    Quote,
    Reference,
    Section,
    Strong,
    Table,
    Text,
    Words,
    joined,
)
from harness.report.files import publish, write
from harness.report.labels import Labels
from harness.report.pages import REPORT
from harness.report.verdicts import page_of
from harness.store import Results, TrialRecord
from harness.words import setting

_MARK = {ClaimOutcome.REPRODUCED: "✓", ClaimOutcome.REFUTED: "✗", ClaimOutcome.NOT_DECIDED: "?"}
_PLACE = "claims"
"""Where it is among the documents."""


@dataclass(frozen=True)
class Decided:
    """One claim with its outcome, what was found, and the records it rests on."""

    name: str
    says: str
    source: str
    outcome: ClaimOutcome
    word: str
    """The file's own word for the outcome."""
    findings: tuple[Finding, ...]
    arms: Mapping[str, Sequence[TrialRecord]]


def decide_all(claims: Claims, records: Sequence[TrialRecord]) -> list[Decided]:
    """Every claim of the file, in its order."""
    decided = []
    for name, claim in claims.claims.items():
        arms = arms_of(claims, name, records)
        outcome, findings = decide(claim.checks, arms)
        decided.append(Decided(name, claim.says, claim.source, outcome, claims.word(outcome), tuple(findings), arms))
    return decided


def write_document(results: Results, claims: Claims, decided: Sequence[Decided]) -> Path:
    """``claims.md`` and ``claims.json`` in the results folder. Returns the path of the former."""
    document, *_ = publish(_document(claims, decided, results.run()), results.folder)
    write(results.folder / "claims.json", json.dumps([_data(each) for each in decided], indent=2) + "\n")
    return results.folder / document


def _document(claims: Claims, decided: Sequence[Decided], run: Mapping[str, Any]) -> Document:
    clients = ", ".join(f"{name} {version}" for name, version in run.get("clients", {}).items())
    tried: Words = (
        f"Tried on Kafka {claims.kafka} with {clients}, {run.get('started')}. Every figure is of this run; the trials "
        "behind it are in ",
        Reference(REPORT),
        " and ",
        Code("trials.jsonl"),
        ", their journals in ",
        Code("journals/"),
        ".",
    )
    rows = [
        (_MARK[each.outcome], Reference(_PLACE, each.says, anchor=each.name), Strong(each.word)) for each in decided
    ]
    table = Table(("", "claim", "outcome"), rows)
    return Document(_PLACE, claims.name.capitalize(), (Text(tried), table, *map(_section, decided)))


def _section(decided: Decided) -> Section:
    findings = [f"{_MARK[finding.outcome]} {finding.evidence}" for finding in decided.findings]
    body = (Quote(decided.says), Text(f"({decided.source})"), Bullets(findings), *_arms(decided))
    return Section(f"{decided.name}: {decided.word}", body, anchor=decided.name)


def _arms(decided: Decided) -> Iterator[Block]:
    """A row an arm and client: what tells it from the claim's other arms; what all have in common is said once."""
    trials = [record for records in decided.arms.values() for record in records]
    if not trials:
        yield Text("No trial of it ran.")
        return
    labels = Labels.of(trials)
    rows: list[list[Words]] = []
    for arm, records in decided.arms.items():
        for client in dict.fromkeys(map(labels.client, records)):
            of_client = [record for record in records if labels.client(record) == client]
            left_out = [record for record in of_client if record.status != "completed"]
            ran = str(len(of_client) - len(left_out)) + (f" of {len(of_client)}" if left_out else "")
            why = f" (left out: {left_out[0].reason or 'no reason was recorded'})" if left_out else ""
            subject = labels.subject(of_client[0])
            label = f"{subject.configuration}, RF {subject.replication_factor}"
            rows.append([arm, client, label, _under(of_client[0], labels), ran + why])
    yield Table(("Arm", "Client", "Configuration", "Under", "Trials"), rows)
    alike = [Code(setting(key, value)) for key, value in _alike(trials).items()]
    if alike:
        yield Details("What all of them are set to", (Text(joined(alike, ", ")),))


def _under(record: TrialRecord, labels: Labels) -> Words:
    if record.with_fault:
        return Reference(page_of(record.fault.name), labels.fault(record))
    return f"load {labels.load(record)}"


def _alike(trials: Sequence[TrialRecord]) -> dict[str, Any]:
    """The settings that all trials have in common."""
    first, *others = (record.config for record in trials)
    return {key: value for key, value in first.items() if all(key in o and o[key] == value for o in others)}


def _data(decided: Decided) -> dict[str, Any]:
    return {
        "name": decided.name,
        "says": decided.says,
        "source": decided.source,
        "outcome": decided.outcome.value,
        "word": decided.word,
        "evidence": [{"outcome": each.outcome.value, "evidence": each.evidence} for each in decided.findings],
        "trials": {arm: [record.id for record in records] for arm, records in decided.arms.items()},
    }
