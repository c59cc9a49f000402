"""Measuring: latency, throughput and availability, from the columns of stored journals. Pure, like judging.

No module here has the name of a function: whoever imports ``harness.measure.<module>`` gets the module.
"""

from harness.measure.batches import Processed
from harness.measure.durations import committed, curve, distribution, gave_up, late, latency, merge, moments, service
from harness.measure.keeping_up import falls_behind, sustained
from harness.measure.measured import measured_from_ns
from harness.measure.rates import ack_rate, bin_width_s, error_rate, throughput
from harness.measure.recovery import longest_gap_s, recovered_after_heal_s, recovery_s, waited_after_heal_s
from harness.measure.reports import reported
from harness.measure.whole import Ends, committed_throughput, in_whole, whole_transactions

__all__ = [
    "Ends",
    "Processed",
    "ack_rate",
    "bin_width_s",
    "committed",
    "committed_throughput",
    "curve",
    "distribution",
    "error_rate",
    "falls_behind",
    "gave_up",
    "in_whole",
    "late",
    "latency",
    "longest_gap_s",
    "measured_from_ns",
    "merge",
    "moments",
    "recovered_after_heal_s",
    "recovery_s",
    "reported",
    "service",
    "sustained",
    "throughput",
    "waited_after_heal_s",
    "whole_transactions",
]
