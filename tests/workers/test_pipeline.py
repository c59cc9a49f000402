"""Who works in a pipeline, and who takes over: its workers are a script here, and need no broker."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from harness import roles
from harness.events import FaultEvent
from harness.janitor import Janitor
from harness.workers.pipeline import Pipeline
from harness.workers.pipeline_worker import PipelineSpec

# The first can do nothing any more, the second never can, and the third is through when it is told to finish.
_WORKER = """
import json, sys
say = lambda event, **fields: print(json.dumps({"event": event, **fields}), flush=True)
spec = json.loads(sys.stdin.readline())
if spec["epoch"] == 1:
    say("refused", reason="no broker is there")
    sys.exit(2)
say("ready", effective={}, version="a script")
if spec["epoch"] == 0:
    say("failed", why="its connection ended")
for line in sys.stdin:
    told = json.loads(line)
    if told["do"] == "finish":
        say("finished", processed=0, ends=told["ends"] if spec["epoch"] else {}, failed=None)
    if told["do"] == "close":
        say("closed", id=told["id"])
        break
"""
BOUND_S = 20.0


@pytest.fixture
def spec(monkeypatch: pytest.MonkeyPatch) -> PipelineSpec:
    monkeypatch.setitem(roles.ROLES, "pipeline", [sys.executable, "-c", _WORKER])
    return PipelineSpec(
        client="a script",
        guarantee="at-least-once",
        bootstrap="",
        input="in",
        input_partitions=1,
        output="out",
        output_partitions=1,
        group="",
        mode="assign",
        config={},
        consumer_config={},
        run_key=1,
        message_size=100,
        batch=50,
        patience_s=5,
        call_s=5,
    )


@pytest.mark.parametrize("looked", [1, 0], ids=["the second has failed too", "nobody looked yet"])
def test_one_that_failed_while_nobody_looked_is_replaced_before_the_rest_is_told_to_finish(
    spec: PipelineSpec, janitor: Janitor, tmp_path: Path, looked: int
) -> None:
    events: list[FaultEvent] = []
    with Pipeline(spec, {}, tmp_path / "log", janitor, lambda part: tmp_path / f"{part}.parquet", events) as pipeline:
        until = time.monotonic() + BOUND_S
        while len(events) < looked and time.monotonic() < until:
            pipeline.look_after()
        second = pipeline._at_work[0].child
        while looked and second.alive and time.monotonic() < until:
            time.sleep(0.02)
        assert pipeline.finish({0: 10}, 5.0) is None
    whys = ["its connection ended", "no broker is there"]
    assert [(event.what, event.detail["why"]) for event in events] == [("replace-failed-worker", why) for why in whys]
    assert sorted(path.name for path in tmp_path.glob("*.parquet")) == [
        f"polls-0.{epoch}.parquet" for epoch in range(3)
    ]
