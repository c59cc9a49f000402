"""The rules in force, how often each has matched, and which one fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import NamedTuple

from harness.wire.plans import OPEN, PASS_ON, Line, Plan
from harness.wire.requests import PRODUCE, Request
from harness.wire.rules import WireRule


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
    fires and the others do not. Rules that change nothing stand in nobody's way: they fire whenever they are due.
    """

    def __init__(self, rules: Sequence[WireRule] = ()) -> None:
        self.rules = tuple(rules)
        self.matched = [0] * len(self.rules)
        self.fired = [0] * len(self.rules)

    def replaced_by(self, rules: Sequence[WireRule]) -> Rulebook:
        """The rulebook of these rules; those that are in this one too go on counting."""
        book = Rulebook(rules)
        for i, rule in enumerate(book.rules):
            if rule in self.rules:
                before = self.rules.index(rule)
                book.matched[i], book.fired[i] = self.matched[before], self.fired[before]
        return book

    @property
    def line(self) -> Line:
        """What the rules that have fired want of all connections, for as long as they are in force."""
        lines = [rule.plan.line for rule, fired in zip(self.rules, self.fired, strict=True) if fired]
        return reduce(or_, (replace(line, cut=False) for line in lines if line is not None), OPEN)

    def concerned(self, request: Request) -> bool:
        """Whether a rule may fall on it that has to see it whole: for a Produce's partitions and records, or to act."""
        for rule in self.rules:
            if (request.api_key == PRODUCE or rule.plan.of_whole_request) and rule.may_match(request):
                return True
        return False

    def decide(self, request: Request) -> list[Firing]:
        """Counts the request, and says which rules fire on it: at most one of them changes anything."""
        firings: list[Firing] = []
        changed = False
        for i, rule in enumerate(self.rules):
            if not rule.matches(request):
                continue
            self.matched[i] += 1
            spent = rule.times is not None and self.fired[i] >= rule.times
            changes = rule.plan is not PASS_ON
            if not spent and rule.due(self.matched[i]) and not (changes and changed):
                changed = changed or changes
                self.fired[i] += 1
                firings.append(Firing(i, self.matched[i], rule.action, rule.plan, rule.part))
        return firings
