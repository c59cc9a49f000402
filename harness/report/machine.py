"""What the machine did while performance was measured: how fast it was, who else used it, and what limited a load."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import median

from harness.clients.traits import traits
from harness.measure.limit import limited_by
from harness.report.blocks import Block, Bullets, Text, Words, prose
from harness.report.labels import Labels, paced
from harness.report.performance import Performance
from harness.report.wording import figure
from harness.store import TrialRecord, Used
from harness.words import ABSENT, percent, plural, times

_DISTURBED = 0.1
"""Of the machine, taken by others: a trial beside so much is named."""
_MOST_LISTED = 10


def meanwhile(records: Sequence[TrialRecord], labels: Labels) -> Iterator[Block]:
    """Nothing where nobody looked."""
    looked = sorted((trial for trial in records if trial.used), key=lambda trial: trial.started or "")
    each = [trial.used for trial in looked if trial.used]
    if not each:
        return
    yield Text((*_said(each), *_pace(looked)))
    disturbed = [trial for trial in looked if trial.used and taken(trial.used) > _DISTURBED]
    if disturbed:
        yield Text(
            f"In {len(disturbed)} of {plural(len(looked), 'trial')} others or the hypervisor took more than "
            f"{percent(_DISTURBED)} of the machine:"
        )
        listed: list[Words] = [_row(trial, labels) for trial in disturbed[:_MOST_LISTED]]
        more = len(disturbed) - _MOST_LISTED
        yield Bullets([*listed, *([f"and {more} more"] if more > 0 else [])])


def _pace(trials: Sequence[TrialRecord]) -> Iterator[Words]:
    """How late paced loads were handed over: that is in their latency, and is not the brokers'."""
    late = [trial.late_ms.p99 for trial in trials if trial.late_ms]
    if late:
        yield (
            f" Of paced loads 99 % of messages were handed to the client within {figure(median(late))} ms of when they "
            f"were due (median of trials; up to {figure(max(late))} ms)."
        )


def taken(used: Used) -> float:
    """What others and the hypervisor had of the machine, of 1."""
    return (used.other_cores or 0.0) / used.cores + used.stolen


def limits(each: Performance) -> str:
    """What limited its trials at ``rate: max``: ``client``, or ``client 4 of 6`` where they differ."""
    return ABSENT if paced(each.trials[0]) else most_limited(each.trials)


def most_limited(trials: Sequence[TrialRecord]) -> str:
    """What limited most of these, and how many."""
    found = [_limit(trial, trial.used) for trial in trials if trial.used]
    if not found:
        return ABSENT
    (most, often), *_ = Counter(found).most_common()
    return most if often == len(found) else f"{most} {often} of {len(found)}"


def _limit(trial: TrialRecord, used: Used) -> str:
    several = int(trial.config.get("producers", 1)) > 1
    one_core = traits(trial.client, trial.client_version).one_core and not several
    return limited_by(used, one_core=one_core) or "none of these"


def _said(each: Sequence[Used]) -> Iterator[Words]:
    work = [used.work_ms for used in each]
    yield prose("**The machine meanwhile.** ")
    yield (
        f"A fixed piece of work took {figure(median(work))} ms just before a trial (median; {figure(min(work))} to "
        f"{figure(max(work))})"
    )
    if len(work) >= 8:
        quarter = len(work) // 4
        drift = median(work[-quarter:]) / median(work[:quarter])
        yield f", in the last quarter of the run {times(drift)} as long as in the first"
    others = [used.other_cores for used in each if used.other_cores is not None]
    if others:
        yield f". Others took {figure(median(others))} cores while a load ran (median; up to {figure(max(others))})"
    yield f", the hypervisor up to {percent(max(used.stolen for used in each))}."


def _row(trial: TrialRecord, labels: Labels) -> str:
    assert trial.used is not None
    return f"{labels.row(trial)}, repeat {trial.repeat}: {percent(taken(trial.used))}"
