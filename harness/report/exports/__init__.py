"""A run for programs. A new export is one module with a function of the run, and one line in ``EXPORTS``."""

from __future__ import annotations

from collections.abc import Callable

from harness.report.data import Data
from harness.report.exports import csv, hlog, summary

EXPORTS: dict[str, Callable[[Data], str | bytes]] = {
    "trials.csv": csv.export,
    "summary.json": summary.export,
    "latency.hlog": hlog.export,
}
"""By the name of its file, beside the report."""
