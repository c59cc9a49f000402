"""What a pipeline is promised by when it commits its offsets, as a read_committed consumer of its outputs sees it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.events import Anomaly, Permission
from harness.verify.rules.table import ALLOWED, DELIVERY, FORBIDDEN, Rule, rule

EXPECTED = Permission.EXPECTED
_AT_MOST, _AT_LEAST, _EXACTLY = "at-most-once", "at-least-once", "exactly-once"
_EOS = "KIP-98; KIP-447"

_BESIDE = rule(
    ALLOWED,
    "something else was done than to the pipeline's workers, or outputs are not acked by all: what is lost or written "
    "twice because of that is no pipeline's doing, and nobody has written down what is promised then",
    _EOS,
)

OF_PIPELINES: Mapping[Anomaly, tuple[Rule, ...]] = {
    Anomaly.SKIPPED: (
        _BESIDE,
        rule(
            FORBIDDEN,
            "offsets are committed when the outputs of what is before them are acked, so that whoever takes over reads "
            "the rest again",
            DELIVERY,
            guarantee=_AT_LEAST,
            undisturbed=True,
        ),
        rule(
            FORBIDDEN,
            "offsets are part of the transaction of their outputs: both are committed or neither is",
            _EOS,
            guarantee=_EXACTLY,
            undisturbed=True,
        ),
        rule(
            ALLOWED,
            "offsets are committed before the outputs are sent: a worker that dies in between has skipped the rest",
            DELIVERY,
            guarantee=_AT_MOST,
            undisturbed=True,
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
        _BESIDE,
        rule(
            ALLOWED,
            "a worker that dies behind its outputs and before the commit leaves them to be made again",
            DELIVERY,
            guarantee=_AT_LEAST,
            undisturbed=True,
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
            replaced=True,
            undisturbed=True,
        ),
        rule(
            FORBIDDEN,
            "offsets are committed before the outputs are sent, so that whoever takes over reads what is behind them",
            DELIVERY,
            guarantee=_AT_MOST,
            undisturbed=True,
        ),
        rule(
            ALLOWED,
            "the worker wakes up when another has done its work, and nothing tells it so",
            DELIVERY,
            guarantee=_AT_MOST,
            replaced=True,
            undisturbed=True,
        ),
        rule(
            FORBIDDEN,
            "what a worker had not committed is aborted by the one that takes over, and one that wakes up is fenced",
            _EOS,
            guarantee=_EXACTLY,
            undisturbed=True,
        ),
    ),
}
