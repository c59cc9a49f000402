"""What a report says of how transactions ended, and in which protocol clients asked for it."""

from __future__ import annotations

from typing import Any

from harness.report import transactions
from harness.report.blocks import Table, Text
from harness.report.data import Data
from harness.store import FailedEnd, TransactionCounts, TrialRecord

from .synthetic_records import one


def _record(client: str, end_txn: int | None, *failed: FailedEnd, **fault: Any) -> TrialRecord:
    plain = one()
    made = TransactionCounts(begun=9, committed=8, aborted=0, failed=list(failed), end_txn=end_txn)
    changed = {"client": client, "transactions": made, "fault": plain.fault.model_copy(update=fault)}
    return plain.model_copy(update=changed)


def _said(*records: TrialRecord) -> list[Any]:
    return list(transactions.told(records, Data(records)))


def test_nothing_is_said_where_there_are_none() -> None:
    assert _said(one()) == []


def test_each_error_is_told_by_call_fault_and_client_with_how_often() -> None:
    fenced = FailedEnd(call="commit", error="_FENCED", count=2)
    hung = FailedEnd(call="commit", error="commit_transaction", count=1)
    protocol, _, table = _said(
        _record("confluent-kafka", 1, fenced, name="fence-producer"),
        _record("confluent-kafka", 1, fenced, name="fence-producer"),
        _record("kafka-python", 3, hung, name="kill-coordinator"),
        _record("aiokafka", 0, name="kill-coordinator"),
    )
    assert isinstance(protocol, Text) and isinstance(table, Table)
    assert "aiokafka 0, confluent-kafka 1 and kafka-python 3" in str(protocol) and "KIP-890" in str(protocol)
    assert list(table.rows) == [
        ["fence-producer", "confluent-kafka", "commit", "_FENCED", "4", "2"],
        ["kill-coordinator", "kafka-python", "commit", "nothing: the call did not return", "1", "1"],
    ]


def test_an_abort_that_did_not_return_is_no_word_of_the_client() -> None:
    """Asked to commit it had said that it can only be aborted."""
    hung = FailedEnd(call="commit", error="abort_transaction", count=1)
    aborts = FailedEnd(call="abort", error="abort_transaction", count=1)
    *_, table = _said(_record("kafka-python", 3, hung, aborts, name="kill-coordinator"))
    assert [row[2:4] for row in table.rows] == [
        ["abort", "nothing: the call did not return"],
        ["commit", "that it has to be aborted, and the abort did not return"],
    ]


def test_of_a_client_that_speaks_the_new_protocol_nobody_says_that_it_is_old() -> None:
    (protocol,) = _said(_record("new", 5))
    assert "new 5." in str(protocol) and "KIP-890" not in str(protocol)
