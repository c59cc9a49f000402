"""What is said to cost something: only differences that the next run would not contradict, against what was named
before anything was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from harness.events import Verdict
from harness.report.blocks import Bullets, Table, Text
from harness.report.costs import FIGURES, MARGIN, Costs, Paired, of_guarantees, of_replicas, of_steps, pairs
from harness.report.data import Data
from harness.report.labels import Labels
from harness.report.performance import Performance, performances
from harness.report.priced import prices, said, told
from harness.store import Throughput, TransactionCounts, TrialRecord

from .synthetic_costs import cost_sweep
from .synthetic_records import one, percentiles
from .written import in_markdown

_PER_S = FIGURES["throughput"].value


def went(per_s: float, repeat: int = 1, **given: Any) -> TrialRecord:
    """``given`` is a client, whether it was steady, and settings."""
    client, steady = given.pop("client", "aiokafka"), given.pop("steady", True)
    fast = Throughput(messages_per_s=per_s, mb_per_s=per_s / 1e4, span_s=2, steady=steady)
    return one(repeat=repeat, client=client, throughput=fast, verdict=Verdict.KEPT, config={"acks": "1", **given})


def late(acks: str, ms: float, rate: float = 2_000, repeat: int = 1) -> TrialRecord:
    took, load = percentiles(np.full(1_000, ms)), {"rate": rate, "message_size": 100}
    return one(config={"acks": acks}, load=load, repeat=repeat, verdict=Verdict.KEPT, latency_ms=took)


def rounds(per_s: float, wobble: Sequence[float], **given: Any) -> list[TrialRecord]:
    return [went(per_s * each, repeat, **given) for repeat, each in enumerate(wobble, start=1)]


def measured(records: Sequence[TrialRecord]) -> list[Performance]:
    return performances(records, Labels.of(records))


def middles(found: Costs, figure: str = "throughput") -> list[float | None]:
    return [of.middle if (of := row.ratios.get(figure)) else None for row in found.rows]


def test_ratios_are_of_repeats_of_one_round() -> None:
    these = [went(50, 1), went(80, 2), went(30, 3), went(9, 4)]
    those = [went(100, 2), went(200, 1), went(60, 3)]
    assert pairs(these, those, _PER_S) == Paired(0.5, 0.25, 0.8, 3, confident=False)
    assert pairs(these, [went(1, 9)], _PER_S) is None


def test_of_six_pairs_the_interval_is_one_of_confidence() -> None:
    found = pairs(rounds(50, [1] * 6), rounds(100, [1] * 6), _PER_S)
    assert found is not None
    assert found.confident and found.pairs == 6
    assert found.middle == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("ratio", "words"),
    [
        (Paired(0.5, 0.4, 0.6, 6, confident=True), "**0.50x (0.40x to 0.60x)**"),
        (Paired(1.2, 1.06, 1.3, 6, confident=True), "**1.20x (1.06x to 1.30x)**"),
        (Paired(1.1, 1.04, 1.3, 6, confident=True), "no difference told (less than 30 %)"),
        (Paired(0.9, 0.7, 0.96, 6, confident=True), "no difference told (less than 30 %)"),
        (Paired(1.1, 0.8, 2.5, 6, confident=True), "no difference told (0.80x to 2.50x)"),
        (Paired(0.004, 0.003, 0.02, 6, confident=True), "**0.004x (0.003x to 0.02x)**"),
        (Paired(0.5, 0.4, 0.6, 5, confident=False), "too few pairs (5)"),
        (None, "—"),
    ],
)
def test_a_difference_is_said_beyond_the_margin_and_from_six_pairs_on(ratio: Paired | None, words: str) -> None:
    assert in_markdown(said(ratio)) == words


@pytest.mark.parametrize("sigma", [0.03, 0.08, 0.2, 0.5])
def test_what_is_alike_is_hardly_ever_said_to_differ(sigma: float) -> None:
    """Of a thousand runs of equals at most thirty say so, which is what the interval owes; of quiet ones none."""
    random, wrong = np.random.default_rng(1), 0
    for _ in range(1_000):
        these, those = (rounds(100, np.exp(random.normal(0, sigma / np.sqrt(2), 6)).tolist()) for _ in range(2))
        ratio = pairs(these, those, _PER_S)
        assert ratio is not None
        wrong += ratio.told
    assert wrong <= (30 if sigma > MARGIN else 0)


def test_two_runs_do_not_contradict_each_other() -> None:
    """Whatever the true ratio: the one never says faster where the other says slower."""
    random, against = np.random.default_rng(2), 0
    for true in (0.8, 0.95, 1.0, 1.05, 1.3) * 100:
        signs = []
        for _ in range(2):
            these = rounds(100 * true, np.exp(random.normal(0, 0.1, 6)).tolist())
            ratio = pairs(these, rounds(100, [1] * 6), _PER_S)
            assert ratio is not None
            signs.append((ratio.middle > 1) - (ratio.middle < 1) if ratio.told else 0)
        against += signs[0] * signs[1] < 0
    assert against == 0


def test_costs_are_against_leader_only_acks() -> None:
    found = of_guarantees(measured([went(50, acks="all"), went(100), went(200, acks="0")]))
    assert (found.against, middles(found)) == ("acks=1", [2.0, 1.0, 0.5])
    assert [row.is_base for row in found.rows] == [False, True, False]


def test_where_one_client_lacks_acks_1_they_are_against_the_weakest_and_never_the_fastest() -> None:
    theirs = [went(100, client="kafka-python", acks="0"), went(400, client="kafka-python", acks="all")]
    found = of_guarantees(measured([went(100), went(50, acks="all"), *theirs]))
    assert (found.against, middles(found)) == ("the weakest configuration", [1.0, 0.5, 1.0, 4.0])


def test_each_guarantee_is_against_the_one_before_it() -> None:
    safe: dict[str, Any] = {"acks": "all", "enable.idempotence": True}
    records = [went(100, acks="0"), went(80), went(40, acks="all"), went(30, **safe)]
    together = went(3, **safe, transactional=True)
    counts = TransactionCounts(begun=5, committed=5, aborted=0, whole=5)
    records.append(together.model_copy(update={"transactions": counts, "committed_throughput": together.throughput}))
    found = of_steps(measured(records))
    assert middles(found) == pytest.approx([0.75, 0.1])
    assert [str(row.against.configuration) for row in found.rows] == ["acks=all", "acks=all, idempotent"]
    assert not of_steps(measured(records[:3])), "all of that is against acks=1 already"


def test_only_what_differs_in_the_guarantee_is_compared() -> None:
    records = [
        went(per_s, acks=acks, **{"linger.ms": linger})
        for acks, linger, per_s in (("1", 0, 100), ("all", 0, 50), ("1", 9, 400), ("all", 9, 300))
    ]
    assert middles(of_guarantees(measured(records))) == [1.0, 1.0, 0.5, 0.75]


def test_what_more_producers_bring_is_no_price_of_a_guarantee() -> None:
    alone, four = went(100), went(400, producers=4)
    found = of_guarantees(measured([alone, four, went(50, acks="all")]))
    assert [row.is_base for row in found.rows] == [True, True, False]


def test_replicas_are_against_the_fewest() -> None:
    records = [went(100, **{"replication.factor": 1}), went(60), went(50, acks="all")]
    found = of_replicas(measured(records))
    assert [(row.subject.replication_factor, row.ratios["throughput"].middle) for row in found.rows] == [
        (1, 1.0),
        (3, pytest.approx(0.6)),
    ]


def test_latency_is_at_the_fastest_load_that_both_ran_and_never_at_saturation() -> None:
    records = [late("1", 1, 500), late("all", 9, 500), late("1", 2, 900), late("all", 3, 900), late("all", 7, 1_000)]
    found = of_guarantees(measured(records))
    assert found.rows[1].paced_load == "900/s"
    assert middles(found, "p99 latency")[1] == pytest.approx(1.5, rel=0.01)
    assert "throughput" not in found.rows[1].ratios


def test_one_configuration_has_no_cost() -> None:
    assert not of_guarantees(measured([went(100)]))
    assert [*prices([])] == []


def test_what_is_not_steady_marks_all_that_is_made_of_it() -> None:
    found = of_guarantees(measured([went(90, acks="0"), went(100, steady=False), went(50, acks="all")]))
    assert [row.steady for row in found.rows] == [False] * 3
    assert not any(told(found))


@pytest.mark.parametrize(("unsteady", "steady"), [(1, True), (3, True), (4, False)])
def test_a_few_repeats_that_were_not_steady_are_in_the_interval(unsteady: int, steady: bool) -> None:
    shaky = [went(50, repeat, acks="all", steady=repeat > unsteady) for repeat in range(1, 7)]
    found = of_guarantees(measured([*rounds(100, [1] * 6), *shaky]))
    assert [row.steady for row in found.rows] == [True, steady]


def test_from_a_few_repeats_nothing_is_said_to_cost_anything() -> None:
    few = [*rounds(100, [1] * 5), *rounds(50, [1] * 5, acks="all")]
    (text,) = prices(Data(few).costs)
    assert isinstance(text, Text)
    assert in_markdown(text.words).startswith("What it cost cannot be told from 5 pairs of repeats: it takes 6.")


def test_what_could_be_told_is_said_first_and_by_client() -> None:
    records = [
        *rounds(100, [1] * 6),
        *rounds(50, [0.98, 1.02, 1, 1, 1, 1], acks="all"),
        *rounds(100, [1] * 6, client="kafka-python"),
        *rounds(100, [1.08, 0.9, 1, 1, 1, 1], client="kafka-python", acks="all"),
    ]
    bullets, _, against, table = prices(Data(records).costs)
    assert isinstance(bullets, Bullets) and isinstance(table, Table) and isinstance(against, Text)
    (sentence,) = bullets.items
    assert in_markdown(sentence) == (
        "`acks=all` against acks=1 at RF 3: **throughput 0.50x (0.49x to 0.51x) with aiokafka**, no difference in "
        "throughput told with kafka-python (less than 10 %)."
    )
    assert [in_markdown(cell) for cell in table.rows[1]][2:] == [
        "acks=1",
        "throughput: **0.50x (0.49x to 0.51x)**",
        "throughput: no difference told (less than 10 %)",
    ]


def test_what_transactions_and_pipelines_cost_is_in_the_table_of_guarantees() -> None:
    found = {(row.client, row.pipeline, row.promises): row for row in Data(cost_sweep()).evidence}
    assert len(found) == 2 * (3 + 3)
    ((_, base),) = found["aiokafka", False, "at-least-once"].costs
    assert base.is_base
    assert all(of.is_base for _, of in found["aiokafka", True, "at-most-once"].costs)
    often, _, seldom = (of for _, of in found["confluent-kafka", False, "all-or-nothing"].costs)
    assert often.ratios["throughput"].middle < 0.75 < seldom.ratios["throughput"].middle
    assert often.ratios["end-to-end p99"].middle < 5
    assert seldom.ratios["end-to-end p99"].middle > 50
