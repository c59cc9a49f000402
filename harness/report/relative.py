"""What a configuration cost against the cheapest of the same client: ratios of pairs, each measured in one round."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.measure.ratio import paired_ratio
from harness.report.labels import GUARANTEE, Subject
from harness.report.performance import Performance, percentile_of, went
from harness.report.wording import Spread
from harness.store import TrialRecord

Figure = Callable[[TrialRecord], float | None]
_BATCH = "pipeline.batch"
_SEVERAL = ("producers", "topics")


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


@dataclass(frozen=True)
class Relative:
    """A subject's figures against the cheapest's."""

    cheapest: str
    """Its configuration."""
    is_cheapest: bool
    throughput: Spread | None
    """Its own, messages a second at ``rate: max``; of a pipeline inputs."""
    throughput_ratio: Paired | None
    end_to_end_p99_ms: Spread | None
    """Its own, at the fastest paced load; to a consumer with read_committed."""
    end_to_end_ratio: Paired | None
    paced_load: str | None
    steady: bool


def relative(measured: Sequence[Performance]) -> dict[Subject, Relative]:
    """Of each subject that has figures, by the loads that come first of one message size.

    The cheapest is the one with the most throughput, or where none has any with the least latency; of the same client,
    replication factor and message size, with as many producers and topics, and of pipelines with the same batches: what
    those bring or cost is no guarantee's.
    """
    groups: dict[object, dict[Subject, list[Performance]]] = defaultdict(lambda: defaultdict(list))
    for each in measured:
        config, subject = each.trials[0].config, each.subject
        pipeline = (GUARANTEE in config, config.get(_BATCH))
        several = [config.get(what, 1) for what in _SEVERAL]
        alike = (subject.client, subject.replication_factor, each.message_size, pipeline, *several)
        groups[alike][subject].append(each)
    found: dict[Subject, Relative] = {}
    for group in groups.values():
        cheapest = max(group, key=lambda subject: _speed(group[subject]))
        for subject, loads in group.items():
            found.setdefault(subject, _relative(loads, group[cheapest], cheapest))
    return found


def pairs(these: Sequence[TrialRecord], those: Sequence[TrialRecord], figure: Figure) -> Paired | None:
    """Of each repeat of ``these`` to the same repeat of ``those``; None if no repeat has both figures."""
    others = {trial.repeat: value for trial in those if (value := figure(trial))}
    paired = [(value, others[trial.repeat]) for trial in these if (value := figure(trial)) and trial.repeat in others]
    if not paired:
        return None
    own, other = zip(*paired, strict=True)
    if sure := paired_ratio(own, other):
        return Paired(sure.estimate, sure.low, sure.high, sure.pairs, confident=True)
    spread = Spread.of([one / another for one, another in paired])
    assert spread is not None
    return Paired(spread.median, spread.low, spread.high, spread.repeats, confident=False)


def _relative(loads: Sequence[Performance], base: Sequence[Performance], cheapest: Subject) -> Relative:
    full, paced = _full(loads), _paced(loads)
    base_full = _full(base)
    base_paced = next((each for each in base if paced and each.load == paced.load), None)
    return Relative(
        cheapest=str(cheapest.configuration),
        is_cheapest=loads[0].subject == cheapest,
        throughput=full.throughput if full else None,
        throughput_ratio=pairs(full.trials, base_full.trials, _per_s) if full and base_full else None,
        end_to_end_p99_ms=paced.percentile("end_to_end_ms", "p99") if paced else None,
        end_to_end_ratio=pairs(paced.trials, base_paced.trials, _p99) if paced and base_paced else None,
        paced_load=paced.load if paced else None,
        steady=all(each.steady for each in (full, paced, base_full, base_paced) if each),
    )


def _p99(trial: TrialRecord) -> float | None:
    return percentile_of(trial.end_to_end_ms, "p99")


def _per_s(trial: TrialRecord) -> float | None:
    return of.messages_per_s if (of := went(trial)) else None


def _full(loads: Sequence[Performance]) -> Performance | None:
    return next((each for each in loads if not each.paced), None)


def _paced(loads: Sequence[Performance]) -> Performance | None:
    return max((each for each in loads if each.paced), key=lambda each: each.rate, default=None)


def _speed(loads: Sequence[Performance]) -> tuple[float, float]:
    full, paced = _full(loads), _paced(loads)
    late = paced.percentile("end_to_end_ms", "p99") if paced else None
    return (full.throughput.median if full and full.throughput else 0.0, -late.median if late else float("-inf"))
