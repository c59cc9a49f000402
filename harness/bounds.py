"""How long a wait may last, in seconds, from what is waited for. Pure.

How fast a client is, nobody knows before: it is waited for as long as anything moves, which is a message handed over or
one reported, and it has *hung* when nothing has moved for longer than its settings and what is done to it explain. What
a cluster or a child has to work through is bounded by the slowest pace that is no failure yet.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

HELD_UP_S = 10.0
"""So long a busy machine may hold up what would be there by now."""
STARTING_S = 30.0
"""Until a child is there: an interpreter with its libraries, on a busy machine."""
CLOSING_S = 5.0
"""So long a client may take to be closed; what it has not reported by then it is not asked for."""
ABORTING_S = 10.0
"""A transaction that is over its time is looked for every so often
(transaction.abort.timed.out.transaction.cleanup.interval.ms).
"""
RECOVERY_S = 45.0
"""So long a cluster may take to be whole again when there is nothing to catch up."""
_BYTES_PER_S = 2_000_000  # of a log that is replicated or read back, at the slowest
_RECORDS_PER_S = 20_000
_RECORD_OVERHEAD_BYTES = 100  # a batch of one record takes less beside its value


@dataclass(frozen=True)
class ClientWaits:
    """How long a client itself waits, by its settings and, where none of them says so, by its nature."""

    answer_s: float
    """For the response to one request."""
    again_s: float
    """Before it sends: it lingers, backs off, connects anew."""
    report_s: float | None
    """Until it has reported a message, at the latest; None if it tries on without end."""

    def silent_s(self, losses: int) -> float:
        """How long it may say nothing, where so many of its requests stay without an answer in turn: behind each of
        them it also asks who leads, and that may stay without an answer too.
        """
        one_s = self.asked_s
        return (1 + losses) * one_s if self.report_s is None else max(one_s, self.report_s)

    @property
    def asked_s(self) -> float:
        """Until it has found out whom to ask, and has the answer."""
        return 2 * self.answer_s + self.again_s


@dataclass(frozen=True)
class Bounds:
    """The bounds of a trial's waits: for its client, and for its cluster."""

    explained_s: float
    """Nothing may move in the client for so long: its settings, its pace and what is done to it explain that."""
    undisturbed_s: float
    """The same when nothing is done to it any more."""
    asked_s: float
    """A call that asks the cluster something may take so long by itself."""
    cluster_s: float
    """For whatever is waited for of the cluster, whatever else is done to it meanwhile."""

    @classmethod
    def of(
        cls,
        client: ClientWaits,
        stored_bytes: int,
        *,
        rate: float | None = None,
        outage_s: float = 0,
        losses: int = 0,
    ) -> Bounds:
        """For a load of so many ``bytes_of``, at ``rate`` messages a second or as fast as it goes, under a fault that
        keeps it waiting for ``outage_s`` in all and leaves ``losses`` requests without an answer.
        """
        pace_s = 0.0 if rate is None else 1 / rate
        silent_s = client.silent_s(losses)
        return cls(
            explained_s=outage_s + pace_s + silent_s,
            # It takes nothing only while it is full of what has no report.
            undisturbed_s=pace_s + (silent_s if client.report_s is None else client.report_s),
            asked_s=(1 + losses) * client.asked_s,
            cluster_s=outage_s + recovering_s(stored_bytes),
        )

    @property
    def patience_s(self) -> float:
        """When nothing has moved for so long, the client has hung."""
        return self.explained_s + HELD_UP_S

    @property
    def call_s(self) -> float:
        """When a call of a client has not returned after so long, it hangs."""
        return self.asked_s + max(0.0, self.explained_s - self.undisturbed_s) + HELD_UP_S

    @property
    def undisturbed(self) -> Bounds:
        return replace(self, explained_s=self.undisturbed_s)


def bytes_of(messages: int, message_size: int) -> int:
    """What so many messages take in a log at most."""
    return messages * (message_size + _RECORD_OVERHEAD_BYTES)


def recovering_s(stored_bytes: int) -> float:
    """Until every replica has caught up with so much."""
    return RECOVERY_S + stored_bytes / _BYTES_PER_S


def reading_s(records: int, message_size: int) -> float:
    """Until so many records have been read, checked and stored."""
    return HELD_UP_S + records / _RECORDS_PER_S + bytes_of(records, message_size) / _BYTES_PER_S
