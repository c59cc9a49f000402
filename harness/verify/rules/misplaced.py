"""When an acked message may be elsewhere than where it was acked: wherever the acked copy itself may be gone."""

from __future__ import annotations

from dataclasses import replace

from harness.verify.rules.table import ALLOWED, FORBIDDEN, Rule


def of_a_copy(rule: Rule) -> Rule:
    """An offset that was acked is a promise as the message is, and another copy is no excuse. Expected it is nowhere:
    that needs a second copy that outlives the first.
    """
    if rule.permission is FORBIDDEN:
        return replace(rule, reason=f"an ack names the offset at which the message is: {rule.reason}")
    return replace(rule, permission=ALLOWED, reason=f"the acked copy may be gone where another landed: {rule.reason}")
