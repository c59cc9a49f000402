"""How many producers and topics a trial had, as a report says it."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report.blocks import Table
from harness.report.labels import Labels
from harness.report.ran import what_ran

from .synthetic_records import one


@pytest.mark.parametrize(
    ("workload", "said"),
    [
        ({}, {}),
        ({"config": {"topics": 2}, "sweep": {"producers": [1, 4]}}, {"Producers": "1/4", "Topics": "2"}),
        ({"sweep": [{"topics": [1, 3]}, {"acks": [1]}, {"producers": [2]}]}, {"Producers": "1/2", "Topics": "1/3"}),
    ],
)
def test_it_is_among_what_ran_where_somebody_stated_it(workload: dict[str, Any], said: dict[str, str]) -> None:
    table = next(iter(what_ran({"workload": workload})))
    assert isinstance(table, Table)
    found = {str(what).split()[0]: which for what, which in table.rows if str(what).endswith("of a trial")}
    assert found == said


def test_how_brokers_were_run_is_among_what_ran() -> None:
    on = {"Image": "apache/kafka:4.4.0, sha256:1", "Network path": "published ports"}
    for stored, said in (
        (
            {"cluster": {"kind": "compose", "run": "as containers", "on": on}},
            {"Brokers": "compose, as containers", **on},
        ),
        ({"cluster": {"kind": "local", "run": "as processes"}}, {"Brokers": "local, as processes"}),
        ({}, {}),
    ):
        table = next(iter(what_ran(stored)))
        assert isinstance(table, Table)
        rows = {str(what): which for what, which in table.rows}
        assert {what: rows[what] for what in ("Brokers", *on) if what in rows} == said


def test_a_row_is_called_by_it_where_it_is_not_one() -> None:
    plain = one()
    several = plain.model_copy(update={"config": {**plain.config, "producers": 4, "topics": 2}})
    labels = Labels.of([plain, several])
    alone, together = (str(labels.configuration(record)) for record in (plain, several))
    assert "producers" not in alone and "topics" not in alone
    assert together == f"{alone}, producers=4, topics=2"
