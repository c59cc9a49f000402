"""What a run leaves: the results folder (``results``), and in it a record for every trial (``records``)."""

from harness.store.figures import Availability, Percentiles, Sustained, Throughput, Used
from harness.store.records import (
    Anomalies,
    Counts,
    Expectation,
    FailedEnd,
    FaultRecord,
    TransactionCounts,
    TrialRecord,
)
from harness.store.results import Results, ResultsUnusable

__all__ = [
    "Anomalies",
    "Availability",
    "Counts",
    "Expectation",
    "FailedEnd",
    "FaultRecord",
    "Percentiles",
    "Results",
    "ResultsUnusable",
    "Sustained",
    "Throughput",
    "TransactionCounts",
    "TrialRecord",
    "Used",
]
