"""What became of each claim, as a document for people and as data for programs; made from stored records alone."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.claims.checks import Finding, Outcome, decide
from harness.claims.model import Claims
from harness.claims.planning import arms_of
from harness.report.files import write
from harness.report.labels import Labels
from harness.report.markdown import code, details, escape, table
from harness.report.verdicts import page_of
from harness.store import Results, TrialRecord

_MARK = {Outcome.REPRODUCED: "✓", Outcome.REFUTED: "✗", Outcome.NOT_DECIDED: "?"}


@dataclass(frozen=True)
class Decided:
    """One claim with its outcome, what was found, and the records it rests on."""

    name: str
    says: str
    source: str
    outcome: Outcome
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
    document = results.folder / "claims.md"
    write(document, _document(claims, decided, results.run()))
    write(results.folder / "claims.json", json.dumps([_data(each) for each in decided], indent=2) + "\n")
    return document


def _document(claims: Claims, decided: Sequence[Decided], run: Mapping[str, Any]) -> str:
    clients = ", ".join(f"{name} {version}" for name, version in run.get("clients", {}).items())
    tried = escape(f"Tried on Kafka {claims.kafka} with {clients}, {run.get('started')}")
    lines = [
        f"# {escape(claims.name.capitalize())}",
        "",
        f"{tried}. Every figure is of this run; the trials "
        "behind it are in [report.md](report.md) and `trials.jsonl`, their journals in `journals/`.",
        "",
        "| | claim | outcome |",
        "|---|---|---|",
        *(
            f"| {_MARK[each.outcome]} | [{escape(each.says)}](#{each.name}) | **{escape(each.word)}** |"
            for each in decided
        ),
    ]
    for each in decided:
        lines += [
            "",
            f'<a id="{each.name}"></a>',
            "",
            f"## {each.name}: {escape(each.word)}",
            "",
            f"> {escape(each.says)}",
            "",
            f"({escape(each.source)})",
            "",
            *(f"- {_MARK[finding.outcome]} {escape(finding.evidence)}" for finding in each.findings),
            "",
            _arms(each),
        ]
    return "\n".join(lines) + "\n"


def _arms(decided: Decided) -> str:
    """A row an arm and client: what tells it from the claim's other arms; what all have in common is said once."""
    trials = [record for records in decided.arms.values() for record in records]
    if not trials:
        return "No trial of it ran."
    labels = Labels.of(trials)
    rows = []
    for arm, records in decided.arms.items():
        for client in dict.fromkeys(record.client for record in records):
            of_client = [record for record in records if record.client == client]
            left_out = [record for record in of_client if record.status != "completed"]
            ran = str(len(of_client) - len(left_out)) + (f" of {len(of_client)}" if left_out else "")
            why = f" (left out: {escape(left_out[0].reason or 'no reason was recorded')})" if left_out else ""
            subject = labels.subject(of_client[0])
            label = f"{subject.configuration}, RF {subject.replication_factor}"
            rows.append([arm, escape(client), escape(label), _under(of_client[0], labels), ran + why])
    alike = [code(f"{key}={_plain(value)}") for key, value in _alike(trials).items()]
    return "\n\n".join(
        [
            table(("Arm", "Client", "Configuration", "Under", "Trials"), rows),
            *([details("What all of them are set to", ", ".join(alike))] if alike else []),
        ]
    )


def _under(record: TrialRecord, labels: Labels) -> str:
    if record.kind == "performance":
        return f"load {escape(labels.load(record))}"
    return f"[{escape(labels.fault(record))}]({page_of(record.fault.name)})"


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


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
