"""Trial by trial, what was promised and seen in one run and in another.

A guarantee is no statistic: one broken promise, something that happens because nothing forbids it any more, or an
anomaly that always came and now never does, says so at once. How often something comes in k of n repeats is a matter of
chance, and is told from it by Fisher's exact test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from scipy.stats import fisher_exact

from harness.compare.cells import Both
from harness.events import Anomaly, Permission, Verdict
from harness.report.guarantees import Setup
from harness.report.matrix import TELL, WRONG, Cell, counted, verdict_of
from harness.store import TrialRecord

_CHANCE = 0.01
"""How often two that are the same would be told apart: 0 of 10 against 7 of 10 is the first that is."""


class Change(StrEnum):
    """What became of a trial, worst first."""

    BROKEN = "broken"
    """A promise was broken that was not broken before."""
    GIVEN_UP = "given up"
    """What the settings forbade, and was not there, is there, for they forbid it no more."""
    GONE = "gone"
    """What has to come, and always came, never does now."""
    UNDECIDED = "not decided"
    """A repeat failed, nobody knows how one went, or there is none; or none proves what it did before."""
    MORE_OFTEN = "more often"
    """Something goes wrong in more of the repeats than before, and not by chance."""
    MENDED = "mended"
    """A promise that was broken is so no more."""
    GAINED = "gained"
    """What was there, and nothing forbade, is forbidden, and is there no more."""
    LESS_OFTEN = "less often"
    """Something goes wrong in fewer of them, and not by chance."""
    NEW = "new"
    """It was not run before."""
    CHANCE = "may be chance"
    """The verdicts are others, or what was found, and so they would be at times if nothing had changed."""
    SAME = "same"


@dataclass(frozen=True)
class Side:
    """The repeats of one trial in one run."""

    records: tuple[TrialRecord, ...]

    @cached_property
    def verdicts(self) -> tuple[Verdict, ...]:
        return Cell(self.records).verdicts

    @property
    def decided(self) -> bool:
        """Whether there are repeats, and it is known how each went."""
        completed = all(record.status == "completed" for record in self.records)
        return bool(self.records) and completed and Verdict.UNKNOWN not in self.verdicts

    @property
    def tells(self) -> bool:
        """Whether a repeat proves anything."""
        return not {*TELL}.isdisjoint(self.verdicts)

    @property
    def always_came(self) -> bool:
        return {*self.verdicts} == {Verdict.REPRODUCED}

    @property
    def fired(self) -> bool:
        """Whether its fault did, in any repeat."""
        return any(record.fault.fired for record in self.records)

    @cached_property
    def there(self) -> frozenset[Anomaly]:
        """The anomalies of any repeat."""
        return frozenset(Cell(self.records).found) if self.records else frozenset()

    @cached_property
    def broke(self) -> frozenset[Anomaly]:
        """The anomalies that broke a promise, in any repeat; of records that do not say, all that were there."""
        broken = (record for record in self.records if verdict_of(record) is Verdict.BROKEN)
        return frozenset(
            anomaly for record in broken for anomaly in {*WRONG} - _permitted(record) if counted(record, anomaly)
        )

    @cached_property
    def foreseen(self) -> Mapping[Anomaly, Permission]:
        """What its settings say of each anomaly under its fault, whatever a repeat saw: that is of chance."""
        if not self.records:
            return {}
        foreseen = Setup.of(self.records[0]).foreseen(self.records[0].fault)
        return {anomaly: Permission(each.permission) for anomaly, each in foreseen.items()}

    def says(self, permission: Permission) -> frozenset[Anomaly]:
        """Of which anomalies its settings say that."""
        return frozenset(anomaly for anomaly, said in self.foreseen.items() if said is permission)

    @property
    def went_wrong(self) -> tuple[int, int]:
        """In how many repeats something did, and in how many nothing; one that says nothing is neither."""
        wrong = sum(verdict in (Verdict.BROKEN, Verdict.REPRODUCED, Verdict.ALLOWED) for verdict in self.verdicts)
        return wrong, self.verdicts.count(Verdict.KEPT)


@dataclass(frozen=True)
class Changed:
    """What became of the guarantees of one trial."""

    trial: Both

    @cached_property
    def change(self) -> Change:
        before, now = Side(self.trial.base), Side(self.trial.new)
        return next(change for change, holds in _RULES.items() if holds(before, now))


def changes(trials: Iterable[Both]) -> list[Changed]:
    """Of all of them, those that changed most first."""
    order = list(Change)
    return sorted(map(Changed, trials), key=lambda each: (order.index(each.change), each.trial.row))


def _permitted(record: TrialRecord) -> frozenset[str]:
    """What was no promise in it."""
    stated = record.expectations or ()
    return frozenset(each.anomaly for each in stated if each.permission is not Permission.FORBIDDEN)


def _broken(before: Side, now: Side) -> bool:
    """For the first time, or in another way than before."""
    first = Verdict.BROKEN in now.verdicts and Verdict.BROKEN not in before.verdicts
    return first or bool(now.broke - before.broke)


def _given_up(before: Side, now: Side) -> bool:
    forbidden = before.says(Permission.FORBIDDEN) - now.says(Permission.FORBIDDEN)
    return bool(forbidden & (now.there - before.there)) and bool(now.foreseen) and before.tells


def _gone(before: Side, now: Side) -> bool:
    if not (before.always_came and now.decided and now.fired) or Verdict.REPRODUCED in now.verdicts:
        return False
    return bool(now.says(Permission.EXPECTED) & (before.there - now.there))


def _undecided(before: Side, now: Side) -> bool:
    """In either run, if it was run before at all."""
    return not now.decided or (before.tells and not now.tells) or bool(before.records and not before.decided)


def _more_often(before: Side, now: Side) -> bool:
    """Fisher's two sides, since either is looked for."""
    (wrong, fine), (was_wrong, was_fine) = table = now.went_wrong, before.went_wrong
    return wrong * was_fine > was_wrong * fine and bool(fisher_exact(table).pvalue < _CHANCE)


_RULES: Mapping[Change, Callable[[Side, Side], bool]] = {
    Change.BROKEN: _broken,
    Change.GIVEN_UP: _given_up,
    Change.GONE: _gone,
    Change.UNDECIDED: _undecided,
    Change.MORE_OFTEN: _more_often,
    Change.MENDED: lambda before, now: _broken(now, before),
    Change.GAINED: lambda before, now: _given_up(now, before),
    Change.LESS_OFTEN: lambda before, now: _more_often(now, before),
    Change.NEW: lambda before, now: not before.records,
    Change.CHANCE: lambda before, now: ({*before.verdicts}, before.there) != ({*now.verdicts}, now.there),
    Change.SAME: lambda before, now: True,
}
"""The first that holds."""
