"""From a trial's journals to its verdict and figures: everything a record says that was not known while running.

``harness check`` does the same again from the stored journals, with no broker in sight.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from harness import faults, measure, verify
from harness.clients import errors
from harness.clients.traits import traits
from harness.events import GAVE_UP, NO_REPORT, OBSERVED, STOOD_STILL, Anomaly, Ending, Outcome, Verdict
from harness.journal.sealed import ProducerColumns, read_committed, read_log, read_producers
from harness.kinds import KINDS
from harness.load.shape import Shape
from harness.store import Anomalies, FailedEnd, FaultRecord, TransactionCounts, TrialRecord
from harness.topics import partitions_in_all
from harness.words import listed

_WHERE_THERE_IS = frozenset({Anomaly.UNREPORTED, Anomaly.POLL_SKIPPED, Anomaly.POLL_AGAIN, Anomaly.POLL_BACK})
"""Expected and counted where there is what they need: a client with a bound, workers that noted what they read."""


def judge(record: TrialRecord, journals: Path) -> TrialRecord:
    """The record with its counts, anomalies, verdict and figures.

    A judge that crashes gives ``unknown``, never a pass; figures that cannot be made are left out, with the reason,
    and take nothing from the verdict.
    """
    if record.status == "skipped":
        return record
    if record.kind not in KINDS:
        reason = f"this version knows no trials of kind {record.kind}, only {listed(KINDS)}"
        return record.model_copy(update={"verdict": Verdict.UNKNOWN, "verdict_reason": reason})
    try:
        record = record.model_copy(update={"fault": _exercised(record)})
        if record.status != "completed":
            return record.model_copy(update={"verdict": Verdict.UNKNOWN, "verdict_reason": record.reason or "no data"})
        proved = errors.proved(record.client, _ran_with(record))
        producers = [verify.decided(each, proved) for each in read_producers(journals, record.id)]
        committed = read_committed(journals / f"{record.id}.committed.parquet")
        _whole(record, len(producers), committed is not None)
        readings = verify.Readings(
            producers=producers,
            log=read_log(journals / f"{record.id}.log.parquet"),
            committed=None if committed is None else verify.ReadCommitted(*committed),
            given_up=_given_up(record),
            key_of=_key_of(record),
            report_within_ns=_report_within_ns(record),
        )
        readings = KINDS[record.kind].read(readings, record, journals)
        found = _verified(record, producers, readings)
    except Exception as crash:  # noqa: BLE001 - whatever it is, it must not pass for a verdict
        reason = f"the judge crashed: {type(crash).__name__}: {crash}"
        return record.model_copy(update={"verdict": Verdict.UNKNOWN, "verdict_reason": reason})
    try:
        found |= _measured(record, readings)
    except Exception as impossible:  # noqa: BLE001 - a figure that cannot be made takes nothing from the verdict
        # Not among the trial's own problems: those would count against it when it is judged again.
        found["verdict_reason"] += f"; its figures cannot be made: {type(impossible).__name__}: {impossible}"
    return record.model_copy(update=found)


def _whole(record: TrialRecord, producers: int, read_committed: bool) -> None:
    """Raises ``FileNotFoundError`` where something is not there without which another thing would look wrong."""
    if producers < (had := int(record.config.get("producers", 1))):
        raise FileNotFoundError(f"{record.id} had {had} producers, and there are journals of {producers}")
    if not read_committed and (record.config.get("transactional") or "processing.guarantee" in record.config):
        raise FileNotFoundError(f"nobody can say what of {record.id} is committed: that reading is not there")


def differs(stored: TrialRecord, again: TrialRecord) -> bool:
    """Whether another judgement of a trial says something else: what nobody had looked for before is no difference
    unless it is there.
    """
    before, now = (
        {name: count for name, count in (record.anomalies or Anomalies()).model_dump().items() if count}
        for record in (stored, again)
    )
    return (stored.verdict, before) != (again.verdict, now)


def _exercised(record: TrialRecord) -> FaultRecord:
    """Its fault with what the events prove; one that this version does not know keeps the word that it has."""
    fault = record.fault
    proved = faults.evidence(fault.name, fault.events) if record.with_fault else True
    return fault if proved is None else fault.model_copy(update={"fired": proved})


def _verified(record: TrialRecord, producers: Sequence[ProducerColumns], readings: verify.Readings) -> dict[str, Any]:
    fault = record.fault
    findings, uncommitted = verify.find_committed(readings)
    seen = verify.Seen.of(fault.events, partitions_in_all(record.config), producers)
    client, effects = traits(record.client, record.client_version), faults.known_effects(fault.name, fault.parameters)
    expectations = [
        each
        for each in verify.expectations(client, record.config, effects, seen)
        if each.anomaly not in _WHERE_THERE_IS or getattr(findings.anomalies, each.anomaly) is not None
    ]
    verdict, reason = verify.verdict(
        findings,
        expectations,
        fault=fault.name if record.with_fault else None,
        fired=fault.fired,
        problem=record.reason,
        in_time=verify.in_time(effects, seen),
        delivered=seen.delivered,
    )
    return {
        "counts": findings.counts,
        "anomalies": findings.anomalies,
        "uncommitted": uncommitted,
        "witnesses": findings.witnesses,
        "errors": _errors(producers),
        "transactions": _transactions(producers, client.end_txn, measure.Ends.of(record.config)),
        "promise": verify.promise(record.config, client),
        "observed": verify.observed(findings.anomalies),
        "verdict": verdict,
        "verdict_reason": reason,
        "expectations": expectations,
    }


def _key_of(record: TrialRecord) -> verify.KeyOf | None:
    """Of a trial whose log is compacted."""
    shape = Shape.configured((), record.config)
    return shape.key_number if record.config.get("cleanup.policy") == "compact" and shape.keyed else None


def _report_within_ns(record: TrialRecord) -> int | None:
    """What the client itself had for a bound, and for how long its process did not run: nobody reports in his sleep."""
    within_s = verify.report_within_s(traits(record.client), _ran_with(record))
    return None if within_s is None else int(within_s * 1e9) + _asleep_ns(record.fault)


def _given_up(record: TrialRecord) -> list[verify.GivenUp] | None:
    """Only calls about transactions, and those of pipelines, have bounds of their own."""
    if not record.config.get("transactional") and "processing.guarantee" not in record.config:
        return None
    events = (event for event in record.fault.events if event["what"] == GAVE_UP)
    return [verify.GivenUp(str(event["call"]), float(event["seconds"])) for event in events]


def _ran_with(record: TrialRecord) -> dict[str, Any]:
    return {**record.config, **(record.effective or {})}


def _asleep_ns(fault: FaultRecord) -> int:
    """As it noticed itself, or as long as a fault froze it, which is the same sleep where both are on record; and as
    long as a fault had it stand in a transaction, for the message that is next then is noted, and handed over later.
    """
    noticed = int(1e9 * sum(float(event["seconds"]) for event in fault.events if event["what"] == STOOD_STILL))
    return max(noticed, _between(fault, "pause-client", "resume-client")) + _between(fault, "stop-client", "go-on")


def _between(fault: FaultRecord, first: str, last: str) -> int:
    """How long it was from each event to the next of the other, all in all, in ns."""
    began, ended = ([event["at_ns"] for event in fault.events if event["what"] == what] for what in (first, last))
    return sum(end - start for start, end in zip(began, ended, strict=False))


def _measured(record: TrialRecord, readings: verify.Readings) -> dict[str, Any]:
    fault = timed(record.fault, measure.measured_from_ns(readings.producers or readings.inputs or []))
    return {"fault": fault, **KINDS[record.kind].figures(record.model_copy(update={"fault": fault}), readings)}


def timed(fault: FaultRecord, start_ns: int) -> FaultRecord:
    """The fault with its events on the trial's own clock; it lasts from its first event to its last deed."""
    in_order = sorted(fault.events, key=lambda event: event["at_ns"])
    events = [{**event, "at_s": round((event["at_ns"] - start_ns) / 1e9, 4)} for event in in_order]
    deeds = [event["at_s"] for event in events if event["what"] not in OBSERVED]
    window = {"start_s": deeds[0], "end_s": deeds[-1]} if deeds else {"start_s": None, "end_s": None}
    return fault.model_copy(update={"events": events, **window})


def _transactions(
    producers: Sequence[ProducerColumns], end_txn: int | None, ends: measure.Ends | None
) -> TransactionCounts | None:
    made = [producer.transactions for producer in producers if producer.transactions is not None]
    if not made:
        return None
    ended = sum((np.bincount(each.ending, minlength=len(Ending)) for each in made), np.zeros(len(Ending), np.int64))
    failed = Counter(
        (asked, str(error))
        for each in made
        for asked, error in zip(each.asked, each.error, strict=True)
        if error is not None
    )
    errors: Counter[str] = Counter()
    for (_, error), number in failed.items():
        errors[error] += number
    return TransactionCounts(
        begun=int(ended.sum()),
        committed=int(ended[Ending.COMMITTED]),
        aborted=int(ended[Ending.ABORTED]),
        errors=dict(errors),
        failed=[
            FailedEnd(call="abort" if asked == Ending.ABORTED else "commit", error=error, count=number)
            for (asked, error), number in sorted(failed.items())
        ],
        end_txn=end_txn,
        whole=None if ends is None else measure.whole_transactions(producers, ends),
    )


def _errors(producers: Sequence[ProducerColumns]) -> dict[str, int]:
    names: Counter[str | None] = Counter()
    for producer in producers:
        wrong = (producer.outcome == Outcome.FAILED) | (producer.outcome == Outcome.UNKNOWN)
        names += Counter({None: int(wrong.sum())}) if producer.error is None else producer.error.count(wrong)
    return {NO_REPORT if name is None else name: number for name, number in names.items()}
