"""From claims to a plan that a sweep can run: every arm's trials, under ids that lead with claim and arm."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from harness.claims.model import Arm, Claims
from harness.plan import Plan, Trial, trial_id
from harness.store import TrialRecord
from harness.workload import Workload


def plan_claims(claims: Claims, plan_of: Callable[[Workload], Plan]) -> Plan:
    """All trials: those on one kind of cluster together, a claim's arms in turn, repeat by repeat; in every other one
    from the last arm to the first, so that none is always the one before.
    """
    trials = []
    for name, claim in claims.claims.items():
        planned = {arm: _asked(of, plan_of(claims.workload(of))) for arm, of in claim.arms.items()}
        for repeat in range(1, max(arm.repeats for arm in claim.arms.values()) + 1):
            for arm in planned if repeat % 2 else reversed(planned):
                trials += [_of_arm(trial, name, arm) for trial in planned[arm] if trial.repeat == repeat]
    # A cluster start costs ten seconds. The sort is stable, so what is compared stays side by side.
    clusters = list(dict.fromkeys(trial.cluster for trial in trials))
    trials.sort(key=lambda trial: clusters.index(trial.cluster))
    return Plan(claims.workload(), tuple(trials), ())


def arms_of(claims: Claims, claim: str, records: Sequence[TrialRecord]) -> Mapping[str, list[TrialRecord]]:
    """The records of a claim's arms."""
    return {
        arm: [record for record in records if record.id.startswith(f"{claim}.{arm}.")]
        for arm in claims.claims[claim].arms
    }


def _asked(arm: Arm, plan: Plan) -> list[Trial]:
    """A workload runs its pipelines without a fault as well; an arm under a fault is no such run."""
    return [trial for trial in plan.trials if (trial.fault is None) == (arm.fault is None)]


def _of_arm(trial: Trial, claim: str, arm: str) -> Trial:
    stem = trial.id.rpartition(".")[0]
    own_id = trial_id(f"{claim}.{arm}.{stem}", trial.repeat)
    return replace(trial, id=own_id, name=f"{claim}, {arm}: {trial.name}")
