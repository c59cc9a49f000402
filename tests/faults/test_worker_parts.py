"""Faults of a pipeline's workers beside each other, and where a worker never comes to."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from harness.faults import FAULTS
from harness.kinds.pipeline import _first_stops

OTHER = {"stall_worker": {"worker": 1, "batch": 7}}


@pytest.mark.parametrize("name", ["kill-worker then stall-worker", "kill-worker with stall-worker"])
def test_a_worker_stops_for_one_fault_alone(name: str) -> None:
    """Who takes over is not told of the other's stop, so that the second would wait in vain."""
    with pytest.raises(ValidationError, match="both wait for worker 0 to stop"):
        FAULTS[name].parameters.model_validate({})
    parameters = FAULTS[name].parameters.model_validate(OTHER)
    assert _first_stops(FAULTS[name].script(parameters)) == {0: (("after-send", 5),), 1: (("after-send", 7),)}


@pytest.mark.parametrize(("inputs", "refused"), [(249, True), (250, False)])
def test_a_batch_that_nobody_comes_to_is_no_point_to_die_at(inputs: int, refused: bool) -> None:
    config: dict[str, Any] = {"processing.guarantee": "exactly-once", "pipeline.batch": 50}
    fault = FAULTS["kill-worker"]
    why = fault.refuses(fault.parameters.model_validate({"messages": inputs}), config)
    assert why == ("of 249 inputs no worker comes to batch 5: that takes 250" if refused else None)
