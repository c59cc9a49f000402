"""What a person sees of a sweep: how many trials there are to run, and how many have been."""

from __future__ import annotations

import io
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from rich.console import Console

from harness.events import NO_FAULT
from harness.plan import Plan
from harness.store import FaultRecord, TrialRecord
from harness.sweep import plan_of
from harness.terminal import Terminal
from harness.workload import parse

WORKLOAD: dict[str, Any] = {
    "name": "seen",
    "kafka": "4.4.0",
    "sweep": {"client": ["aiokafka"], "acks": [0, 1, "all"]},
    "faults": {"recipes": ["lose-ack"]},
}


def _record(plan: Plan, number: int) -> TrialRecord:
    trial = plan.trials[number]
    return TrialRecord(
        id=trial.id,
        name=trial.name,
        kind=trial.kind,
        repeat=trial.repeat,
        kafka=trial.kafka,
        client=trial.client,
        config=trial.config,
        load={},
        fault=FaultRecord(name=trial.fault or NO_FAULT, fired=trial.skip is None),
        status="completed" if trial.skip is None else "skipped",
        elapsed_s=2 * trial.estimated_s if trial.skip is None else None,
    )


def _seen(finished: Collection[str], numbers: list[int], planned: Plan) -> str:
    text = io.StringIO()
    terminal = Terminal(Console(file=text, width=120), planned, finished)
    for number in numbers:
        if planned.trials[number].skip is None:
            terminal.starts(planned.trials[number])
        terminal.ended(_record(planned, number))
    return text.getvalue()


def test_skipped_trials_are_counted_apart() -> None:
    planned = plan_of(parse(WORKLOAD))
    skips = [trial.skip is not None for trial in planned.trials]
    assert skips == [True, False, False], "acks=0 has no ack to lose"
    lines = _seen((), [0, 1, 2], planned).splitlines()
    assert lines[0] == "1 trial skipped; the report says why"
    assert [line.split()[0] for line in lines[1:]] == ["1/2", "2/2"]


def test_what_ran_in_an_earlier_session_is_counted_and_takes_no_time_any_more() -> None:
    planned = plan_of(parse(WORKLOAD))
    done = [trial.id for trial in planned.trials[:2]]
    (line,) = _seen(done, [2], planned).splitlines()
    assert line.split()[0] == "2/2"


NASTY = "[/acks] [type=int_parsing] [bold]x[/]"


def test_text_of_others_is_shown_as_it_is_whatever_it_looks_like() -> None:
    planned = plan_of(parse(WORKLOAD))
    trial = replace(planned.trials[1], name=f"name {NASTY}")
    text = io.StringIO()
    console = Console(file=text, width=200, force_terminal=True, color_system=None, _environ={})
    terminal = Terminal(console, planned, ())
    with terminal.live():
        terminal.starts(trial)
        terminal.doing(f"doing {NASTY}")
        terminal.ended(_record(planned, 1).model_copy(update={"name": trial.name, "reason": f"reason {NASTY}"}))
    for what in ("name", "reason"):
        assert f"{what} {NASTY}" in text.getvalue()
    console = Console(file=(plain := io.StringIO()), width=200)
    Terminal(console, planned, ()).doing(f"doing {NASTY}")
    assert f"doing {NASTY}" in plain.getvalue()


def test_a_trial_may_end_when_the_next_one_has_started() -> None:
    planned = plan_of(parse(WORKLOAD))
    text = io.StringIO()
    terminal = Terminal(Console(file=text, width=120), planned, ())
    first, second = planned.runnable
    terminal.starts(first)
    terminal.starts(second)
    terminal.ended(_record(planned, planned.trials.index(first)))
    terminal.doing("measuring")
    terminal.ended(_record(planned, planned.trials.index(second)))
    terminal.doing("stopping Kafka")
    lines = text.getvalue().splitlines()
    assert [line.split()[0] for line in lines] == ["1/2", "2/2", "stopping"]
