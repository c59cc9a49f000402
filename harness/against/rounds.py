"""Who is next: round by round, in an order of its own each, the two of a pair one behind the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from harness.against.arms import BASE, NEW, Arms, Pair
from harness.clusters import Wanted
from harness.compare.comparison import of_records
from harness.kinds import KINDS
from harness.plan import Trial
from harness.sweep import Turn
from harness.venues import Arm


def clusters(arms: Arms) -> list[list[Pair]]:
    """The pairs whose trials can take turns, on clusters that are up together."""
    return [[*pairs] for _, pairs in groupby(arms.pairs, key=lambda pair: _alike(pair.either))]


def rounds(
    arms: Arms, pairs: Sequence[Pair], sides: Mapping[str, Arm], doing: Callable[[str], None]
) -> Iterator[list[Turn]]:
    """The turns of these pairs, as far as they have no record yet. Of those without a fault further stages follow where
    the rounds before leave it open whether a figure got worse.
    """
    seed = arms.plans[NEW].workload.seed
    dice = random.Random(f"{seed} rounds {pairs[0].either.id}")
    stage, again = 1, {_stem(pair.either.id) for pair in pairs}
    by_repeat = sorted(pairs, key=lambda pair: pair.either.repeat)
    for _, its in groupby(by_repeat, key=lambda pair: pair.either.repeat):
        one_round = [*its]
        dice.shuffle(one_round)
        if begins := arms.stage(one_round[0].either) > stage:
            again &= _open(arms, sides, stage)
            stage += 1
        one_round = [pair for pair in one_round if _stem(pair.either.id) in again]
        finished = {record.id for arm in sides.values() for record in arm.results.records()}
        turns = [
            Turn(sides[BASE if trial is pair.base else NEW], trial)
            for pair in one_round
            for trial in in_turn(pair, seed)
        ]
        if left := [turn for turn in turns if turn.trial.id not in finished]:
            if begins:
                doing(f"{arms.rounds} more rounds of what those before leave open")
            yield left


def in_turn(pair: Pair, seed: object) -> list[Trial]:
    """Both trials of a pair, by the toss of a coin in an odd round and the other way round in the even one behind it:
    what is second on busy brokers may be slower for that alone, and eleven coins fell eight to three.
    """
    twice, second = divmod(pair.either.repeat - 1, 2)
    coin = random.Random(f"{seed} {_stem(pair.either.id)} {twice}").random() < 0.5
    return pair.both if coin is bool(second) else pair.both[::-1]


def _open(arms: Arms, sides: Mapping[str, Arm], stage: int) -> set[str]:
    """Of which more rounds may make an alarm, by those up to this stage alone: a run that is gone on with among later
    ones has the same. The stems of their pairs' ids.
    """
    until = stage * arms.rounds
    base, new = ([each for each in sides[side].results.records() if each.repeat <= until] for side in (BASE, NEW))
    gating = arms.plans[NEW].workload.gate.figures
    found = of_records(base, new, arms.aside, paired=True, gating=gating)
    still = [each.trial for each in found.figures if each.open(stage)]
    return {_stem(trial.id) for both in still for trial in (*both.base[:1], *both.new[:1])}


def _stem(trial_id: str) -> str:
    return trial_id.rpartition(".r")[0]


def _alike(trial: Trial) -> tuple[bool, Wanted]:
    return KINDS[trial.kind].SHUFFLED, replace(trial.cluster, kafka="", eligible_leader_replicas=True)
