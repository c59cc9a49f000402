"""Figures that are drawn in several processes: the same as in one, whatever becomes of the others."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil
import pytest

from harness.report.charts import CHARTS, Chart, draw_all, saving
from harness.report.charts.drawing import Drawing
from harness.report.data import Data
from harness.store import TrialRecord

from .synthetic_records import store
from .synthetic_run import default_sweep, faulty


@pytest.fixture
def records() -> Sequence[TrialRecord]:
    """Of a run with three figures."""
    return [faulty("aiokafka", ("all", False), 3, "lose-ack", 1, np.random.default_rng(1))]


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a few figures, and on one core."""
    monkeypatch.setattr(saving, "_WORTH", 1)
    monkeypatch.setattr(saving, "_MOST", 2)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def _drawn(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "charts").iterdir()}


@pytest.mark.usefixtures("two_processes")
def test_two_processes_draw_what_one_draws(
    records: Sequence[TrialRecord], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside = store(tmp_path / "beside", records)
    gallery = draw_all(Data(records), beside)
    monkeypatch.setattr(saving, "_MOST", 1)
    alone = store(tmp_path / "alone", records)
    assert draw_all(Data(records), alone) == gallery
    assert len(gallery.pictures) == 3
    assert _drawn(alone) == _drawn(beside)


@pytest.mark.usefixtures("two_processes")
def test_what_a_process_that_died_did_not_draw_is_drawn_all_the_same(
    records: Sequence[TrialRecord], tmp_path: Path
) -> None:
    # There is no run in this folder for another process to read.
    gallery = draw_all(Data(records), tmp_path)
    assert len(_drawn(tmp_path)) == 2 * len(gallery.pictures) == 6


def test_a_figure_that_fails_leaves_its_chart_out(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    def fails() -> object:
        raise ZeroDivisionError("of all things")

    def draw(data: Data) -> list[Drawing]:
        (drawing,) = CHARTS[0].draw(data)
        return [drawing, replace(drawing, name="doomed", figure=fails)]  # type: ignore[arg-type]

    gallery = draw_all(Data(records), tmp_path, [Chart("doomed", "", draw)])  # type: ignore[arg-type]
    assert gallery.left_out == ("doomed: drawing it failed (ZeroDivisionError: of all things)",)
    assert not gallery.pictures and not _drawn(tmp_path)


@pytest.mark.skipif(sys.platform != "linux" or os.cpu_count() == 1, reason="needs a second process and its guard")
def test_a_killed_report_leaves_no_process(records: Sequence[TrialRecord], tmp_path: Path) -> None:
    (one,) = records
    # Two more faults, so that there are figures enough for two processes.
    more = [
        one.model_copy(update={"id": f"{name}.r1", "fault": one.fault.model_copy(update={"name": name})})
        for name in ("hold", "refuse")
    ]
    folder = store(tmp_path / "run", [*default_sweep(), *more])
    harness = subprocess.Popen([sys.executable, "-m", "harness", "report", folder], start_new_session=True)
    until = time.monotonic() + 120
    workers: list[psutil.Process] = []
    while not workers:
        assert time.monotonic() < until and harness.poll() is None, "it drew without another process"
        workers = [
            each for each in psutil.Process(harness.pid).children() if "harness.report.charts.worker" in each.cmdline()
        ]
        time.sleep(0.01)
    os.kill(harness.pid, signal.SIGKILL)
    harness.wait(10)
    _, left = psutil.wait_procs(workers, 20)
    assert not left
