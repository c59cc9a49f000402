"""Checks of what clients are set to when nobody sets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from harness.claims.checks.finding import KIND, Arms, BaseCheck, ClaimOutcome, Finding, Names
from harness.words import listed, plain


class Runs(BaseCheck):
    """What clients really run with when nothing is said: a setting's value for each client, null where it has none."""

    check: Literal["runs"] = KIND
    setting: str = Field(description="a client's setting, in Kafka's name")
    arms: Names
    values: Mapping[str, Any] = Field(description="its value for each client; null for a client without it")

    def decide(self, arms: Arms) -> Finding:
        found: dict[str, list[object]] = {}
        for record in (record for name in self.arms for record in arms[name] if record.effective):
            of_client, value = found.setdefault(record.client, []), (record.effective or {}).get(self.setting)
            if value not in of_client:
                of_client.append(value)
        each = [f"{client} {listed(map(_value, values))}" for client, values in found.items()]
        said = f"{self.setting}: {', '.join(each) or 'no trial ran'}"
        # One trial with another value is enough, whatever others of that client ran with.
        if any(values != [self.values[client]] for client, values in found.items() if client in self.values):
            return Finding(ClaimOutcome.REFUTED, said)
        return Finding(
            ClaimOutcome.REPRODUCED if found.keys() == self.values.keys() else ClaimOutcome.NOT_DECIDED, said
        )


def _value(value: object) -> str:
    return "has no such setting" if value is None else plain(value)
