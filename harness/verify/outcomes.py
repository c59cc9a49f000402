"""What became of the messages of which their client reported an error: failed or unknown, by what the error proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from harness.events import Outcome
from harness.journal.sealed import ProducerColumns

_ERRORS_SINCE = 3


def decided(producer: ProducerColumns, proved: Mapping[str, Outcome]) -> ProducerColumns:
    """The journal with FAILED or UNKNOWN for each ERROR, as ``proved`` has it for the error's name, else UNKNOWN.

    In a journal of a format before 3 the producer had decided that itself: it is decided again where the name is in
    ``proved``, and stays as it was where it is not.
    """
    said = (Outcome.ERROR,) if producer.format >= _ERRORS_SINCE else (Outcome.FAILED, Outcome.UNKNOWN)
    rows = np.flatnonzero(np.isin(producer.outcome, said))
    if len(rows) == 0:
        return producer
    outcome = producer.outcome.copy()
    outcome[outcome == Outcome.ERROR] = Outcome.UNKNOWN
    if producer.error is not None:
        code = producer.error.code[rows]
        for name, meaning in proved.items():
            if name in producer.error.names:
                outcome[rows[code == producer.error.names.index(name)]] = meaning
    return replace(producer, outcome=outcome)
