"""A whole run and its report, made once for all tests of this room that read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from harness.kinds import KINDS
from harness.report import render
from harness.store import TrialRecord

from .synthetic_records import store
from .synthetic_run import default_sweep


@pytest.fixture(scope="session")
def records() -> tuple[TrialRecord, ...]:
    return default_sweep()


@pytest.fixture(scope="session")
def whole(records: Sequence[TrialRecord], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a rendered run."""
    folder = store(tmp_path_factory.mktemp("results") / "whole", records)
    assert render(folder, KINDS.values()) == folder / "report.md"
    return folder
