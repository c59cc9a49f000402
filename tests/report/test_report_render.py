"""A whole report, of a whole run and of every kind of half one."""

from __future__ import annotations

import csv
import json
import re
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from harness.events import Verdict
from harness.kinds import KINDS
from harness.report import render
from harness.report.charts import CHARTS, Chart, draw_all
from harness.report.data import Data
from harness.report.exports import csv as as_csv
from harness.report.labels import Labels
from harness.report.matrix import WRONG
from harness.report.trials import witnessed
from harness.report.wording import word
from harness.store import Results, ResultsUnusable, TrialRecord

from .synthetic_run import FAULTS, broken, default_sweep, faulty, one, store

_EXPECTED = (
    "anomalies",
    "throughput",
    "p99-2000-s",
    "p99-saturated-max",
    "latency-2000-s-rf1",
    "latency-2000-s-rf3",
    *(f"{chart}-{fault}" for chart in ("timeline", "acks") for fault in FAULTS),
)


@pytest.fixture(scope="module")
def records() -> tuple[TrialRecord, ...]:
    return default_sweep()


@pytest.fixture(scope="module")
def whole(records: Sequence[TrialRecord], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a rendered run."""
    folder = store(tmp_path_factory.mktemp("results") / "whole", records)
    assert render(folder, KINDS.values()) == folder / "report.md"
    return folder


def _few(records: Sequence[TrialRecord], like: Callable[[TrialRecord], bool]) -> list[TrialRecord]:
    return [record for record in records if like(record)]


def _sections(report: str) -> dict[str, str]:
    parts = re.split(r"^#{2,3} (.+)$", report, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _rows(section: str) -> list[list[str]]:
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def _check(folder: Path) -> str:
    """What holds for every report: readable, no placeholder for a missing value, tables whole, links that lead."""
    for page in (folder / "report.md", *(folder / "faults").glob("*.md")):
        text = page.read_text()
        assert not re.search(r"\b(nan|NaN|None|null|inf)\b", text)
        for link in re.findall(r"(?<!\\)\]\(([^)]+)\)", text):
            assert (page.parent / link).is_file(), link
        for section in _sections(text).values():
            for table in re.split(r"\n\n", section):
                assert len({len(row) for row in _rows(table)}) <= 1, table
        assert text.count("<details>") == text.count("</details>")
    return (folder / "report.md").read_text()


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
    report = _check(whole)
    title, verdicts, matrix, _, short, paragraph, table = report.split("\n\n")[:7]
    assert (title, verdicts, short) == ("# Delivery report: default", "## Verdicts", "## In short")
    heads = " | ".join(f"[{fault}](faults/{fault}.md)" for fault in sorted(FAULTS))
    assert matrix.startswith(f"| Client | RF | Configuration | no fault | {heads} |\n")
    lead = "**No promise was seen to break, but not all could be judged**"
    assert paragraph.startswith(f"{lead}: of 78 trials with a fault and 48 trials without a fault, ")
    assert table.startswith("| Configuration |")


def test_every_trial_is_exactly_where_it_belongs(whole: Path, records: Sequence[TrialRecord]) -> None:
    sections = _sections((whole / "report.md").read_text())
    for fault in FAULTS:
        ran = _few(records, lambda r, fault=fault: r.fault.name == fault and r.status != "skipped")  # type: ignore[misc]
        labels = Labels.of(records)
        subjects = Counter((r.client, str(r.config["replication.factor"]), str(labels.configuration(r))) for r in ran)
        page = _sections((whole / "faults" / f"{fault}.md").read_text())
        table = page[f"Trials: {fault}"].split("<details>")[0]
        assert Counter(tuple(row[:3]) for row in _rows(table)[2:]) == subjects
    for record in records:
        named = sections["Not run"].count(f"`{record.id}`")
        assert named == (record.status != "completed"), record.id
    paced = _rows(sections["Latency at a paced load"])[2:]
    saturated = _rows(sections["Throughput, and latency at saturation"])[2:]
    assert (len(paced), len(saturated)) == (24, 24)
    assert {row[3] for row in paced} == {"2,000/s"}
    assert {row[3] for row in saturated} == {"max"}


def test_figures_are_the_records_own(whole: Path, records: Sequence[TrialRecord]) -> None:
    sections = _sections((whole / "report.md").read_text())
    (record,) = _few(records, lambda r: r.id == "confluent-kafka.acks-1.rf3.rate-max.r1")
    assert record.throughput is not None
    rows = _rows(sections["Throughput, and latency at saturation"])
    (row,) = [row for row in rows if row[:3] == ["confluent-kafka", "3", "acks=1"]]
    assert row[4] == f"{record.throughput.messages_per_s:,.0f}"
    verdicts = _rows(sections["Verdicts"])
    assert ["aiokafka", "3", "acks=0", "kept 2 of 2"] in [row[:4] for row in verdicts]
    (row,) = [row for row in verdicts if row[:3] == ["kafka-python", "3", "acks=0"]]
    assert row[7] == "reproduced: 300 lost, 2 reordered"


def test_what_no_promise_rules_out_is_called_allowed_everywhere(whole: Path) -> None:
    sections = _sections((whole / "report.md").read_text())
    (row,) = [row for row in _rows(sections["Verdicts"]) if row[:3] == ["kafka-python", "3", "acks=all"]]
    assert row[7] == "allowed: 2 reordered"
    head, _, *promises = _rows(sections["In short"].split("\n\nWhat it cost")[0])
    (of_all,) = [row for row in promises if row[0] == "acks=all"]
    assert dict(zip(head, of_all, strict=True))["allowed"] == "1"
    who = "| kafka-python, acks=all, RF 3 |"
    page = (whole / "faults" / "zombie-leader.md").read_text()
    assert f"{who} allowed: 2 reordered | as the rules say | set enable.idempotence=true (kept 1 of 1) |" in page
    summary = json.loads((whole / "summary.json").read_text())
    assert summary["verdicts"]["allowed"] == 1
    assert [cell["fault"] for cell in summary["cells"] if cell["verdict"] == "allowed"] == ["zombie-leader"]


def test_a_promise_says_what_it_covers_where_it_is_claimed(whole: Path) -> None:
    sections = _sections((whole / "report.md").read_text())
    for section in (sections["In short"], sections["How to read this"]):
        assert (
            "as long as the same producer lives (KIP-98). A producer that is restarted duplicates under it" in section
        )


def test_every_verdict_and_every_kind_of_wrong_has_its_words(whole: Path) -> None:
    reading = _sections((whole / "report.md").read_text())["How to read this"]
    transactional = {"aborted_visible", "torn_transaction", "hung_transaction", "fenced_visible", "hung_call"}
    transactional |= {"redelivered", "skipped", "poll_skipped", "poll_again", "poll_back"}
    for anomaly in {*WRONG} - transactional:
        assert f"*{word(anomaly)}*" in reading, anomaly
    for verdict in Verdict:
        assert f"*{verdict.value}*:" in reading, verdict


def test_ratios_of_one_repeat_carry_the_words_and_are_not_in_short(whole: Path) -> None:
    lead = _sections((whole / "report.md").read_text())["In short"]
    paragraph = lead.split("\n\n")[1]
    assert "throughput" not in paragraph
    assert "One repeat each: no difference can be told." in lead


def test_an_unsteady_trial_is_marked_and_named(whole: Path) -> None:
    sections = _sections((whole / "report.md").read_text())
    section = sections["Throughput, and latency at saturation"]
    marked = [row[:3] for row in _rows(section) if row[4].endswith("†")]
    assert marked == [["kafka-python", "3", "acks=0"]]
    assert "- kafka-python, acks=0, RF 3, load max, repeat 1" in section


def _content(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_report_made_again_is_the_same(whole: Path, tmp_path: Path) -> None:
    few = _few(Results.open(whole).records(), lambda r: r.client == "aiokafka" and r.config["acks"] == "1")
    # A figure of every kind.
    few = _few(few, lambda r: r.config["replication.factor"] == 3 and r.fault.name in ("none", "lose-ack"))
    folder = store(tmp_path / "again", few)
    render(folder, KINDS.values())
    first = _content(folder)
    render(folder, KINDS.values())
    assert _content(folder) == first


def test_the_commands_in_a_report_can_be_typed_as_they_are(tmp_path: Path) -> None:
    folder = store(tmp_path / "it's ü, a=b#c:d\\e", [one()])
    render(folder, KINDS.values())
    commands = [line for line in (folder / "report.md").read_text().splitlines() if line.startswith("harness ")]
    assert [shlex.split(line, comments=True) for line in commands] == [
        ["harness", command, str(folder)] for command in ("report", "check")
    ]


def test_every_start_of_a_run_that_was_gone_on_with_is_said(tmp_path: Path) -> None:
    first = {"started": "2026-01-01", "harness_version": "0.1.0", "git": None, "clients": {"aiokafka": "0.14.0"}}
    then = {**first, "started": "2026-01-02", "git": {"commit": "abc", "dirty": False}, "kernel": "Linux 7"}
    folder = store(tmp_path / "run", [one()], starts=[first])
    render(folder, KINDS.values())
    assert "started more than once" not in _check(folder)
    folder = store(tmp_path / "again", [one()], starts=[first, then])
    render(folder, KINDS.values())
    report = _check(folder)
    assert "- 2026-01-01, harness 0.1.0, aiokafka 0.14.0\n" in report
    assert "- 2026-01-02, harness 0.1.0 at commit abc, aiokafka 0.14.0, Linux 7\n" in report


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
    costs = summary["costs"]
    assert (costs["against"], costs["repeats"], costs["differences_can_be_told"]) == ("acks=1", 1, False)


def test_no_trials(tmp_path: Path) -> None:
    folder = store(tmp_path / "run", [], ended=None, planned=144)
    render(folder, KINDS.values())
    report = _check(folder)
    assert "No trial has ended" in report
    assert "144 of the 144 planned trials did not run" in report
    for chart in CHARTS:
        assert f"- {chart.name}: {chart.without}" in report
    assert (folder / "trials.csv").read_text().startswith("format,id,key,name,kind,repeat,")


def test_a_run_file_with_nothing_in_it_but_its_format(tmp_path: Path) -> None:
    folder = tmp_path / "bare"
    folder.mkdir()
    (folder / "run.json").write_text('{"format": 1}')
    Results(folder).append(one())
    render(folder, KINDS.values())
    assert _check(folder).startswith("# Delivery report: bare")


def test_only_faults_of_an_interrupted_run(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    few = _few(records, lambda r: r.fault.name == "lose-ack" and r.client == "aiokafka")
    folder = store(tmp_path / "run", few, ended=None, planned=144)
    render(folder, KINDS.values())
    report = _check(folder)
    assert "136 of the 144 planned trials did not run" in report
    assert "No performance was measured." in report
    assert "- throughput: no performance trial with rate: max has figures" in report
    assert {path.stem for path in (folder / "charts").iterdir()} == {
        "anomalies",
        "acks-lose-ack",
        "timeline-lose-ack",
    }


def test_only_performance(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    folder = store(tmp_path / "run", _few(records, lambda r: r.kind == "performance" and r.config["acks"] == "1"))
    render(folder, KINDS.values())
    report = _check(folder)
    assert "No fault was injected" in report
    assert "- acks over time under a fault: no fault trial has a rate over time" in report
    assert "## Faults" not in report


def test_only_trials_that_failed(tmp_path: Path) -> None:
    failed = [
        one(id="a", fault="lose-ack", status="failed", reason="the worker | died"),
        one(id="b", status="interrupted", reason=None),
    ]
    folder = store(tmp_path / "run", failed)
    render(folder, KINDS.values())
    report = _check(folder)
    assert "**failed, 1 trial**: the worker \\| died" in report
    assert "**interrupted, 1 trial**: no reason was recorded" in report


def test_broken_is_the_first_thing_said_after_the_matrix(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    (kept,) = _few(records, lambda r: r.id == "aiokafka.acks-all.rf3.kill-leader.r1")
    folder = store(tmp_path / "run", [broken(kept)])
    render(folder, KINDS.values())
    report = _check(folder)
    assert "| **BROKEN**: 12 lost |" in report.split("\n\n")[2]
    lead = _sections(report)["In short"].strip()
    assert lead.startswith("- **BROKEN: aiokafka, acks=all, RF 3, kill-leader: lost 12**")
    first_ten = "producer 0; sequence 0, 1, 2, 3, 4, 5, 6, 7, 8, 9; partition 0; outcome acked"
    assert f"- lost, first 10 of 12: {first_ten}" in (folder / "faults" / "kill-leader.md").read_text()


def test_repeats_have_medians_and_extents(tmp_path: Path) -> None:
    few = _few(default_sweep(repeats=3), lambda r: r.client == "aiokafka" and r.config["acks"] in ("0", "1"))
    few = _few(few, lambda r: r.load["rate"] == "max" or r.fault.name == "kill-leader")
    folder = store(tmp_path / "run", few)
    render(folder, KINDS.values())
    sections = _sections(_check(folder))
    rows = _rows(sections["Throughput, and latency at saturation"])[2:]
    assert all(re.fullmatch(r"[\d,]+ \([\d,]+–[\d,]+\)", row[4]) for row in rows)
    assert re.search(r"reproduced 3 of 3 \(29–100 %\): \d+–\d+ lost", sections["Verdicts"])
    assert re.search(r"had \d\.\d\dx \(\d\.\d\dx to \d\.\d\dx over all repeats\) the throughput", sections["In short"])
    (ratio,) = {row[-1].split(" ·")[0] for row in _rows(sections["In short"]) if row[:2] == ["3", "acks=0"]}
    assert re.fullmatch(r"\d\.\d\dx \(\d\.\d\dx to \d\.\d\dx\)", ratio)
    assert "no difference can be told" not in sections["In short"]


def test_text_of_unknown_origin_cannot_break_the_page(tmp_path: Path) -> None:
    nasty = "a | b <script> `c` [d](e)\n# f"
    record = one(fault="lose-ack", verdict_reason=nasty, witnesses={"lost": [{"error": nasty}]}, errors={nasty: 2})
    folder = store(tmp_path / "run", [record], name=nasty, notes=[nasty], java=nasty)
    render(folder, KINDS.values())
    report = _check(folder)
    assert not re.search(r"(?<!\\)<script>", report)
    assert "\n# f" not in report


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


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultsUnusable):
        render(tmp_path, KINDS.values())


def test_witnesses_say_once_what_they_share_and_leave_out_what_none_has() -> None:
    pair = [{"partition": 0, "sequence": i, "offsets": [i, i + 9], "error": None} for i in (3, 4)]
    assert witnessed(pair) == "partition 0; sequence 3, 4; offsets 3/12, 4/13"
    assert witnessed(pair[:1]) == "partition 0; sequence 3; offsets 3/12"
    assert witnessed([{"sequence": 3, "offsets": []}, {"sequence": 4, "offsets": [7]}]) == "sequence 3, 4; offsets —, 7"
