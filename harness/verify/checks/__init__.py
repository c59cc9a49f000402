"""The checks: each counts some anomalies, from those readings that it needs.

A new one is one file with a ``CHECK`` and its name in ``CHECKS``. Nothing that a check counts is forbidden, allowed or
expected here: that is for the rules to say.
"""

from harness.verify.checks import calls, messages, order, pipeline, polls, reports, transactions, unexpected
from harness.verify.checks.check import Check, Found

__all__ = ["CHECKS", "Check", "Found"]

CHECKS = (
    messages.CHECK,
    order.CHECK,
    pipeline.CHECK,
    polls.CHECK,
    reports.CHECK,
    transactions.CHECK,
    calls.CHECK,
    unexpected.CHECK,
)
