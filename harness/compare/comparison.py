"""Everything that is said of two runs together, and what it comes to."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from harness.compare import figures
from harness.compare.cells import matched
from harness.compare.changes import Change, Changed, changes
from harness.compare.figures import ALARM, LEVEL, Answer, Compared
from harness.compare.outcome import Outcome
from harness.compare.surroundings import ASPECTS, CLIENT, CLIENT_VERSION, ELIGIBLE, KAFKA, Run, surroundings
from harness.events import GATING, Metric
from harness.store import Results, ResultsUnusable, TrialRecord
from harness.words import ABSENT, listed, options, plain

_CONFIG = "config."
_FOLLOWS = {
    "config.replication.factor": ("config.min.insync.replicas",),
    KAFKA: (ELIGIBLE,),
    CLIENT: (CLIENT_VERSION,),
}
"""What differs because something else does."""


ALARMS = {
    Change.BROKEN: Outcome.BROKEN,
    Change.GIVEN_UP: Outcome.GIVEN_UP,
    Change.GONE: Outcome.GONE,
    Change.MORE_OFTEN: Outcome.MORE_OFTEN,
}
"""What a change of guarantees comes to, worst first."""


@dataclass(frozen=True)
class Comparison:
    """Of two runs; each list has the worst first."""

    guarantees: Sequence[Changed]
    figures: Sequence[Compared]
    paired: bool
    """Whether the repeats of both were made in turn."""
    differ: Mapping[str, tuple[str, str]]
    """In what the runs differ, that it was asked to look across."""
    advisory: bool = False
    """Whether figures gate nothing: the runs were made one after the other, and with something else."""
    gating: Collection[Metric] = GATING
    """The figures that count for the whole."""
    level: float = ALARM
    """How likely it is that one of those is called worse that is not."""

    left: int = 0
    """Trials that were planned and have no record: of the new run, and of either if they took turns."""

    @property
    def compared(self) -> bool:
        """Whether there is any trial that both have."""
        return any(each.trial.base and each.trial.new for each in self.guarantees)

    @property
    def outcome(self) -> Outcome:
        changed = {each.change for each in self.guarantees}
        answers = {each.answer for each in self.figures if each.gates}
        if (alarm := next((outcome for change, outcome in ALARMS.items() if change in changed), None)) is not None:
            return alarm
        if Answer.REGRESSED in answers and not self.advisory:
            return Outcome.REGRESSED
        lacking = Change.UNDECIDED in changed or Answer.MISSING in answers
        if lacking or self.left or not self.compared:
            return Outcome.INCOMPLETE
        if Answer.REGRESSED in answers:
            return Outcome.ADVICE
        if answers & {Answer.CANNOT_TELL, Answer.ENVIRONMENT}:
            return Outcome.CANNOT_TELL
        return Outcome.PASSED


def of_runs(base: Results, new: Results, across: Sequence[str] = ()) -> Comparison:
    """Of two stored runs. Raises ``ResultsUnusable``, also where they differ in more than was asked for."""
    one, other = base.run(), new.run()
    if paired := made_in_turn(one, other):
        across = [*ASPECTS]
    differ = surroundings(one, other, across)
    aside = frozenset[str](other["against"]["aside"]) if paired else frozenset()
    aside = aside.union(*(ASPECTS[name].parts for name in differ))
    stated = (other.get("workload") or {}).get("gate", {}).get("figures", GATING)  # earlier runs state none
    gating = [figure for figure in Metric if figure in stated]
    before, now = base.records(), new.records()
    if paired:
        differ |= _settings(before, now, aside)
    found = of_records(before, now, aside, paired=paired, differ=differ, gating=gating)
    return replace(found, left=_left(other, now) + (_left(one, before) if paired else 0))


def _left(run: Run, records: Sequence[TrialRecord]) -> int:
    """What is planned of a run against a base is its first rounds; more of what they leave open come on top."""
    first: float = (run.get("against") or {}).get("rounds", math.inf)  # earlier runs do not say
    there = sum(record.with_fault or record.repeat <= first for record in records)
    planned: int = run.get("planned") or 0
    return max(0, planned - there)


def _settings(
    base: Sequence[TrialRecord], new: Sequence[TrialRecord], aside: frozenset[str]
) -> dict[str, tuple[str, str]]:
    """Those of what is left aside, with what either has."""

    def of(side: Sequence[TrialRecord], name: str) -> str:
        values = {plain(record.parts[name]) if name in record.parts else "not stated" for record in side}
        return listed(sorted(values)) or ABSENT

    names = sorted(name for name in aside if name.startswith(_CONFIG))
    return {name.removeprefix(_CONFIG): (of(base, name), of(new, name)) for name in names}


def by(results: Results, axis: str) -> list[tuple[str, str, Comparison]]:
    """Of one run, what it ran with each value of an axis against the first of them: the first value, the other, and
    what comes of it, which is no verdict on either. Raises ``ResultsUnusable`` if the run has no two.
    """
    records = [record for record in results.records() if record.status != "skipped"]
    every = dict.fromkeys(name for record in records for name in record.parts)
    part = next((name for name in (axis, f"config.{axis}", f"load.{axis}") if name in every), None)
    if part is None or not (found := _by(records, part)):
        there = sorted(name.removeprefix(_CONFIG) for name in every if _by(records, name))
        hint = f"; there are of {options(there)}" if there else ", nor of anything else"
        raise ResultsUnusable(
            f"{results.folder} has no two trials that differ in {axis or repr(axis)} and in nothing else{hint}"
        )
    return found


def _by(records: Sequence[TrialRecord], part: str) -> list[tuple[str, str, Comparison]]:
    """None where no two trials differ in that and in nothing else."""
    groups: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if part in record.parts:
            groups[plain(record.parts[part])].append(record)
    if len(groups) < 2:
        return []
    (first, base), *others = sorted(groups.items(), key=lambda group: _in_order(group[0]))
    aside = frozenset({part, *_FOLLOWS.get(part, ())})
    # Each Kafka has a cluster of its own, one after the other; all else takes turns, round by round.
    found = [(first, value, of_records(base, new, aside, paired=part != KAFKA, between=True)) for value, new in others]
    return found if any(each.compared for _, _, each in found) else []


def _in_order(value: str) -> tuple[float, str]:
    """Numbers by what they are, and behind them words."""
    return (float(value), "") if value.replace(".", "", 1).isdigit() else (math.inf, value)


def of_records(
    base: Sequence[TrialRecord],
    new: Sequence[TrialRecord],
    aside: frozenset[str],
    *,
    paired: bool,
    differ: Mapping[str, tuple[str, str]] | None = None,
    between: bool = False,
    gating: Collection[Metric] = GATING,
) -> Comparison:
    """Trials are the same where they are but for what is left ``aside`` (``TrialRecord.parts``). ``between``: those
    that only one side has are passed over, and nothing is an alarm. ``gating``: the figures that count for the whole.
    """
    trials = [both for both in matched(base, new, aside) if not between or (both.base and both.new)]
    level = LEVEL if between else ALARM
    compared = figures.compare(trials, paired=paired, gating=gating, alarm=level if between else None)
    advisory = not paired and bool(differ)
    return Comparison(changes(trials), compared, paired, differ or {}, advisory, gating, level)


def made_in_turn(base: Run, new: Run) -> bool:
    """Whether these are the two sides of one ``sweep --against``, whichever is called the base here."""
    if not (base.get("against") and new.get("against")):
        return False
    return any(
        one["against"].get(its) == other.get("run_id")
        for its in ("base", "new")
        for one, other in ((new, base), (base, new))
    )
