"""What a fault needs: no more than its steps say, and no less."""

from __future__ import annotations

import pytest

from harness.clusters import ClusterFailed
from harness.faults import FAULTS, evidence
from harness.faults.stage import RecipeFailed

from .played import Played


@pytest.mark.parametrize("name", [*FAULTS, "partition-leader then disk-lost with lose-ack"])
def test_a_fault_needs_what_it_says(name: str) -> None:
    parameters = FAULTS[name].parameters()
    needs, steps = FAULTS[name].needs(parameters), FAULTS[name].drawn(parameters, seed=1).steps
    assert evidence(name, Played(steps, needs).stored())
    for missing in needs:
        with pytest.raises((RecipeFailed, ClusterFailed), match=r"this cluster has no|there is no proxy"):
            Played(steps, needs - {missing})
