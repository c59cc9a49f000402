"""Measuring: latency, throughput and availability, from the columns of stored journals. Pure, like judging."""

from harness.measure.latency import curve, end_to_end, gave_up, latency, merge, service
from harness.measure.recovery import longest_gap_s, recovery_s
from harness.measure.throughput import ack_rate, throughput

__all__ = [
    "ack_rate",
    "curve",
    "end_to_end",
    "gave_up",
    "latency",
    "longest_gap_s",
    "merge",
    "recovery_s",
    "service",
    "throughput",
]
