"""The words of the harness: what can become of a message, and what can go wrong with it.

They are Kafka's and Jepsen's own. Everything that runs writes them, everything that judges reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

FORMAT = 3
"""The version of everything stored in a results folder. A reader refuses a newer one."""

NO_FAULT = "none"
"""What the fault is called of a trial to which nothing is done, in records and in workloads."""


class Outcome(IntEnum):
    """What the client said of one message, or what that proves. Stored as one byte a message; the numbers are part of
    the format.
    """

    UNSENT = 0
    """Never handed to the client."""
    PENDING = 1
    """Handed over, nothing heard yet. A journal that was closed in order has none left: they end as UNKNOWN."""
    ACKED = 2
    """The client reported success."""
    FAILED = 3
    """It cannot be in the log: the client did not take it, or reported an error that proves it."""
    UNKNOWN = 4
    """Timeout, disconnect, or silence until the deadline: it may or may not have landed."""
    UNCONFIRMED = 5
    """acks=0: the client counted it as sent, and nobody promised anything."""
    ERROR = 6
    """The client reported an error of a message that it had taken. Judging makes FAILED or UNKNOWN of it."""
    ABORTED = 7
    """Never noted: judging makes it of a message whose transaction the client reported as aborted, where what is judged
    is what a read_committed consumer finds.
    """


class Metric(StrEnum):
    """What is compared of a performance trial from one run to another."""

    THROUGHPUT = "throughput"
    LAST_THIRD = "throughput of the last third"
    CPU = "CPU a message"
    MEDIAN = "median latency"
    P99 = "p99 latency"
    END_TO_END_P99 = "end-to-end p99"


GATING = tuple(figure for figure in Metric if figure is not Metric.END_TO_END_P99)
"""Those that count for what is said of the whole, unless a workload states others."""


class Ending(IntEnum):
    """What became of one transaction. The numbers are part of the format."""

    OPEN = 0
    """Neither its commit nor its abort was confirmed."""
    COMMITTED = 1
    ABORTED = 2


class Consuming(IntEnum):
    """What a pipeline's worker notes of its reading. Stored as one byte a deed; the numbers are part of the format."""

    LEFT_OFF = 1
    """Where its group's committed offset lets it begin, or the beginning of the log where nothing is committed."""
    POLLED = 2
    """The client gave it a run of records without a gap."""
    COMMITTED = 3
    """The group has committed an offset: the commit, or that of the transaction it is in, was confirmed."""
    ASSIGNED = 4
    REVOKED = 5
    LOST = 6
    """Taken away without a word before: another may have had it since."""


class Guarantee(StrEnum):
    """What a pipeline is built for, by when its offsets are committed: before its outputs are produced, behind them, or
    with them in one transaction.
    """

    AT_MOST_ONCE = "at-most-once"
    AT_LEAST_ONCE = "at-least-once"
    EXACTLY_ONCE = "exactly-once"


class Point(StrEnum):
    """Where in the life of a batch a pipeline's worker can be stopped."""

    AFTER_POLL = "after-poll"
    MID_SEND = "mid-send"
    """Behind the first message of the second half, with all up to it reported."""
    AFTER_SEND = "after-send"
    AFTER_SEND_OFFSETS = "after-send-offsets"
    """With exactly-once alone."""
    AFTER_COMMIT = "after-commit"


class TransactionPoint(StrEnum):
    """Where in the life of a transaction its producer can be stopped."""

    BEFORE_SEND = "before-send"
    """It has been begun, and its coordinator does not know of it yet."""
    AFTER_SEND = "after-send"
    """Behind its first half, of its messages or its time, with all of that reported; more is sent when it goes on."""
    AT_COMMIT = "at-commit"
    """All is reported, and the next call is its commit."""
    AT_ABORT = "at-abort"
    """The same of its abort: it is aborted, whatever was drawn."""


class Anomaly(StrEnum):
    """What can be found in a trial's journals. Finding one is no judgement: that is the verdict's work."""

    LOST = "lost"
    DUPLICATE = "duplicate"
    REORDERED = "reordered"
    UNKNOWN_LANDED = "unknown_landed"
    UNKNOWN_ABSENT = "unknown_absent"
    FAILED_LANDED = "failed_landed"
    UNEXPECTED = "unexpected"
    MISPLACED = "misplaced"
    UNREPORTED = "unreported"
    ABORTED_VISIBLE = "aborted_visible"
    TORN_TRANSACTION = "torn_transaction"
    HUNG_TRANSACTION = "hung_transaction"
    FENCED_VISIBLE = "fenced_visible"
    HUNG_CALL = "hung_call"
    REDELIVERED = "redelivered"
    SKIPPED = "skipped"
    POLL_SKIPPED = "poll_skipped"
    POLL_AGAIN = "poll_again"
    POLL_BACK = "poll_back"


INFORMATION = frozenset({Anomaly.UNKNOWN_LANDED, Anomaly.UNKNOWN_ABSENT})
"""What became of messages of which the client said that it does not know: nothing went wrong with them."""


class Verdict(StrEnum):
    """One word for a trial. Only a fault that really fired can earn ``KEPT`` or ``ALLOWED``."""

    KEPT = "kept"
    """Nothing went wrong, and the fault was really exercised."""
    ALLOWED = "allowed"
    """Something went wrong that was never promised not to, and nothing that was."""
    BROKEN = "broken"
    """A forbidden anomaly happened; the witnesses are stored."""
    REPRODUCED = "reproduced"
    """An expected anomaly happened."""
    NOT_EXERCISED = "not_exercised"
    """The fault did not fire, or an expected anomaly did not appear."""
    UNKNOWN = "unknown"
    """No data, a hang, or a judge that crashed."""


class Permission(StrEnum):
    """What a configuration under a fault says of one anomaly."""

    FORBIDDEN = "forbidden"
    ALLOWED = "allowed"
    EXPECTED = "expected"


STOOD_STILL = "stood-still"
"""The event that a client's process did not run, for ``seconds`` until then: it was stopped, by whomever, or a machine
that is too busy had no time for it. Nobody reports in his sleep.
"""

GIVEN_UP = "deadline.ms"
"""The error of a message that the application gave up at its own deadline and sent again, however it ended then."""

GAVE_UP = "hung-call"
"""The event that a client's ``call`` was given up when it had not returned for ``seconds``."""

STABLE = "stable"
"""The event that the last stable offset reached the end of the log, after ``seconds`` in which it was waited for;
without it, it did not.
"""

OBSERVED = frozenset({"sent", "leader", "isr", "observe", "jitter", STOOD_STILL, GAVE_UP, STABLE})
"""Fault events that say what was seen or drawn meanwhile: no deeds of the fault, so it neither begins nor ends with
them.
"""


RESTORED = "restored"
"""The fault event with which the line between client and broker is as it was: a fault that lasted ends, ``action``
being the one with which it began (``hold``, ``refuse``, ``bandwidth``, ``delay``).
"""


UNDOING = frozenset(
    {"resume", "mend", "reconnect", "restart", "writable", "healthy", "resume-client", "restart-client", RESTORED}
)
"""Deeds of a fault with which it is over, or some of it is."""


@dataclass(frozen=True)
class FaultEvent:
    """One thing that was done to the cluster or the wire, or seen of it, during a trial."""

    at_ns: int
    """CLOCK_MONOTONIC, the clock of every journal on this machine."""
    what: str
    """One verb of the recipe: ``stop``, ``kill``, ``failover``, ``lose-ack``, ..."""
    detail: dict[str, object]
    """The evidence: node, process id, partition, leader before and after, request ordinal, ..."""


COMMAND = "command"
"""What is noted when somebody else's node was ended, frozen or started by its owner's command."""
NO_REPORT = "no report"
"""The name of the error of a message of which the client never said anything."""
CLIENT_DIED = "the client died"
"""What a trial's reason begins with when its client could send no more."""

THEN, WITH = " then ", " with "
"""Join the names of faults that run one after the other, or at once, to the name of the fault they are together."""


def parameters_key(fault: str) -> str:
    """Under which the parameters of a part are among those of the composition."""
    return fault.replace("-", "_").replace(" ", "_")


def flat_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a fault, those of a composition's parts as ``part.parameter``."""
    flat: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            flat |= {f"{key}.{name}": one for name, one in flat_parameters(value).items()}
        else:
            flat[key] = value
    return flat


def parts_of(fault: str) -> list[str]:
    """The faults that a fault is composed of; of a simple one, itself."""
    return [part for sequence in fault.split(THEN) for part in sequence.split(WITH)]
