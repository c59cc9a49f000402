"""What a pipeline is promised by when it commits its offsets, as a read_committed consumer of its outputs sees it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.events import Anomaly, Permission, Point
from harness.verify.rules.table import ALLOWED, DELIVERY, FORBIDDEN, Rule, rule

EXPECTED = Permission.EXPECTED
_AT_MOST, _AT_LEAST, _EXACTLY = "at-most-once", "at-least-once", "exactly-once"
_EOS = "KIP-98; KIP-447"
_POINTS = [point.value for point in Point]
_BEFORE_COMMIT = ["after-poll", "mid-send", "after-send"]  # at-least-once

_POSITION = "KafkaConsumer's documentation, Offsets and Consumer Position; KIP-62"
_MAY_BE_GONE = rule(
    ALLOWED,
    "who leads next may lack what was acked, records or committed offsets: who had read further begins elsewhere",
    _POSITION,
)

PROCESSED: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.SKIPPED: (
        rule(
            ALLOWED,
            "who leads next may lack what was acked, inputs, outputs or offsets, or nobody acks the outputs at all",
            DELIVERY,
        ),
        rule(
            FORBIDDEN,
            "offsets are committed when the outputs of what is before them are acked, so that whoever takes over reads "
            "the rest again",
            DELIVERY,
            guarantee=_AT_LEAST,
            stays=True,
        ),
        rule(
            FORBIDDEN,
            "offsets are part of the transaction of their outputs: both are committed or neither is",
            _EOS,
            guarantee=_EXACTLY,
            stays=True,
        ),
        rule(
            ALLOWED,
            "offsets are committed before the outputs are sent: a worker that dies in between has skipped the rest",
            DELIVERY,
            guarantee=_AT_MOST,
        ),
        rule(
            EXPECTED,
            "the worker dies behind the commit of the batch's offsets and before all of its outputs are sent",
            f"{DELIVERY}; it follows from the order of the calls",
            guarantee=_AT_MOST,
            killed_at=["mid-send", "after-commit"],
            undisturbed=True,
        ),
    ),
    Anomaly.REDELIVERED: (
        rule(
            ALLOWED,
            "a worker that dies behind its outputs and before the commit leaves them to be made again",
            DELIVERY,
            guarantee=_AT_LEAST,
        ),
        rule(
            EXPECTED,
            "the worker dies with outputs acked and their offsets not committed",
            f"{DELIVERY}; it follows from the order of the calls",
            guarantee=_AT_LEAST,
            killed_at=["mid-send", "after-send"],
            undisturbed=True,
        ),
        rule(
            EXPECTED,
            "the worker wakes up when another has done its work, and nothing tells it so: it does it again",
            f"{DELIVERY}; partitions are assigned by hand, so that no generation of a group fences it",
            guarantee=_AT_LEAST,
            woken_at=_POINTS,
            subscribes=False,
            undisturbed=True,
        ),
        rule(
            EXPECTED,
            "the worker sends outputs, and its commit is refused, for its group gave its partitions to others, who "
            "make those outputs again",
            f"{DELIVERY}; KIP-62: it is no member of the generation any more",
            guarantee=_AT_LEAST,
            woken_at=_BEFORE_COMMIT,
            subscribes=True,
            undisturbed=True,
        ),
        rule(
            ALLOWED,
            "a producer that is not idempotent, or one that takes over, may write an input or an output again; and "
            "offsets whose commit is gone are read again",
            DELIVERY,
            guarantee=[_AT_MOST, _EXACTLY],
        ),
        rule(
            FORBIDDEN,
            "offsets are committed before the outputs are sent, so that whoever takes over reads what is behind them",
            DELIVERY,
            guarantee=_AT_MOST,
            stays=True,
            once=True,
        ),
        rule(
            ALLOWED,
            "the worker wakes up when another has done its work, and nothing tells it so",
            DELIVERY,
            guarantee=_AT_MOST,
            woken_at=_POINTS,
            subscribes=False,
        ),
        rule(
            FORBIDDEN,
            "what a worker had not committed is aborted by the one that takes over, and one that wakes up is fenced",
            _EOS,
            guarantee=_EXACTLY,
            stays=True,
            once=True,
        ),
    ),
    Anomaly.POLL_SKIPPED: (
        _MAY_BE_GONE,
        rule(
            FORBIDDEN,
            "a consumer reads on from its position, which a poll moves behind the last record that it gave, and begins "
            "where its group has committed: no record that is there is passed by",
            _POSITION,
            stays=True,
        ),
    ),
    Anomaly.POLL_AGAIN: (
        _MAY_BE_GONE,
        rule(
            FORBIDDEN,
            "a consumer reads a record again only where it begins anew, and then none that its group had committed",
            _POSITION,
            stays=True,
        ),
    ),
    Anomaly.POLL_BACK: (
        _MAY_BE_GONE,
        rule(
            FORBIDDEN,
            "a consumer's position advances by itself, and goes back for nobody who does not seek",
            _POSITION,
            stays=True,
        ),
    ),
}
