"""Judging: what became of every message, what the configuration promised, and the verdict on the two.

Pure functions on the columns of stored journals. Nothing here knows a client, a cluster or a fault: what they do is
given as traits and effects, so that a trial can be judged again at any time::

    producers = [decided(each, proved) for each in producers]          what its errors prove of each message
    findings = find(Readings(producers, log, ...))                     what is there, as far as it was read
    expected = expectations(traits, config, effects, seen)             what it means
    word, reason = verdict(findings, expected, fault=..., fired=..., problem=...)
"""

from harness.verify.anomalies import Findings, find
from harness.verify.committed import find_committed
from harness.verify.compaction import KeyOf
from harness.verify.expectations import expectations, in_time, promise
from harness.verify.outcomes import decided
from harness.verify.readings import GivenUp, ReadCommitted, Readings
from harness.verify.seen import Seen
from harness.verify.verdict import judge as verdict
from harness.verify.verdict import observed
from harness.verify.waiting import has_one_clock, report_within_s, tries_s

__all__ = [
    "Findings",
    "GivenUp",
    "KeyOf",
    "ReadCommitted",
    "Readings",
    "Seen",
    "decided",
    "expectations",
    "find",
    "find_committed",
    "has_one_clock",
    "in_time",
    "observed",
    "promise",
    "report_within_s",
    "tries_s",
    "verdict",
]
