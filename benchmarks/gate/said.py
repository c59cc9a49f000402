"""What comparisons come to: those that were measured, and more that are drawn from their pairs."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from harness.compare.comparison import of_records
from harness.compare.figures import STAGES, Answer
from harness.compare.outcome import Outcome
from harness.store import TrialRecord


@dataclass(frozen=True)
class Said:
    """What a comparison comes to."""

    outcome: Outcome
    regressed: frozenset[str]
    """Figures that gate."""
    untold: frozenset[str]
    open: frozenset[str]
    """The loads of which more rounds would be run."""

    @classmethod
    def of(
        cls,
        base: Sequence[TrialRecord],
        new: Sequence[TrialRecord],
        *,
        aside: frozenset[str] = frozenset(),
        stage: int = 1,
    ) -> Said:
        """``aside``: in what the arms differ. ``stage``: how many times the first rounds there are."""
        found = of_records(base, new, aside, paired=True)
        gating = [each for each in found.figures if each.gates]

        def which(*answers: Answer) -> frozenset[str]:
            return frozenset(each.figure for each in gating if each.answer in answers)

        still = [each.trial.base for each in gating if each.open(stage)]
        loads = frozenset(str(trials[0].load["rate"]) for trials in still if trials)
        return cls(found.outcome, which(Answer.REGRESSED), which(Answer.CANNOT_TELL, Answer.ENVIRONMENT), loads)


Pairs = Sequence[tuple[TrialRecord, TrialRecord]]


def drawn(pairs: Mapping[str, Pairs], rounds: int, number: int, *, swap: bool, way: int) -> Said:
    """A comparison by the rule: so many rounds, and stage by stage as many again of the loads that are still open."""
    dice = random.Random(number)
    every = {
        load: [pair[::-1] if swap and dice.random() < 0.5 else pair for pair in dice.choices(its, k=STAGES * rounds)]
        for load, its in sorted(pairs.items())
    }
    run = dict.fromkeys(every, rounds)
    still = {*every}
    for stage in range(1, STAGES + 1):
        said = _told({load: its[: run[load]] for load, its in every.items()}, way, stage)
        still &= said.open
        run |= dict.fromkeys(still, (stage + 1) * rounds)
    return said


def _told(pairs: Mapping[str, Pairs], way: int, stage: int) -> Said:
    sides: list[list[TrialRecord]] = [[], []]
    for its in pairs.values():
        for repeat, pair in enumerate(its, start=1):
            for side, record in zip(sides, pair[::way], strict=True):
                side.append(record.model_copy(update={"repeat": repeat}))
    return Said.of(*sides, stage=stage)
