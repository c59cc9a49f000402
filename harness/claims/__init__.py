"""Claims: what documentation says of Kafka, tried on real brokers and decided from the records that leaves.

A file of claims becomes a plan like a workload's; the same sweep runs it, and checks on its records decide.
"""

from harness.claims.checks import ClaimOutcome, Finding, decide
from harness.claims.document import Decided, decide_all, write_document
from harness.claims.model import Claims, load, parse_claims
from harness.claims.planning import arms_of, plan_claims
from harness.claims.schema import json_schema

__all__ = [
    "ClaimOutcome",
    "Claims",
    "Decided",
    "Finding",
    "arms_of",
    "decide",
    "decide_all",
    "json_schema",
    "load",
    "parse_claims",
    "plan_claims",
    "write_document",
]
