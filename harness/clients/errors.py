"""What a client's error proves of its message: it cannot be in the log (``FAILED``), or nothing (``UNKNOWN``).

Each client has one table from its error's class or code to a ``Rule``. What a table lacks is unknown, as timeouts and
disconnects always are: the broker may have appended the message before the client stopped waiting. An error that
refuses a message before it is queued needs no table: that message is in no log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Proof(Enum):
    """When an error is proof that its message is not in the log.

    There is no *always*: that a broker refused this attempt says nothing of the one before, which may have landed
    unheard, and between the two a topic's limits and rights can change.
    """

    ONE_ATTEMPT = "when the message was sent once at most: retries=0"
    NEVER = "never"


@dataclass(frozen=True)
class Rule:
    """One error's row; ``reason`` says why it proves as much as it does."""

    proof: Proof
    reason: str


ErrorTable = Mapping[str, Rule]


def proving(table: ErrorTable) -> frozenset[str]:
    """The errors that mean ``FAILED`` in a producer that sends each message once; all others mean ``UNKNOWN``. Of one
    that sends again no error does.
    """
    return frozenset(error for error, rule in table.items() if rule.proof is Proof.ONE_ATTEMPT)
