"""What a report says of searches: the ends of what was left, in each of them."""

from __future__ import annotations

from typing import Any

from harness.report.blocks import Block, Table, Text
from harness.report.data import Data
from harness.report.labels import Labels
from harness.report.sought import answers
from harness.store import Sustained, TrialRecord

from .synthetic_records import one


def tried(rate: float, p99_ms: float, holds: bool, repeat: int = 1, client: str = "aiokafka") -> TrialRecord:
    load: dict[str, Any] = {"rate": rate, "message_size": 100, "sought": {"p99_ms": 50, "lowest": 1, "highest": 1e6}}
    plain = one()
    return plain.model_copy(
        update={
            "kind": "search",
            "client": client,
            "repeat": repeat,
            "load": load,
            "sustained": Sustained(p99_ms=p99_ms, falls_behind=0, holds=holds),
        }
    )


def said(*records: TrialRecord) -> list[Block]:
    return list(answers(records, Labels.of(records)))


def rows(*records: TrialRecord) -> list[list[str]]:
    text, table = said(*records)
    assert isinstance(text, Text) and isinstance(table, Table)
    return [[str(cell) for cell in row] for row in table.rows]


def test_both_ends_are_said_with_what_is_at_them() -> None:
    (row,) = rows(tried(1_000, 5, True), tried(4_000, 90, False), tried(2_000, 30, True), tried(3_000, 60, False))
    assert row[4:9] == ["50.0", "2,000", "30.0", "3,000", "60.0"]


def test_of_several_searches_the_median_and_the_extent() -> None:
    both = [tried(1_000, 5, True), tried(2_000, 60, False), tried(3_000, 5, True, 2), tried(4_000, 60, False, 2)]
    (row,) = rows(*both)
    assert row[5:9] == ["2,000 (1,000–3,000)", "5.00 (5.00–5.00)", "3,000 (2,000–4,000)", "60.0 (60.0–60.0)"]
    assert "Medians of 2 searches" in str(said(*both)[0])


def test_a_search_without_such_an_end_says_so() -> None:
    (row,) = rows(tried(1_000, 90, False))
    assert row[5:8] == ["none of those tried", "—", "1,000"]
    (row,) = rows(tried(1_000, 9, True), tried(1_000, 90, False, 2))
    assert row[5] == "1,000; none in 1 of 2"


def test_clients_are_rows_and_nothing_sought_is_nothing_said() -> None:
    assert [row[0] for row in rows(tried(9, 1, True, client="kafka-python"), tried(9, 1, True))] == [
        "aiokafka",
        "kafka-python",
    ]
    assert said(one()) == []


def test_its_trials_are_no_figures_of_performance() -> None:
    assert Data([tried(1_000, 5, True), one()]).measured == Data([one()]).measured
