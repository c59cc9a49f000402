"""What one thing cost against another: ratios of pairs, each measured in one round.

A difference is told where the interval of the pairs is beyond a margin, and nowhere else: what one run says must not be
what the next one contradicts. What a ratio is to is known before anything is measured, so no figure chooses it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.events import Guarantee
from harness.measure.ratio import paired_ratio
from harness.report.labels import ACKS, GUARANTEE, IDEMPOTENCE, REPLICATION, Subject
from harness.report.performance import Performance, done, percentile_of, went
from harness.report.wording import Spread
from harness.store import TrialRecord

MARGIN = 0.05
"""Room for what pairs of one run do not vary, such as how its brokers' code was compiled, and another run does."""
_TRANSACTIONAL, _OF_TRANSACTIONS = "transactional", "transaction."
_FOLLOWS = ("min.insync.replicas", "pipeline.workers")
"""From the replication factor, and from nothing that a cost is of."""
_ACKS = ("0", "1", "all")


@dataclass(frozen=True)
class Paired:
    """The ratios of the repeats of one to the same repeats of another."""

    middle: float
    low: float
    high: float
    pairs: int
    confident: bool
    """Whether low and high bound it at 95 % confidence (Wilcoxon's signed ranks, from six pairs on); else they are the
    least and the most of the pairs, and the middle is their median.
    """

    @property
    def told(self) -> bool:
        """Whether it is a difference."""
        return self.confident and (self.low > 1 + MARGIN or self.high < 1 - MARGIN)

    @property
    def less_than(self) -> float:
        """What a difference may still be, of 1."""
        return max(self.high - 1, 1 - self.low)


Value = Callable[[TrialRecord], float | None]


@dataclass(frozen=True)
class Figure:
    """One thing that is compared."""

    paced: bool
    """Whether it is of a load with a rate of its own."""
    value: Value


FIGURES: Mapping[str, Figure] = {
    "throughput": Figure(paced=False, value=lambda trial: of.messages_per_s if (of := went(trial)) else None),
    "median latency": Figure(paced=True, value=lambda trial: percentile_of(done(trial), "p50")),
    "p99 latency": Figure(paced=True, value=lambda trial: percentile_of(done(trial), "p99")),
    "end-to-end p99": Figure(paced=True, value=lambda trial: percentile_of(trial.end_to_end_ms, "p99")),
}


@dataclass(frozen=True)
class Cost:
    """What a subject did, and against another."""

    subject: Subject
    message_size: int
    against: Subject
    """Itself, where it is what others are compared to."""
    own: Mapping[str, Spread]
    """Its figures, of those that it has: messages a second at ``rate: max``, milliseconds at the paced load."""
    ratios: Mapping[str, Paired]
    paced_load: str | None
    """The fastest that both have."""
    steady: bool
    """Whether all was that it and the other were measured by."""

    @property
    def is_base(self) -> bool:
        return self.subject == self.against


@dataclass(frozen=True)
class Costs:
    """What was compared in one manner. A row a subject and message size."""

    against: str
    rows: tuple[Cost, ...]

    def __bool__(self) -> bool:
        """Whether anything was compared."""
        return any(not row.is_base for row in self.rows)


def of_guarantees(measured: Sequence[Performance]) -> Costs:
    """To acks=1 without idempotence, or where a client has not run that to its weakest configuration; of pipelines to
    the weakest guarantee. Of the same client, replication factor, load and settings beside the guarantee; where the run
    has one guarantee alone, of all settings. What has nothing to be compared to is against itself.
    """
    groups = _groups(measured)
    leader_only = _all_have_leader_only(groups)
    rows = [_cost(subject, _base(group, leader_only), group) for group in groups for subject in group]
    return Costs("acks=1" if leader_only else "the weakest configuration", tuple(_ordered(rows)))


def of_steps(measured: Sequence[Performance]) -> Costs:
    """Each guarantee to the one before it, from the weakest on; but for steps that ``of_guarantees`` has."""
    groups = _groups(measured)
    leader_only = _all_have_leader_only(groups)
    rows: list[Cost] = []
    for group in groups:
        subjects, base = _weakest_first(group), _base(group, leader_only)
        if len({_strength(group[subject][0].trials[0]) for subject in subjects}) == len(subjects):
            steps = [step for step in pairwise(subjects) if base not in step]
            rows += [_cost(stronger, weaker, group) for weaker, stronger in steps]
    return Costs("the guarantee before it", tuple(_ordered(rows)))


def of_replicas(measured: Sequence[Performance]) -> Costs:
    """Each configuration that ran with several numbers of replicas to the same with the fewest."""
    groups: dict[object, dict[Subject, list[Performance]]] = defaultdict(lambda: defaultdict(list))
    for each in measured:
        groups[each.subject.client, each.subject.configuration, each.message_size][each.subject].append(each)
    rows = [
        _cost(subject, min(group, key=lambda each: each.replication_factor), group)
        for group in groups.values()
        if len(group) > 1
        for subject in group
    ]
    return Costs("the fewest replicas", tuple(_ordered(rows)))


def pairs(these: Sequence[TrialRecord], those: Sequence[TrialRecord], value: Value) -> Paired | None:
    """Of each repeat of ``these`` to the same repeat of ``those``; None if no repeat has both figures."""
    others = {trial.repeat: figure for trial in those if (figure := value(trial))}
    paired = [(figure, others[trial.repeat]) for trial in these if (figure := value(trial)) and trial.repeat in others]
    if not paired:
        return None
    own, other = zip(*paired, strict=True)
    if sure := paired_ratio(own, other):
        return Paired(sure.estimate, sure.low, sure.high, sure.pairs, confident=True)
    spread = Spread.of([one / another for one, another in paired])
    assert spread is not None
    return Paired(spread.median, spread.low, spread.high, spread.repeats, confident=False)


def _groups(measured: Sequence[Performance]) -> list[dict[Subject, list[Performance]]]:
    """What can be compared with each other."""
    guarantees = {_strength(each.trials[0]) for each in measured}
    groups: dict[object, dict[Subject, list[Performance]]] = defaultdict(lambda: defaultdict(list))
    for each in measured:
        alike = (each.subject.client, each.subject.replication_factor, each.message_size)
        rest = _beside_guarantee(each.trials[0]) if len(guarantees) > 1 else ()
        groups[*alike, *rest][each.subject].append(each)
    return list(groups.values())


def _all_have_leader_only(groups: Sequence[Mapping[Subject, object]]) -> bool:
    return all(any(each.configuration.leader_only for each in group) for group in groups if len(group) > 1)


def _base(group: Mapping[Subject, Sequence[Performance]], leader_only: bool) -> Subject:
    subjects = _weakest_first(group)
    return next((each for each in subjects if leader_only and each.configuration.leader_only), subjects[0])


def _beside_guarantee(trial: TrialRecord) -> tuple[object, ...]:
    left_out = (ACKS, IDEMPOTENCE, REPLICATION, _TRANSACTIONAL, GUARANTEE, *_FOLLOWS)
    rest = {name: value for name, value in trial.configured.items() if name not in left_out}
    named = sorted((name, repr(value)) for name, value in rest.items() if not name.startswith(_OF_TRANSACTIONS))
    return (GUARANTEE in trial.config, trial.client_version, trial.kafka, *named)


def _strength(trial: TrialRecord) -> tuple[int, ...]:
    config = trial.config
    if GUARANTEE in config:
        return ([*Guarantee].index(config[GUARANTEE]),)
    acks = str(config.get(ACKS, "all"))
    known = _ACKS.index(acks) if acks in _ACKS else len(_ACKS)
    return (known, bool(config.get(IDEMPOTENCE)), bool(config.get(_TRANSACTIONAL)))


def _weakest_first(group: Mapping[Subject, Sequence[Performance]]) -> list[Subject]:
    return sorted(group, key=lambda subject: (_strength(group[subject][0].trials[0]), subject))


def _cost(subject: Subject, base: Subject, group: Mapping[Subject, Sequence[Performance]]) -> Cost:
    loads, others = group[subject], group[base]
    full, base_full = (next((each for each in of if not each.paced), None) for of in (loads, others))
    paced, base_paced = _fastest_of_both(loads, others)
    own, ratios = {}, {}
    for name, figure in FIGURES.items():
        one, other = (paced, base_paced) if figure.paced else (full, base_full)
        if one and (spread := Spread.of([figure.value(trial) for trial in one.trials])):
            own[name] = spread
        if one and other and (ratio := pairs(one.trials, other.trials, figure.value)):
            ratios[name] = ratio
    return Cost(
        subject=subject,
        message_size=loads[0].message_size,
        against=base,
        own=own,
        ratios=ratios,
        paced_load=paced.load if paced else None,
        steady=all(each.steady for each in (full, paced, base_full, base_paced) if each),
    )


def _fastest_of_both(
    loads: Sequence[Performance], others: Sequence[Performance]
) -> tuple[Performance | None, Performance | None]:
    """The fastest paced load that both have, else the subject's own."""
    theirs = {each.load: each for each in others if each.paced}
    mine = sorted((each for each in loads if each.paced), key=lambda each: each.rate)
    shared = [each for each in mine if each.load in theirs]
    if shared:
        return shared[-1], theirs[shared[-1].load]
    return (mine[-1] if mine else None), None


def _ordered(rows: Sequence[Cost]) -> Iterator[Cost]:
    yield from sorted(rows, key=lambda cost: (cost.message_size, cost.subject))
