"""What is promised where, as JSON, for programs in any language: the rules, and the facts that they are asked about."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.clients import CLIENTS
from harness.clients.traits import traits
from harness.faults import FAULTS
from harness.faults.effects import effects_of
from harness.verify.rules import OF_TRANSACTIONS, RULES, written


def as_json() -> dict[str, Any]:
    """``rules``: of each anomaly, in the order in which they are read; ``effects``: of each fault with the parameters
    that it has by default; ``traits``: of each client whose version is not known.
    """
    return {
        "rules": written(RULES),
        "rules_of_transactions": written(OF_TRANSACTIONS),
        "effects": {name: asdict(effects_of(fault, fault.parameters())) for name, fault in FAULTS.items()},
        "traits": {client: {**vars(traits(client)), "quirks": sorted(traits(client).quirks)} for client in CLIENTS},
    }
