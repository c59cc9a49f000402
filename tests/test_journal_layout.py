"""The journal's file is what ``docs/journal.md`` says that it is, and nothing else is taken for one."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from harness.events import Consuming, Outcome
from harness.journal.mapped import ProducerJournal, TransactionJournal, polls, transactions
from harness.journal.mapped import producer as mapped
from harness.journal.sealed import read_producer, seal

DOCUMENT = (Path(__file__).parent.parent / "docs/journal.md").read_text()
_COLUMN = re.compile(r"^\| `(\w+)` \| (\w+) \| 64(?: \+ (\d+) \*n\*)? \|", re.MULTILINE)
_TYPES = {"i64": "<i8", "i32": "<i4", "u8": "u1"}


def test_the_document_has_the_columns_of_the_code() -> None:
    begins_at, columns = 0, []
    for name, kind in mapped.COLUMNS:
        columns.append((name, kind, begins_at))
        begins_at += np.dtype(kind).itemsize
    assert [(name, _TYPES[kind], int(at or 0)) for name, kind, at in _COLUMN.findall(DOCUMENT)] == columns
    assert f"64 + {begins_at} *n* bytes long" in DOCUMENT and begins_at == mapped.ROW_BYTES


def test_the_document_has_the_head_of_the_code(tmp_path: Path) -> None:
    head = DOCUMENT.partition("Behind them")[0]
    rows = re.findall(r"^\| (\d+) \| (\w+)(?: bytes)? \| ", head, re.MULTILINE)
    assert rows == [("0", "8"), ("8", "u32"), ("12", "i32"), ("16", "u64"), ("24", "40")]
    ProducerJournal.create(tmp_path / "j", 3, 5)
    assert (tmp_path / "j").read_bytes() == b"KDHJRNL\n" + struct.pack("<IiQ", 1, 5, 3) + bytes(40 + 38 * 3)


def test_the_document_has_the_transactions_of_the_code(tmp_path: Path) -> None:
    told = DOCUMENT.partition("## Its transactions")[2].partition("## What a pipeline's worker read")[0]
    columns = [(name, _TYPES[kind]) for name, kind in re.findall(r"^\| `(\w+)` \| (\w+) \|", told, re.MULTILINE)]
    assert columns == [*transactions.TIMES, *transactions.BYTES]
    for messages in (3, 4):
        TransactionJournal.create(tmp_path / "t", 5, messages, 2)
        head = b"KDHTXNS\n" + struct.pack("<IiQQ", 1, 5, messages, 2)
        assert (tmp_path / "t").read_bytes() == head + bytes(32 + 4 * 4 + 2 * (3 * 8 + 3))


def test_the_document_has_the_polls_of_the_code(tmp_path: Path) -> None:
    told = DOCUMENT.partition("## What a pipeline's worker read")[2].partition("## What is kept")[0]
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (\d+) \|", told, re.MULTILINE)
    assert {name: (_TYPES[kind], int(at)) for name, kind, at in rows} == {
        name: (polls.ROW[name].str.replace("|", ""), polls.ROW.fields[name][1])  # type: ignore[index]
        for name in polls.ROW.names or ()
    }
    deeds = re.findall(r"^\| (\d) \| (\w+) \|", told.partition("| deed")[2], re.MULTILINE)
    assert deeds == [(str(deed.value), deed.name.lower()) for deed in Consuming]
    polls.PollJournal(tmp_path / "p", 3, 2).note(Consuming.POLLED, 1, 7, 9)
    head, row = b"KDHPOLL\n" + struct.pack("<Iii", 1, 3, 2) + bytes(44), (tmp_path / "p").read_bytes()[64 + 8 : 64 + 32]
    assert (tmp_path / "p").read_bytes()[:64] == head
    assert row == struct.pack("<qqiB3x", 7, 9, 1, 2)


def test_the_document_has_every_outcome() -> None:
    of_outcomes = DOCUMENT.partition("| outcome | | |")[2].partition("- Rows are")[0]
    said = re.findall(r"^\| (\d) \| (\w+) \|", of_outcomes, re.MULTILINE)
    assert said == [(str(outcome.value), outcome.name.lower()) for outcome in Outcome]


def _file(content: str, *header: int) -> bytes:
    """With room for one message behind its head."""
    return b"KDHJRNL\n" + struct.pack(content, *header) + bytes(40 + 38)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", r"is no producer's journal: it begins with b'', not b'KDHJRNL\\n'"),
        (b"PAR1" + bytes(100), "is no producer's journal: it begins with b'PAR1"),
        (_file("<IiQ", 2, 0, 1), "is a journal of version 2; this harness reads version 1"),
        (_file(">IiQ", 1, 0, 1), "is a journal of version 16777216; this harness"),
        (_file("<IiQ", 1, 0, 2), "is cut off: 2 messages take 140 bytes, and it has 102"),
    ],
)
def test_what_is_none_is_refused(content: bytes, why: str, tmp_path: Path) -> None:
    (tmp_path / "j").write_bytes(content)
    with pytest.raises(ValueError, match=why):
        ProducerJournal.open(tmp_path / "j")


def test_times_of_another_machine_are_read_on_the_harnesss_clock(tmp_path: Path) -> None:
    journal = ProducerJournal.create(tmp_path / "j", 2, 1)
    journal.due_ns[:], journal.sent_ns[:], journal.done_ns[:] = 100, 110, [120, -1]
    journal.outcome[:] = Outcome.ACKED, Outcome.PENDING
    parquet = tmp_path / "p.parquet"
    seal(tmp_path / "j", parquet, warmup=0, errors={}, host="far", clock_offset_ns=-30, closed_ns=200)
    there = read_producer(parquet)
    assert (there.host, there.closed_ns) == ("far", 200)
    times = [column.tolist() for column in (there.due_ns, there.sent_ns, there.done_ns)]
    assert times == [[70, 70], [80, 80], [90, -1]]


def test_a_journal_from_before_any_said_where_it_was_made_is_of_this_machine(tmp_path: Path) -> None:
    journal = ProducerJournal.create(tmp_path / "j", 1, 1)
    journal.due_ns[:], journal.outcome[:] = 100, Outcome.PENDING
    parquet = tmp_path / "p.parquet"
    seal(tmp_path / "j", parquet, warmup=0, errors={}, host="here", clock_offset_ns=5)
    table = pq.read_table(parquet)
    old = {key: value for key, value in table.schema.metadata.items() if key in (b"format", b"producer", b"warmup")}
    pq.write_table(table.replace_schema_metadata(old), parquet)
    read = read_producer(parquet)
    assert (read.producer, read.host, read.due_ns.tolist()) == (1, None, [100])
