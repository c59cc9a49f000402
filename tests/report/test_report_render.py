"""A whole report of a whole run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from PIL import Image

from harness.events import Verdict
from harness.kinds import KINDS
from harness.report import render
from harness.report.charts import CHARTS, Chart, draw_all
from harness.report.data import Data
from harness.report.labels import Labels
from harness.report.matrix import WRONG
from harness.report.trials import witnessed
from harness.report.wording import word
from harness.store import Results, TrialRecord

from .markdown import check, rows_of, sections_of
from .synthetic_records import only, store
from .synthetic_run import FAULTS, faulty

_EXPECTED = (
    "anomalies",
    "throughput",
    "p99-2000-s",
    "p99-saturated-max",
    "latency-2000-s-rf1",
    "latency-2000-s-rf3",
    *(f"{chart}-{fault}" for chart in ("timeline", "acks") for fault in FAULTS),
)


def test_every_chart_is_there_and_is_an_image(whole: Path) -> None:
    assert {path.name for path in (whole / "charts").iterdir()} == {
        f"{name}.{suffix}" for name in _EXPECTED for suffix in ("png", "svg")
    }
    for name in _EXPECTED:
        with Image.open(whole / "charts" / f"{name}.png") as image:
            image.verify()
            assert image.size[0] == 1500
        assert ElementTree.parse(whole / "charts" / f"{name}.svg").getroot().tag.endswith("svg")


def test_the_matrix_comes_first_then_the_answer(whole: Path) -> None:
    report = check(whole)
    title, verdicts, matrix, _, short, paragraph, table = report.split("\n\n")[:7]
    assert (title, verdicts, short) == ("# Delivery report: default", "## Verdicts", "## In short")
    heads = " | ".join(f"[{fault}](faults/{fault}.md)" for fault in sorted(FAULTS))
    assert matrix.startswith(f"| Client | RF | Configuration | no fault | {heads} |\n")
    lead = "**No promise was seen to break, but not all could be judged**"
    assert paragraph.startswith(f"{lead}: of 78 trials with a fault and 48 trials without a fault, ")
    assert table.startswith("| Configuration |")


def test_every_trial_is_exactly_where_it_belongs(whole: Path, records: Sequence[TrialRecord]) -> None:
    sections = sections_of((whole / "report.md").read_text())
    for fault in FAULTS:
        ran = only(records, lambda r, fault=fault: r.fault.name == fault and r.status != "skipped")  # type: ignore[misc]
        labels = Labels.of(records)
        subjects = Counter((r.client, str(r.config["replication.factor"]), str(labels.configuration(r))) for r in ran)
        page = sections_of((whole / "faults" / f"{fault}.md").read_text())
        table = page[f"Trials: {fault}"].split("<details>")[0]
        assert Counter(tuple(row[:3]) for row in rows_of(table)[2:]) == subjects
    for record in records:
        named = sections["Not run"].count(f"`{record.id}`")
        assert named == (record.status != "completed"), record.id
    paced = rows_of(sections["Latency at a paced load"])[2:]
    saturated = rows_of(sections["Throughput, and latency at saturation"])[2:]
    assert (len(paced), len(saturated)) == (24, 24)
    assert {row[3] for row in paced} == {"2,000/s"}
    assert {row[3] for row in saturated} == {"max"}


def test_figures_are_the_records_own(whole: Path, records: Sequence[TrialRecord]) -> None:
    sections = sections_of((whole / "report.md").read_text())
    (record,) = only(records, lambda r: r.id == "confluent-kafka.acks-1.rf3.rate-max.r1")
    assert record.throughput is not None
    rows = rows_of(sections["Throughput, and latency at saturation"])
    (row,) = [row for row in rows if row[:3] == ["confluent-kafka", "3", "acks=1"]]
    assert row[4] == f"{record.throughput.messages_per_s:,.0f}"
    verdicts = rows_of(sections["Verdicts"])
    assert ["aiokafka", "3", "acks=0", "kept 2 of 2"] in [row[:4] for row in verdicts]
    (row,) = [row for row in verdicts if row[:3] == ["kafka-python", "3", "acks=0"]]
    assert row[7] == "reproduced: 300 lost, 2 reordered"


def test_what_no_promise_rules_out_is_called_allowed_everywhere(whole: Path) -> None:
    sections = sections_of((whole / "report.md").read_text())
    (row,) = [row for row in rows_of(sections["Verdicts"]) if row[:3] == ["kafka-python", "3", "acks=all"]]
    assert row[7] == "allowed: 2 reordered"
    head, _, *promises = rows_of(sections["In short"].split("\n\nWhat it cost")[0])
    (of_all,) = [row for row in promises if row[0] == "acks=all"]
    assert dict(zip(head, of_all, strict=True))["allowed"] == "1"
    who = "| kafka-python, acks=all, RF 3 |"
    page = (whole / "faults" / "zombie-leader.md").read_text()
    assert f"{who} allowed: 2 reordered | as the rules say | set enable.idempotence=true (kept 1 of 1) |" in page
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["verdicts"]["allowed"] == 1
    assert [cell["fault"] for cell in summary["cells"] if cell["verdict"] == "allowed"] == ["zombie-leader"]


def test_a_promise_says_what_it_covers_where_it_is_claimed(whole: Path) -> None:
    sections = sections_of((whole / "report.md").read_text())
    for section in (sections["In short"], sections["How to read this"]):
        assert (
            "as long as the same producer lives (KIP-98). A producer that is restarted duplicates under it" in section
        )


def test_every_verdict_and_every_kind_of_wrong_has_its_words(whole: Path) -> None:
    reading = sections_of((whole / "report.md").read_text())["How to read this"]
    transactional = {"aborted_visible", "torn_transaction", "hung_transaction", "fenced_visible", "hung_call"}
    transactional |= {"redelivered", "skipped", "poll_skipped", "poll_again", "poll_back"}
    for anomaly in {*WRONG} - transactional:
        assert f"*{word(anomaly)}*" in reading, anomaly
    for verdict in Verdict:
        assert f"*{verdict.value}*:" in reading, verdict


def test_of_one_repeat_nothing_is_said_to_cost_anything(whole: Path) -> None:
    sections = sections_of((whole / "report.md").read_text())
    assert "throughput" not in sections["In short"]
    assert sections["What it cost"].strip() == (
        "What it cost cannot be told from 1 pair of repeats: it takes 6. The figures are under Performance."
    )


def test_an_unsteady_trial_is_marked_and_named(whole: Path) -> None:
    sections = sections_of((whole / "report.md").read_text())
    section = sections["Throughput, and latency at saturation"]
    marked = [row[:3] for row in rows_of(section) if row[4].endswith("†")]
    assert marked == [["kafka-python", "3", "acks=0"]]
    assert "- kafka-python, acks=0, RF 3, load max, repeat 1: falls from 117 % to 83 % of its mean" in section


def _content(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_made_again_is_the_same(whole: Path, tmp_path: Path) -> None:
    few = only(Results.open(whole).records(), lambda r: r.client == "aiokafka" and r.config["acks"] == "1")
    # A figure of every kind.
    few = only(few, lambda r: r.config["replication.factor"] == 3 and r.fault.name in ("none", "lose-ack"))
    folder = store(tmp_path / "again", few)
    render(folder, KINDS.values())
    first = _content(folder)
    render(folder, KINDS.values())
    assert _content(folder) == first


def test_a_chart_that_fails_is_named_and_costs_nothing_else(tmp_path: Path) -> None:
    import numpy as np

    records = [faulty("aiokafka", ("all", False), 3, "lose-ack", 1, np.random.default_rng(1))]

    def fails(data: Data) -> object:
        raise ZeroDivisionError("of all things")

    charts = [Chart("doomed", "", fails), *CHARTS]  # type: ignore[arg-type]
    gallery = draw_all(Data(records), tmp_path, charts)
    assert gallery.left_out[0] == "doomed: drawing it failed (ZeroDivisionError: of all things)"
    assert [picture.png for picture in gallery.pictures] == [
        "charts/anomalies.png",
        "charts/timeline-lose-ack.png",
        "charts/acks-lose-ack.png",
    ]


def test_witnesses_say_once_what_they_share_and_leave_out_what_none_has() -> None:
    pair = [{"partition": 0, "sequence": i, "offsets": [i, i + 9], "error": None} for i in (3, 4)]
    assert witnessed(pair) == "partition 0; sequence 3, 4; offsets 3/12, 4/13"
    assert witnessed(pair[:1]) == "partition 0; sequence 3; offsets 3/12"
    assert witnessed([{"sequence": 3, "offsets": []}, {"sequence": 4, "offsets": [7]}]) == "sequence 3, 4; offsets —, 7"
