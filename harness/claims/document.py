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
    lines = [
        f"# {claims.name.capitalize()}",
        "",
        f"Tried on Kafka {claims.kafka} with {clients}, {run.get('started')}. Every figure is of this run; the trials "
        "behind it are in [report.md](report.md) and `trials.jsonl`, their journals in `journals/`.",
        "",
        "| | claim | outcome |",
        "|---|---|---|",
        *(f"| {_MARK[each.outcome]} | [{each.says}](#{each.name}) | **{each.word}** |" for each in decided),
    ]
    for each in decided:
        lines += [
            "",
            f'<a id="{each.name}"></a>',
            "",
            f"## {each.name}: {each.word}",
            "",
            f"> {each.says}",
            "",
            f"({each.source})",
            "",
            *(f"- {_MARK[finding.outcome]} {finding.evidence}" for finding in each.findings),
            "",
            "| arm | client | trials | what they were |",
            "|---|---|---|---|",
            *_rows(each),
        ]
    return "\n".join(lines) + "\n"


def _rows(decided: Decided) -> list[str]:
    rows = []
    for arm, records in decided.arms.items():
        for client in dict.fromkeys(record.client for record in records):
            of_client = [record for record in records if record.client == client]
            first = of_client[0]
            settings = ", ".join(f"`{key}={_plain(value)}`" for key, value in first.config.items())
            fault = "" if first.fault.name == "none" else f", {first.fault.name}"
            left_out = [record for record in of_client if record.status != "completed"]
            trials = f"{len(of_client) - len(left_out)}" + (f" of {len(of_client)}" if left_out else "")
            why = f" (left out: {left_out[0].reason})" if left_out else ""
            rows.append(f"| {arm} | {client} | {trials} | {settings}{fault}{why} |")
    return rows


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
