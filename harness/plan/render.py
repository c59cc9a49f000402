"""Shows a plan to a person who has not started it yet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.plan.model import Plan, Trial
from harness.words import duration, plural, size
from harness.workload import labels


def render_plan(plan: Plan) -> RenderableType:
    """What would run, how long it would take and what it would write; what would not run, and why."""
    parts: list[RenderableType] = [_headline(plan), _counts(plan)]
    if plan.runnable:
        parts += [_title("Trials, in this order"), _listed(plan.runnable)]
    parts += _skipped(plan)
    parts += _refused(plan)
    return Group(*parts)


def _headline(plan: Plan) -> Text:
    biggest, trials = plan.biggest, plural(len(plan.runnable), "trial")
    disk = f", at most {size(biggest.estimated_bytes)} on the disk at once" if biggest else ""
    return Text(f"{plan.workload.name}: {trials}, about {duration(plan.estimated_s)}{disk}", style="bold")


def _counts(plan: Plan) -> Table:
    groups: dict[tuple[str, str, str], list[Trial]] = defaultdict(list)
    for trial in plan.trials:
        groups[trial.kafka, trial.kind, trial.under].append(trial)
    table = Table(box=None, pad_edge=False)
    for heading in ("Kafka", "kind", "load or fault"):
        table.add_column(heading)
    for heading in ("run", "skipped", "time", "written"):
        table.add_column(heading, justify="right")
    for (kafka, kind, what), trials in groups.items():
        run = [trial for trial in trials if trial.skip is None]
        table.add_row(
            kafka,
            kind,
            what,
            str(len(run)),
            str(len(trials) - len(run)),
            duration(sum(trial.estimated_s for trial in run)),
            size(sum(trial.estimated_bytes for trial in run)),
        )
    return table


def _listed(trials: Iterable[Trial]) -> Padding:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for trial in trials:
        table.add_row(trial.id, duration(trial.estimated_s), size(trial.estimated_bytes))
    return Padding(table, (0, 0, 0, 2))


def _skipped(plan: Plan) -> list[RenderableType]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for trial in plan.trials:
        if trial.skip is not None:
            by_reason[trial.skip].append(trial.id)
    return _reasons("Skipped, and recorded so", by_reason)


def _refused(plan: Plan) -> list[RenderableType]:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for refused in plan.refused:
        by_reason[f"{refused.reason} ({refused.source})"].append(labels.axes_label(refused.combination))
    return _reasons("Combinations that Kafka does not run, so that they are no trials", by_reason)


def _reasons(title: str, by_reason: dict[str, list[str]]) -> list[RenderableType]:
    parts: list[RenderableType] = [_title(title)] if by_reason else []
    for reason, names in by_reason.items():
        parts.append(Padding(Text(f"{len(names)} x {reason}"), (0, 0, 0, 2)))
        parts.append(Padding(Text(", ".join(names), style="dim"), (0, 0, 0, 6)))
    return parts


def _title(text: str) -> Padding:
    return Padding(Text(text, style="bold"), (1, 0, 0, 0))
