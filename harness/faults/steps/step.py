"""What every step is, and what steps can need."""

from __future__ import annotations

from enum import Enum

from harness.clusters.can import Ability


class LineNeed(Enum):
    """What a fault may need between the client and its brokers, whatever cluster that is."""

    PROXY = "a proxy that the client goes through"


Need = Ability | LineNeed


class Step:
    """One thing that is done or waited for: a frozen dataclass, pure data."""

    @property
    def needs(self) -> frozenset[Need]:
        """What has to be there for it. What faults need follows from their steps."""
        return frozenset()
