"""Where a producer's reports go: straight into the mapped journal, one row a message."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from harness.events import GAVE_UP, GIVEN_UP, Outcome
from harness.journal.mapped import ProducerJournal
from harness.serving import say

Int64 = npt.NDArray[np.int64]
_MOST_ERRORS = 255


class JournalRecorder:
    """A ``harness.clients.Recorder`` over a journal.

    Some clients report from a thread of their own; each report writes single elements of preallocated columns, the
    outcome last, so a reader never sees an outcome without its time. New error names are said to the parent at once:
    a worker that is killed later has already told what its codes mean.
    """

    def __init__(self, journal: ProducerJournal, errors: Sequence[str] = ()) -> None:
        self._journal = journal
        self._errors = {name: code for code, name in enumerate(errors, start=1)}

    def sent(self, first: int, partition: int, due_ns: Int64, now_ns: int) -> None:
        """These messages are about to be handed to the client."""
        rows = slice(first, first + len(due_ns))
        journal = self._journal
        journal.due_ns[rows] = due_ns
        journal.sent_ns[rows] = now_ns
        journal.done_ns[rows] = -1
        journal.offset[rows] = -1
        journal.partition[rows] = partition
        journal.outcome[rows] = Outcome.PENDING

    def refused(self, first: int, count: int) -> None:
        """The client did not take these after all: they were never sent."""
        self._journal.outcome[first : first + count] = Outcome.UNSENT

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        journal = self._journal
        if journal.outcome[sequence] != Outcome.PENDING:
            return
        if error is not None and self._were_given_up(sequence):
            outcome, error = Outcome.ERROR, None  # of one of those that were sent: it proves nothing of the others
        journal.done_ns[sequence] = at_ns
        journal.offset[sequence] = offset
        if error is not None:
            journal.error[sequence] = self.code(error)
        journal.outcome[sequence] = outcome

    def done_many(
        self, sequence: Int64, outcome: Outcome, at_ns: Int64, offset: Int64, error: str | None = None
    ) -> None:
        journal = self._journal
        fresh = journal.outcome[sequence] == Outcome.PENDING
        if not fresh.all():
            sequence, at_ns, offset = sequence[fresh], at_ns[fresh], offset[fresh]
        journal.done_ns[sequence] = at_ns
        journal.offset[sequence] = offset
        if error is not None:
            journal.error[sequence[~self._were_given_up(sequence)]] = self.code(error)
        journal.outcome[sequence] = outcome

    def given_up(self, sequence: Int64, now_ns: int) -> None:
        """The application took these for lost and has handed them over again: that stays their error, whatever is
        reported of either.
        """
        self._journal.error[sequence] = self.code(GIVEN_UP)
        self._journal.sent_ns[sequence] = now_ns

    def _were_given_up(self, sequence: int | Int64) -> npt.NDArray[np.bool_]:
        code = self._errors.get(GIVEN_UP)
        return np.asarray(self._journal.error[sequence] == code if code else np.zeros(np.shape(sequence), bool))

    def gave_up(self, call: str, seconds: float) -> None:
        """A call of the client had not returned after so long."""
        say(GAVE_UP, call=call, seconds=round(seconds, 3), at_ns=time.monotonic_ns())

    def code(self, error: str) -> int:
        """What stands for the name in columns; a new one is said at once."""
        code = self._errors.get(error)
        if code is None:
            code = min(len(self._errors) + 1, _MOST_ERRORS)
            self._errors[error] = code
            say("error-name", code=code, name=error)
        return code
