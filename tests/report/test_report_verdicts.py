"""Cells of the matrix and pages of faults, in words: verdicts, counts, how much they say, and what would be safe."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from harness.events import Permission, Verdict
from harness.kinds import KINDS
from harness.report import certainty, render
from harness.report.labels import Labels
from harness.report.matrix import Cell, matrix
from harness.report.verdicts import links, said, verdicts
from harness.store import Expectation, FaultRecord, TrialRecord

from .synthetic_records import anomalies, broken, one, store
from .test_report_nearest import rules
from .written import in_markdown, written

KEPT, ALLOWED, REPRODUCED = Verdict.KEPT, Verdict.ALLOWED, Verdict.REPRODUCED


def _trial(verdict: Verdict | None = KEPT, found: dict[str, int] | None = None, **given: Any) -> TrialRecord:
    return one(**{"fault": "lose-ack", "verdict": verdict, "anomalies": anomalies(**(found or {})), **given})


def _rules(**sources: str) -> list[Expectation]:
    return [
        Expectation(anomaly=anomaly, permission=Permission.ALLOWED, reason="so", source=source)
        for anomaly, source in sources.items()
    ]


def _repeated(*trials: TrialRecord) -> Cell:
    return Cell(tuple(trial.model_copy(update={"repeat": i, "id": f"{i}"}) for i, trial in enumerate(trials, 1)))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (Cell((_trial(),)), "kept"),
        (Cell((_trial(ALLOWED, {"reordered": 3}),)), "allowed: 3 reordered"),
        (Cell((_trial(ALLOWED, {"misplaced": 2, "unreported": 5}),)), "allowed: 2 misplaced, 5 unreported"),
        (_repeated(_trial(), _trial(ALLOWED, {"lost": 7}), _trial()), "allowed 1 of 3 (1–91 %): 0–7 lost"),
        (Cell((broken(_trial(), lost=12),)), "**BROKEN**: 12 lost"),
        (Cell((_trial(Verdict.NOT_EXERCISED),)), "not_exercised"),
        (Cell((_trial(None, status="failed"),)), "unknown"),
        (Cell((_trial(None, status="skipped"),)), "skipped"),
        (None, "—"),
        (_repeated(*[_trial()] * 12), "kept 12 of 12 (≤ 22 %)"),
        (_repeated(*[_trial(REPRODUCED, {"duplicate": 250})] * 3), "reproduced 3 of 3 (29–100 %): 250 duplicate"),
        (
            _repeated(_trial(), _trial(REPRODUCED, {"lost": 7, "duplicate": 1}), _trial(REPRODUCED, {"lost": 222})),
            "reproduced 2 of 3 (9–99 %): 0–222 lost, 0–1 duplicate",
        ),
        (_repeated(_trial(), _trial(None, status="failed")), "unknown 1 of 2"),
        (_repeated(*(_trial(load={"rate": rate}) for rate in ("max", 500))), "kept 2 of 2"),
    ],
)
def test_a_cell_in_words(cell: Cell | None, words: str) -> None:
    assert in_markdown(said(cell)) == words


def test_what_was_expected_is_counted_even_if_it_is_no_wrong() -> None:
    expected = Expectation(anomaly="unknown_landed", permission=Permission.EXPECTED, reason="late", source="measured")
    late = _trial(REPRODUCED, {"unknown_landed": 200, "unknown_absent": 3}, expectations=[expected])
    assert in_markdown(said(Cell((late,)))) == "reproduced: 200 unknown landed"
    assert in_markdown(said(Cell((late.model_copy(update={"expectations": []}),)))) == "reproduced"


def test_a_cell_without_rules_says_so_and_one_with_some_says_which_are_missing() -> None:
    none = _rules(lost="none", duplicate="none", reordered="none", failed_landed="the definition of failed")
    some = _rules(lost="Kafka documentation", duplicate="none", reordered="none")
    assert in_markdown(said(Cell((_trial(found={"lost": 9}, expectations=none),)))) == "no rule: 9 lost"
    assert in_markdown(said(_repeated(*[_trial(expectations=none)] * 3))).startswith("no rule 3 of 3")
    assert in_markdown(said(Cell((broken(_trial(expectations=none)),)))) == "**BROKEN**: 12 lost"
    assert in_markdown(said(Cell((_trial(expectations=some),)))) == "kept, no rule for duplicate and reordered"


def test_how_much_repeats_say_in_full() -> None:
    such = "of such trials, at 95 % confidence"
    assert certainty.bound(12) == f"0 of 12 trials: at most 22 % {such}"
    assert certainty.share(0, 1) == f"0 of 1 trial: at most 95 % {such}"
    assert certainty.share(2, 3) == f"2 of 3 trials: 9 to 99 % {such}"
    unbroken = f"a promise was broken in 0 of 3 trials: at most 63 % {such}"
    assert certainty.in_full(_repeated(*[_trial()] * 3)) == unbroken
    mixed = _repeated(_trial(), _trial(REPRODUCED, {"lost": 7}), _trial(REPRODUCED, {"lost": 2, "reordered": 1}))
    assert certainty.in_full(mixed) == (
        f"lost in 2 of 3 trials: 9 to 99 % {such}; reordered in 1 of 3 trials: 1 to 91 % {such}"
    )
    allowed = _repeated(_trial(), _trial(ALLOWED, {"lost": 7}), _trial())
    assert certainty.in_full(allowed) == f"{unbroken}; lost in 1 of 3 trials: 1 to 91 % {such}"
    unproven = _repeated(_trial(Verdict.NOT_EXERCISED), _trial(ALLOWED, {"lost": 7}))
    assert certainty.in_full(unproven).startswith("a promise was broken in 0 of 1 trial: at most 95 %")
    assert certainty.in_full(_repeated(*(_trial(load={"rate": rate}) for rate in (1, 2)))) == ""
    assert certainty.in_full(Cell((_trial(),))) == ""


def _table(number_of_faults: int) -> list[str]:
    records = [
        _trial(client=client, config={"acks": acks}, fault=f"fault-{number:02}")
        for client in ("aiokafka", "kafka-python")
        for acks in ("0", "1", "all")
        for number in range(number_of_faults)
    ]
    labels = Labels.of(records)
    return [written(block) for block in verdicts(matrix(records, labels), links(records, labels))]


def test_few_faults_are_columns_of_one_table() -> None:
    table, _ = _table(6)
    head, _, *rows = table.splitlines()
    assert head.startswith("| Client | RF | Configuration | [fault-00](faults/fault-00.md) |")
    assert len(rows) == 6


def test_rows_that_a_client_has_nothing_in_are_left_out() -> None:
    records = [_trial(fault=f"fault-{number}") for number in range(8)]
    records += [_trial(client="kafka-python", fault="fault-3")]
    labels = Labels.of(records)
    blocks = verdicts(matrix(records, labels), links(records, labels))
    _, aiokafka, _, kafka_python, _ = map(written, blocks)
    assert len(aiokafka.splitlines()) == 2 + 8
    assert kafka_python.splitlines()[2:] == ["| [fault-3](faults/fault-3.md) | kept |"]


def test_many_faults_are_rows_of_a_table_a_client() -> None:
    first, table, second, _, _ = _table(30)
    assert (first, second) == ("**aiokafka**", "**kafka-python**")
    head, _, *rows = table.splitlines()
    assert head == "| Fault | acks=0, RF 3 | acks=1, RF 3 | acks=all, RF 3 |"
    assert [row.split(" | ")[0] for row in rows] == [f"| [fault-{n:02}](faults/fault-{n:02}.md)" for n in range(30)]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a fault of two configurations, three repeats each."""
    described = {"summary": "Breaks | things.", "parameters": {"times": "at most so many are hit", "rate": None}}
    records = [
        _trial(
            verdict,
            found,
            id=f"{idempotent}-{repeat}",
            repeat=repeat,
            config={"enable.idempotence": idempotent},
            expectations=rules(duplicate="forbidden" if idempotent else "expected"),
            verdict_reason=f"the reason of {verdict.value}",
            ack_rate=[[0.0, 10.0]],
            ack_rate_bin_s=0.1,
            fault=FaultRecord(
                name="lose-ack",
                parameters={"times": 5, "rate": None},
                fired=repeat < 3 or idempotent,
                start_s=0.1 * repeat,
                end_s=1.0,
                events=[
                    {"at_s": 0.1 * repeat, "what": "lose-ack"},
                    {"at_s": 0.5, "what": "leader", "leader": 1, "epoch": 0},
                ],
            ),
        )
        for idempotent, verdict, found in ((False, REPRODUCED, {"duplicate": 250}), (True, KEPT, {}))
        for repeat in (1, 2, 3)
    ]
    folder = store(tmp_path_factory.mktemp("results") / "run", records, faults={"lose-ack": described})
    render(folder, KINDS.values())
    return (folder / "faults" / "lose-ack.md").read_text()


def test_a_page_says_what_the_fault_does_and_with_which_parameters(page: str) -> None:
    assert page.startswith("# lose-ack\n\nBreaks \\| things.\n\n[The whole report](../report.md)\n")
    assert "| times | 5 | at most so many are hit |\n| rate | — | — |" in page


def test_a_page_says_when_it_fired(page: str) -> None:
    assert "It fired in 5 of 6 trials." in page
    assert "| aiokafka | 5 | 0.20 (0.10 to 0.30) | 1.00 | lose-ack 0.20 (0.10 to 0.30) |" in page


def test_a_page_has_every_verdict_with_its_reason_its_bound_and_what_would_be_safe(page: str) -> None:
    reproduced, kept = [line for line in page.splitlines() if line.startswith("| aiokafka, acks=all")]
    assert reproduced == (
        "| aiokafka, acks=all, RF 3 | reproduced 3 of 3 (29–100 %): 250 duplicate | repeat 1: the reason of "
        "reproduced; dup in 3 of 3 trials: 29 to 100 % of such trials, at 95 % confidence | "
        "set enable.idempotence=true (kept 3 of 3) |"
    )
    assert kept == (
        "| aiokafka, acks=all, idempotent, RF 3 | kept 3 of 3 (≤ 63 %) | repeat 1: the reason of kept; a "
        "promise was broken in 0 of 3 trials: at most 63 % of such trials, at 95 % confidence | — |"
    )


def test_a_page_has_its_pictures(page: str) -> None:
    assert re.findall(r"\]\((\.\./charts/\S+png)\)", page) == [
        "../charts/timeline-lose-ack.png",
        "../charts/acks-lose-ack.png",
    ]


def test_a_run_that_stored_no_descriptions_and_ran_nothing_has_pages_all_the_same(tmp_path: Path) -> None:
    skipped = _trial(None, status="skipped", reason="acks=0 has no acknowledgement to lose", anomalies=None)
    folder = store(tmp_path / "run", [skipped])
    render(folder, KINDS.values())
    page = (folder / "faults" / "lose-ack.md").read_text()
    assert "The run has no description of this fault on record." in page
    assert "No trial of it ran." in page
    assert "| aiokafka, acks=all, RF 3 | skipped | acks=0 has no acknowledgement to lose | — |" in page


def test_what_would_be_safe_is_said_once_for_all_clients_it_is_the_same_for(tmp_path: Path) -> None:
    records = [
        _trial(
            verdict,
            found,
            id=f"{client}-{idempotent}",
            client=client,
            config={"enable.idempotence": idempotent},
            expectations=rules(duplicate="forbidden" if idempotent else "expected"),
        )
        for client in ("aiokafka", "kafka-python")
        for idempotent, verdict, found in ((False, REPRODUCED, {"duplicate": 250}), (True, KEPT, {}))
    ]
    alone = [_trial(REPRODUCED, {"lost": 3}, id="alone", config={"enable.idempotence": False}, fault="new")]
    folder = store(tmp_path / "run", [*records, *alone])
    render(folder, KINDS.values())
    report = (folder / "report.md").read_text()
    assert "| lose-ack | acks=all | 3 | aiokafka, kafka-python | set enable.idempotence=true (kept 1 of 1) |" in report
    assert (
        "| new | acks=all | 3 | aiokafka | nothing in this run promises it and kept it, and no setting that can be "
        "swept promises it: lost: no rule covers this case, so nothing is held against it |" in report
    )
