"""*unexpected*: every record of the log that is no copy of a message. A message whose only record is in another
partition is lost as well.

Its witnesses are records, in the log's order, and say ``why``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.events import Anomaly, Outcome
from harness.journal import LogColumns, ProducerColumns
from harness.verify.checks.check import MOST_WITNESSES, Check, Found
from harness.verify.copies import Copies, Witness, witness


def _find(log: LogColumns, copies: Sequence[Copies]) -> Mapping[Anomaly, Found]:
    expected = np.zeros(len(log), np.bool_)
    for its in copies:
        expected[its.records] = True
    unexpected = np.flatnonzero(~expected)
    in_order = unexpected[np.lexsort((log.offset[unexpected], log.partition[unexpected]))]
    by_id = {its.producer.producer: its.producer for its in copies}
    shown = [_witness(by_id, log, record) for record in in_order[:MOST_WITNESSES]]
    return {Anomaly.UNEXPECTED: Found(len(unexpected), shown)}


def _witness(by_id: Mapping[int, ProducerColumns], log: LogColumns, record: np.intp) -> Witness:
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


CHECK = Check((Anomaly.UNEXPECTED,), ("log", "copies"), _find)
