"""*unexpected*: every record of the log that is no copy of a message. A message whose only record is in another
partition is lost as well.

Its witnesses are records, in the log's order, and say ``why``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly, Outcome
from harness.journal.sealed import LogColumns, ProducerColumns
from harness.verify.checks.check import MOST_WITNESSES, Check, Found
from harness.verify.copies import Witness, witness


def _find(strays: LogColumns, producers: Sequence[ProducerColumns]) -> Mapping[Anomaly, Found]:
    by_id = {each.producer: each for each in producers}
    shown = [_witness(by_id, strays, record) for record in _first_of(strays)]
    return {Anomaly.UNEXPECTED: Found(len(strays), shown)}


def _first_of(strays: LogColumns) -> list[int]:
    """The rows of the first few, partition by partition: there may be as many as there are records."""
    first: list[int] = []
    for partition in np.unique(strays.partition):
        rows = np.flatnonzero(strays.partition == partition)
        first += rows[np.argsort(strays.offset[rows], kind="stable")[: MOST_WITNESSES - len(first)]].tolist()
        if len(first) == MOST_WITNESSES:
            break
    return first


def _witness(by_id: Mapping[int, ProducerColumns], log: LogColumns, record: int) -> Witness:
    partition, offsets = int(log.partition[record]), [int(log.offset[record])]
    unattributed = {"partition": partition, "outcome": None, "error": None, "offsets": offsets, "acked_offset": None}
    if not log.valid[record]:
        why = "its bytes are not what a producer of this trial wrote"
        return {"producer": None, "sequence": None, **unattributed, "why": why}
    producer, sequence = by_id.get(int(log.producer[record])), int(log.sequence[record])
    if producer is None or not 0 <= sequence < len(producer) or producer.outcome[sequence] == Outcome.UNSENT:
        return {"producer": int(log.producer[record]), "sequence": sequence, **unattributed, "why": "never sent"}
    why = f"sent to partition {producer.partition[sequence]}"
    return {**witness(producer, sequence, partition, offsets), "why": why}


CHECK = Check((Anomaly.UNEXPECTED,), ("strays", "producers"), _find)
