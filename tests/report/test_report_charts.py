"""What charts show, where it is more than the numbers they are given."""

from __future__ import annotations

import subprocess
import sys
import warnings
from collections import Counter
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from harness.events import Verdict
from harness.report.charts import ack_rate, anomalies, cost, curves, latency, throughput, timeline
from harness.report.data import Data
from harness.report.labels import Labels
from harness.store import FaultRecord, Throughput, TrialRecord

from . import synthetic_records
from .synthetic_costs import cost_sweep, paid
from .synthetic_records import one, percentiles
from .synthetic_run import default_sweep


def _paced(messages: int, **given: object) -> TrialRecord:
    ms = np.linspace(1, 100, messages)
    return one(load={"rate": 500.0, "message_size": 100}, latency_ms=percentiles(ms), **given)


@pytest.mark.parametrize(
    ("modules", "unwanted"),
    [
        ("harness.report, harness.report.closing", "matplotlib"),
        ("harness.report.document, harness.report.exports", "matplotlib, kafka, aiokafka, confluent_kafka"),
    ],
)
def test_a_table_draws_nothing_and_advice_asks_no_client(modules: str, unwanted: str) -> None:
    check = f"import sys, {modules}; print({{*'{unwanted}'.split(', ')}} & {{*sys.modules}})"
    said = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "set()"


def test_the_anomalies_of_many_configurations_get_a_figure_a_client() -> None:
    records = [
        one(
            client=client,
            config={"linger.ms": linger},
            fault="lose-ack",
            anomalies=synthetic_records.anomalies(lost=linger),
        )
        for client in ("aiokafka", "confluent-kafka")
        for linger in range(20)
    ]
    assert [drawn.name for drawn in anomalies.draw(Data(records))] == [
        "anomalies-aiokafka",
        "anomalies-confluent-kafka",
    ]
    assert [drawn.name for drawn in anomalies.draw(Data(records[:20]))] == ["anomalies"]


def test_a_cell_says_its_counts_and_whether_they_prove_anything() -> None:
    found = {
        "a": one(fault="a", verdict=Verdict.KEPT, anomalies=synthetic_records.anomalies()),
        "b": one(fault="b", verdict=Verdict.NOT_EXERCISED, anomalies=synthetic_records.anomalies()),
        "c": one(fault="c", verdict=Verdict.BROKEN, anomalies=synthetic_records.anomalies(lost=3, duplicate=2)),
        "d": one(fault="d", status="failed", reason="it died"),
        "e": one(fault="e", status="skipped", reason="no"),
        "f": one(fault="f", verdict=Verdict.ALLOWED, anomalies=synthetic_records.anomalies(lost=3)),
        "g": one(fault="g", verdict=Verdict.REPRODUCED, anomalies=synthetic_records.anomalies(lost=3)),
    }
    (drawn,) = anomalies.draw(Data(list(found.values())))
    (panel,) = drawn.figure().axes
    words = ["0", "0\nnot exercised", "BROKEN\nlost 3\ndup 2", "unknown", "○ lost 3", "lost 3"]
    assert [text.get_text() for text in panel.texts] == words


def test_every_verdict_looks_different_without_any_colour_and_is_in_the_legend() -> None:
    said = {
        Verdict.KEPT: "0: nothing",
        Verdict.ALLOWED: "○ allowed",
        Verdict.REPRODUCED: "lost",
        Verdict.BROKEN: "broken",
        Verdict.NOT_EXERCISED: "not exercised",
        Verdict.UNKNOWN: "unknown",
    }
    records = [
        one(
            fault=verdict,
            verdict=verdict,
            anomalies=synthetic_records.anomalies(lost=verdict not in ("kept", "unknown")),
        )
        for verdict in said
    ]
    (drawn,) = anomalies.draw(Data(records))
    figure = drawn.figure()
    (panel,) = figure.axes
    looks = {
        (box.get_linewidth(), str(box.get_linestyle()), box.get_hatch(), text.get_text().replace("lost 1", "0"))
        for box, text in zip(panel.patches, panel.texts, strict=True)
    }
    assert len(looks) == len(said) - 1  # kept and reproduced are told apart by their counts
    (legend,) = figure.legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert all(any(label.startswith(words) for label in labels) for words in said.values())
    assert "reproduced, as the rules expect" in legend.get_title().get_text()


def test_configurations_of_many_words_are_written_out_beside_their_bars() -> None:
    records = [
        one(
            client=client,
            config={
                "acks": acks,
                "linger.ms": linger,
                "batch.size": 16_384 * linger,
                "buffer.memory": 33_554_432 * linger,
                "max.in.flight.requests.per.connection": linger,
                "delivery.timeout.ms": 60_000 * linger,
                "request.timeout.ms": 30_000 * linger,
            },
            throughput=Throughput(messages_per_s=1_000, mb_per_s=1, span_s=1),
        )
        for client in ("aiokafka", "confluent-kafka", "kafka-python")
        for acks in ("1", "all")
        for linger in (1, 2)
    ]
    (drawn,) = throughput.draw(Data(records))
    figure = drawn.figure()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a panel that is left no width is one
        figure.draw_without_rendering()
    labels = figure.axes[0].get_yticklabels()
    edges = [label.get_window_extent() for label in labels]
    assert min(edge.x0 for edge in edges) >= 0
    assert all(lower.y1 < upper.y0 for upper, lower in pairwise(edges))


def test_bars_take_a_log_scale_only_where_a_short_one_would_vanish() -> None:
    def fast(acks: str, per_s: float) -> TrialRecord:
        return one(config={"acks": acks}, throughput=Throughput(messages_per_s=per_s, mb_per_s=1, span_s=1))

    (linear,) = throughput.draw(Data([fast("0", 40_000), fast("all", 1_000)]))
    (logarithmic,) = throughput.draw(Data([fast("0", 60_000), fast("all", 1_000)]))
    assert linear.figure().axes[0].get_xscale() == "linear"
    assert logarithmic.figure().axes[0].get_xscale() == "log"
    assert "log scale" in logarithmic.figure().axes[0].get_xlabel()
    assert [text.get_text() for text in linear.figure().axes[0].texts] == ["40.0k", "1.00k"]


def test_paced_and_saturated_latency_never_share_a_figure() -> None:
    saturated = one(latency_ms=percentiles(np.full(200, 90.0)))
    data = Data([_paced(200), saturated])
    assert [drawn.name for drawn in latency.draw_paced(data)] == ["p99-500-s"]
    assert [drawn.name for drawn in latency.draw_saturated(data)] == ["p99-saturated-max"]
    assert [drawn.name for drawn in curves.draw(data)] == ["latency-500-s-rf3"]


def test_too_few_messages_have_no_p99() -> None:
    assert list(latency.draw_paced(Data([_paced(99)]))) == []


def test_a_curve_ends_where_no_whole_message_lies_beyond() -> None:
    (drawn,) = curves.draw(Data([_paced(1_000), _paced(1_000, id="b", repeat=2)]))
    line, marks = drawn.figure().axes[0].lines
    x = np.asarray(line.get_xdata(), float)
    assert 2.9 < x.max() <= -np.log10(1 / 2_000) + 1e-9
    assert len(np.asarray(marks.get_xdata())) == 4  # at 50, 90, 99 and 99.9


def test_acks_over_time_show_the_first_repeat_and_its_own_fault() -> None:
    def acked(repeat: int, per_s: float) -> TrialRecord:
        return one(
            id=str(repeat),
            repeat=repeat,
            fault=FaultRecord(name="kill-leader", fired=True, start_s=0.1, end_s=0.2),
            ack_rate=[[0.0, per_s], [0.1, 0.0], [0.2, per_s]],
            ack_rate_bin_s=0.1,
        )

    (drawn,) = ack_rate.draw(Data([acked(2, 70), acked(1, 50)]))
    (panel,) = drawn.figure().axes
    line, fault = panel.patches
    assert np.asarray(line.get_path().vertices, float)[:, 1].max() == 50
    assert fault.get_extents().transformed(panel.transData.inverted()).x0 == 0.1


def test_many_faults_make_the_anomalies_higher_and_not_wider() -> None:
    faults = [f"fault-{number}" for number in range(30)]
    records = [
        one(client=client, config={"acks": acks}, fault=fault, anomalies=synthetic_records.anomalies(lost=1))
        for client in ("aiokafka", "kafka-python")
        for acks in ("0", "1", "all")
        for fault in faults
    ]
    drawn = list(anomalies.draw(Data(records)))
    assert [each.name for each in drawn] == ["anomalies-aiokafka", "anomalies-kafka-python"]
    for each in drawn:
        (panel,) = each.figure().axes
        assert {label.get_text() for label in panel.get_yticklabels()} == set(faults)
        assert len(panel.get_xticklabels()) == 3
        assert each.figure().get_figwidth() == 10


def _course(acks: str = "all", **given: Any) -> TrialRecord:
    events = [
        {"at_s": -0.5, "what": "leader", "leader": 3, "epoch": 0},
        {"at_s": -0.5, "what": "isr", "isr": [1, 2, 3], "leader": 3},
        {"at_s": 0.1, "what": "kill", "node": 3},
        {"at_s": 0.25, "what": "leader", "leader": -1, "epoch": 1},
        {"at_s": 0.2, "what": "isr", "isr": [1, 2], "leader": 3},
        {"at_s": 0.3, "what": "sent", "total": 9},
    ]
    return one(
        config={"acks": acks},
        **{
            "fault": FaultRecord(name="kill-leader", fired=True, start_s=0.1, end_s=0.1, events=events),
            "ack_rate": [[0.0, 40.0], [0.1, 0.0], [0.2, 80.0]],
            "error_rate": [[0.0, 0.0], [0.1, 120.0], [0.2, 0.0]],
            "ack_rate_bin_s": 0.1,
            "verdict": Verdict.KEPT,
            **given,
        },
    )


def test_a_course_has_acks_errors_what_was_done_and_who_led() -> None:
    (drawn,) = timeline.draw(Data([_course()]))
    assert (drawn.name, drawn.fault) == ("timeline-kill-leader", "kill-leader")
    rates, strip = drawn.figure().axes
    heights = [np.asarray(stairs.get_path().vertices, float)[:, 1].max() for stairs in rates.patches[:2]]
    assert heights == [80, 120]
    assert [text.get_text() for text in rates.texts if text.get_text()] == ["kill broker 3"]
    assert [text.get_text() for text in strip.texts] == ["3", "none", "1, 2, 3", "1, 2"]
    assert strip.get_xlim() == rates.get_xlim()


def test_an_old_record_without_leader_or_errors_has_a_course_all_the_same() -> None:
    bare = FaultRecord(name="kill-leader", fired=True, events=[{"at_s": 0.1, "what": "kill", "node": 3}])
    (drawn,) = timeline.draw(Data([_course(fault=bare, error_rate=None)]))
    (rates,) = drawn.figure().axes
    assert [text.get_text() for text in rates.texts if text.get_text()] == ["kill broker 3"]
    (note,) = [legend.get_title().get_text() for legend in drawn.figure().legends]
    assert note == "errors over time are not on record; leader and in-sync replicas are not on record"


def test_the_trial_to_look_at_is_a_broken_one_else_one_that_shows_the_fault_else_the_strongest() -> None:
    weak, strong = _course("1", id="weak"), _course("all", id="strong")
    shows, unconfirmed = (_course(acks, id=f"shows-{acks}", verdict=Verdict.REPRODUCED) for acks in ("1", "0"))
    again = _course("all", id="again", repeat=2)
    broken = _course("0", id="broken", verdict=Verdict.BROKEN)
    unfired = _course("all", id="unfired", verdict=Verdict.BROKEN, fault="kill-leader")
    unfired = unfired.model_copy(update={"fault": FaultRecord(name="kill-leader", fired=False)})
    labels = Labels.of([weak, strong])
    assert timeline.representative([weak, again, strong], labels).id == "strong"
    assert timeline.representative([weak, again, strong, shows, unconfirmed], labels).id == "shows-1"
    assert timeline.representative([unfired, weak, again, strong, broken], labels).id == "broken"


def test_no_acks_at_all_draw_nothing() -> None:
    assert list(ack_rate.draw(Data([one(fault="lose-ack", ack_rate=[[0.0, 0.0]], ack_rate_bin_s=0.1)]))) == []


def test_costs_are_drawn_against_what_varies_with_a_line_a_client_and_one_for_what_is_in_no_transaction() -> None:
    drawn = {each.name: each for each in cost.draw(Data(cost_sweep()))}
    assert drawn.keys() == {
        "cost-transaction-interval-ms-rf3-100",
        "cost-pipeline-batch-aiokafka-rf3-100",
        "cost-pipeline-batch-confluent-kafka-rf3-100",
    }
    throughput, committed, end_to_end = drawn["cost-transaction-interval-ms-rf3-100"].figure().axes
    for panel in (throughput, committed, end_to_end):
        lines = [line for line in panel.lines if line.get_marker() in ("o", "s") and line.get_linestyle() == "-"]
        assert [np.asarray(line.get_xdata()).tolist() for line in lines] == [[10, 100, 1_000]] * 2
        assert Counter(line.get_linestyle() for line in panel.lines if line not in lines)[":"] == 2
    throughput.figure.canvas.draw()
    assert [label.get_text() for label in throughput.get_xticklabels() if label.get_text()][1:-1] == [
        "10",
        "100",
        "1,000",
    ]
    at_100 = [
        trial.committed_ms.p99
        for trial in cost_sweep()
        if (trial.client, trial.load["rate"]) == ("aiokafka", 1_000)
        and trial.config.get("transaction.interval.ms") == 100
        and trial.committed_ms
    ]
    (of_aiokafka,) = [line for line in committed.lines if line.get_marker() == "o"]
    assert np.asarray(of_aiokafka.get_ydata())[1] == pytest.approx(np.median(at_100))


def test_a_size_that_no_transaction_of_the_load_comes_to_is_no_point() -> None:
    records = [
        paid(
            "aiokafka",
            {"transactional": True, "transaction.messages": size, "transaction.interval.ms": 10},
            1_000,
            1,
            np.random.default_rng(size),
        )
        for size in (10, 100, 5_000)
    ]
    (drawn,) = cost.draw(Data(records))
    assert drawn.name == "cost-transaction-messages-rf3-100"
    (line,) = [line for line in drawn.figure().axes[1].lines if line.get_marker() == "o"]
    assert np.asarray(line.get_xdata()).tolist() == [10, 100]


def test_what_does_not_vary_has_no_chart_of_its_cost() -> None:
    assert list(cost.draw(Data(default_sweep()))) == []
