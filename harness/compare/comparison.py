"""Everything that is said of two runs together, and what it comes to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from harness.compare import figures
from harness.compare.cells import matched
from harness.compare.changes import Change, Changed, changes
from harness.compare.figures import Answer, Compared
from harness.compare.outcome import Outcome
from harness.compare.surroundings import ASPECTS, CLIENT_VERSION, ELIGIBLE, Run, surroundings
from harness.events import GATING, Metric
from harness.store import Results, ResultsUnusable, TrialRecord
from harness.words import options, plain

_FOLLOWS = {
    "config.replication.factor": ("config.min.insync.replicas",),
    "kafka": (ELIGIBLE,),
    "client": (CLIENT_VERSION,),
}
"""What differs because something else does."""


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

    @property
    def failed(self) -> bool:
        """Whether a trial did, of the new run, or of either if they took turns: what neither has is no difference."""
        trials = [
            trial for each in self.guarantees for trial in (*each.trial.new, *(each.trial.base if self.paired else ()))
        ]
        return any(trial.status != "completed" for trial in trials)

    @property
    def outcome(self) -> Outcome:
        changed = {each.change for each in self.guarantees}
        answers = {each.answer for each in self.figures if each.gates}
        if changed & {Change.BROKEN, Change.GONE, Change.MORE_OFTEN}:
            return Outcome.BROKEN
        if Answer.REGRESSED in answers and not self.advisory:
            return Outcome.REGRESSED
        if not self.guarantees or Change.UNDECIDED in changed or Answer.MISSING in answers or self.failed:
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
    return of_records(base.records(), new.records(), aside, paired=paired, differ=differ, gating=gating)


def by(results: Results, axis: str) -> list[tuple[str, str, Comparison]]:
    """Of one run, what it ran with each value of an axis against the first of them: the first value, the other, and
    what comes of it, which is no verdict on either. Raises ``ResultsUnusable`` if the run has no two.
    """
    records = [record for record in results.records() if record.status != "skipped"]
    every = dict.fromkeys(name for record in records for name in record.parts)
    part = next((name for name in (axis, f"config.{axis}", f"load.{axis}") if name in every), None)
    groups: dict[str, list[TrialRecord]] = defaultdict(list)
    for record in records:
        if part in record.parts:
            groups[plain(record.parts[part])].append(record)
    if part is None or len(groups) < 2:
        several = sorted(name.removeprefix("config.") for name in every if _varies(records, name))
        raise ResultsUnusable(f"{results.folder} has no two values of {axis}; there are several of {options(several)}")
    # Each Kafka has a cluster of its own, one after the other; all else takes turns, round by round.
    (first, base), *others = groups.items()
    aside = frozenset({part, *_FOLLOWS.get(part, ())})
    return [(first, value, of_records(base, new, aside, paired=part != "kafka", between=True)) for value, new in others]


def _varies(records: Sequence[TrialRecord], name: str) -> bool:
    return len({repr(record.parts[name]) for record in records if name in record.parts}) > 1


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
    that only one side has are passed over. ``gating``: the figures that count for the whole.
    """
    trials = [both for both in matched(base, new, aside) if not between or (both.base and both.new)]
    compared = figures.compare(trials, paired=paired, gating=gating)
    advisory = not paired and bool(differ)
    return Comparison(changes(trials), compared, paired, differ or {}, advisory, gating)


def made_in_turn(base: Run, new: Run) -> bool:
    """Whether these are the two sides of one ``sweep --against``."""
    return bool(new.get("against")) and new["against"].get("base") == base.get("run_id")
