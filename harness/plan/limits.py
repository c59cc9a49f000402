"""Whether a plan may start: what it takes against what its workload allows and the disk has. All pure."""

from __future__ import annotations

from collections import Counter

from harness.plan.model import Plan

_GB = 1e9
_ROOM = 1.2  # index files, and segments that are deleted late
_RESERVE_BYTES = 2_000_000_000  # journals, the brokers' own logs, everybody else on this machine


def check_disk(plan: Plan, free_bytes: int) -> str | None:
    """Why the disk is too small, or smaller than the workload's limit allows; None if it will do."""
    biggest = plan.biggest
    if biggest is None:
        return None
    needed_gb = biggest.estimated_bytes * _ROOM / _GB
    writes = f"{biggest.id} can write {needed_gb:.1f} GB"
    if needed_gb > plan.workload.limits.disk_gb:
        return f"{writes}; limits.disk_gb is {plan.workload.limits.disk_gb:g}: lower its messages or raise the limit"
    if needed_gb + _RESERVE_BYTES / _GB > free_bytes / _GB:
        return (
            f"{writes}, and {_RESERVE_BYTES / _GB:.0f} GB have to stay free; "
            f"the disk has {free_bytes / _GB:.1f} GB: lower its messages or free some"
        )
    return None


def check_minutes(plan: Plan) -> str | None:
    """Why the run would take too long; None if it would not."""
    minutes, most = plan.estimated_s / 60, plan.workload.limits.minutes
    if minutes <= most:
        return None
    return f"the run takes about {minutes:.1f} minutes; limits.minutes is {most:g}: sweep less or raise the limit"


def check_ids(plan: Plan) -> str | None:
    """Which trials would overwrite each other's journals and records; None if none would."""
    several = [f"{count} are {trial_id}" for trial_id, count in Counter(t.id for t in plan.trials).items() if count > 1]
    return f"trials have one id: {', '.join(several)}; one would overwrite the other" if several else None


def objections(plan: Plan, free_bytes: int) -> list[str]:
    """Everything that keeps the plan from starting, a sentence each."""
    idle = None if plan.runnable else "there is nothing to run: every trial is skipped"
    checks = (idle, check_ids(plan), check_disk(plan, free_bytes), check_minutes(plan))
    return [why for why in checks if why is not None]
