"""Tables for programs: every trial is in them, and they say what the report says."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from harness.report.data import Data
from harness.report.exports import csv as as_csv
from harness.store import TrialRecord

from .synthetic_records import one


def test_the_flat_table_has_every_trial_and_loses_nothing(whole: Path, records: Sequence[TrialRecord]) -> None:
    with (whole / "trials.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows.keys() == {record.id for record in records}
    row = rows["aiokafka.acks-all.idempotent.rf3.rate-2000.r1"]
    assert (row["config.enable.idempotence"], row["config.replication.factor"]) == ("true", "3")
    assert float(row["latency_ms.p99.9"]) > float(row["latency_ms.p99"]) > 0
    assert row["fault.start_s"] == ""
    assert not [name for name in row if "hdr" in name]


def test_no_cell_is_a_formula_and_numbers_stay_numbers(tmp_path: Path) -> None:
    texts = ["=1+1", "+cmd", "-x", "@sum", "\tx"]
    records = [one(id=str(i), reason=text) for i, text in enumerate(texts)]
    records += [one(id="number", config={"a": -1, "b": "-1", "c": -1.5e-7, "d": "+2.5", "e": "-1e9"})]
    (tmp_path / "trials.csv").write_text(as_csv.export(Data(records)))
    with (tmp_path / "trials.csv").open() as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert [rows[str(i)]["reason"] for i in range(len(texts))] == [f"'{text}" for text in texts]
    said = [rows["number"][f"config.{name}"] for name in "abcde"]
    assert said == ["-1", "-1", "-1.5e-07", "+2.5", "-1e9"] and all(map(float, said))


def test_the_summary_says_what_the_report_says(whole: Path) -> None:
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["trials"] == {"planned": 144, "recorded": 144, "completed": 125, "skipped": 18, "failed": 1}
    assert summary["broken"] == []
    assert len(summary["cells"]) == 24 * 5
    (cell,) = [
        cell
        for cell in summary["cells"]
        if (cell["client"], cell["replication_factor"], cell["configuration"], cell["fault"])
        == ("kafka-python", 3, "acks=all", "lose-ack")
    ]
    assert (cell["verdict"], cell["alike"], cell["unruled"]) == ("reproduced", 1, [])
    assert cell["safe_instead"] == {
        "measured": True,
        "client": "kafka-python",
        "trials": 1,
        "changes": {"enable.idempotence": True},
        "allowed": [],
        "because": [],
    }
    assert len(summary["performance"]) == 48
    costs = {found["against"]: found["rows"] for found in summary["costs"]}
    assert costs.keys() == {"acks=1", "the guarantee before it", "the fewest replicas"}
    ratios = [ratio for rows in costs.values() for row in rows for ratio in row["ratios"].values()]
    assert {(ratio["pairs"], ratio["confident"], ratio["told"], ratio["less_than"]) for ratio in ratios} == {
        (1, False, False, None)
    }
