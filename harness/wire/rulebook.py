"""The rules in force, how often each has matched, and which one fires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from harness.wire.plans import Plan
from harness.wire.requests import PRODUCE, Request
from harness.wire.rules import Rule


class Firing(NamedTuple):
    """A rule, by its place in the list, falls on its matching request number ``ordinal``."""

    rule: int
    ordinal: int
    action: str
    plan: Plan
    part: str | None = None


class Rulebook:
    """The rules in force and how often each has matched and fired.

    Every rule counts every request it matches, whatever the others do; of those that are due, the first in the list
    fires and the others do not.
    """

    def __init__(self, rules: Sequence[Rule] = ()) -> None:
        self.rules = tuple(rules)
        self.matched = [0] * len(self.rules)
        self.fired = [0] * len(self.rules)

    def concerned(self, request: Request) -> bool:
        """Whether a rule may fall on it that has to see it whole: for a Produce's partitions and records, or to act."""
        for rule in self.rules:
            if (request.api_key == PRODUCE or rule.plan.of_whole_request) and rule.may_match(request):
                return True
        return False

    def decide(self, request: Request) -> Firing | None:
        """Counts the request, and says which rule fires on it."""
        firing = None
        for i, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            self.matched[i] += 1
            spent = rule.times is not None and self.fired[i] >= rule.times
            if firing is None and not spent and rule.due(self.matched[i]):
                self.fired[i] += 1
                firing = Firing(i, self.matched[i], rule.action, rule.plan, rule.part)
        return firing
