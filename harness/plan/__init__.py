"""From a workload to a plan: every trial in the order it is run, and what the run will take. All pure.

A combination that Kafka does not run is refused: it is no trial. A combination that would run but says nothing is a
trial with ``skip``: the workload excludes it, the client cannot do it, or the fault means nothing there; it is
recorded with its reason. So trials and refused together are the whole product of the axes, each
trial once.
"""

from __future__ import annotations

from harness.plan.limits import check_disk, check_minutes, objections
from harness.plan.make import Clients, plan, trial_id
from harness.plan.model import Asked, Plan, Plans, Refused, Sought, Trial, TrialLoad
from harness.plan.render import render_plan

__all__ = [
    "Asked",
    "Clients",
    "Plan",
    "Plans",
    "Refused",
    "Sought",
    "Trial",
    "TrialLoad",
    "check_disk",
    "check_minutes",
    "objections",
    "plan",
    "render_plan",
    "trial_id",
]
