"""Checks of what clients are set to when nobody sets it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from harness.claims.checks.finding import KIND, Arms, BaseCheck, Finding, Names, Outcome


class Runs(BaseCheck):
    """What clients really run with when nothing is said: a setting's value for each client, null where it has none."""

    check: Literal["runs"] = KIND
    setting: str = Field(description="a client's setting, in Kafka's name")
    arms: Names
    values: Mapping[str, Any] = Field(description="its value for each client; null for a client without it")

    def decide(self, arms: Arms) -> Finding:
        records = [record for name in self.arms for record in arms[name] if record.effective is not None]
        found = {record.client: record.effective.get(self.setting) for record in records if record.effective}
        said = ", ".join(f"{client} {_value(value)}" for client, value in found.items())
        said = f"{self.setting}: {said or 'no trial ran'}"
        if found.keys() != self.values.keys():
            return Finding(Outcome.NOT_DECIDED, said)
        return Finding(Outcome.REPRODUCED if found == dict(self.values) else Outcome.REFUTED, said)


def _value(value: object) -> str:
    return "has no such setting" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
