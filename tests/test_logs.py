"""What the nodes said is kept where somebody may ask for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from harness.clusters.local.node import Node
from harness.clusters.local.processes import Logs
from harness.events import Verdict
from harness.store import FaultRecord, TrialRecord
from harness.trial import logs


def _record(status: str, verdict: Verdict | None) -> TrialRecord:
    return TrialRecord(
        id="a", name="a", kind="fault", repeat=1, kafka="4.4.0", client="aiokafka", config={}, load={},
        fault=FaultRecord(name="lose-ack"), status=status, verdict=verdict,
    )  # fmt: skip


@pytest.mark.parametrize("verdict", [None, *Verdict])
def test_they_are_kept_unless_all_was_fine(verdict: Verdict | None) -> None:
    assert logs.wanted(_record("completed", verdict)) == (verdict is not Verdict.KEPT)
    assert logs.wanted(_record("failed", verdict)) == (verdict is not Verdict.KEPT)
    assert not logs.wanted(_record("skipped", None))


def test_of_a_long_log_its_end_is_kept(tmp_path: Path) -> None:
    names = ("controller", "broker-1", "broker-2")
    nodes = {id: Node(id, tmp_path / name, cast(Any, None), ()) for id, name in enumerate(names)}
    said = (b"all of it", b"begin" + bytes(logs.KEPT_BYTES) + b"end")  # and the third was never started
    for node, words in zip(nodes.values(), said, strict=False):
        node.configure({})
        node.log.write_bytes(words)
    for _ in range(2):
        logs.keep(Logs(nodes), tmp_path / "logs" / "a")
    kept = {path.name: path.read_bytes() for path in (tmp_path / "logs" / "a").iterdir()}
    assert kept.keys() == {"broker-1.log", "controller.log"}
    assert kept["broker-1.log"].endswith(b"end") and len(kept["broker-1.log"]) == logs.KEPT_BYTES
    assert kept["controller.log"] == b"all of it"
