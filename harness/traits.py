"""What is particular about a client, as data: the words in which rules speak of clients, whatever those are called."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

Quirk = Literal[
    "sends again what timed out",
    "gives up when a request times out",
    "counts no retry when the leader is gone",
    "sends what was refused behind its successors",
    "takes what a former leader refused for not written",
    "splits a batch that is too large",
    "silent behind an expired idempotent batch",
    "forgets what it asks an absent coordinator",
    "commits offsets in a transaction as nobody",
    "sends offsets to a coordinator that is gone",
    "begins at offsets that are not stable",
]


@dataclass(frozen=True)
class Traits:
    """Of one version of a client. By default nothing is known of it, and nothing is held against it."""

    client: str = ""
    version: str = ""
    """Empty where it is not on record."""
    idempotent: bool = False
    """Unless told otherwise, where acks, retries and requests in flight let it."""
    one_in_flight: bool = False
    """At most one batch of a partition is on its way at once, whatever is set."""
    one_core: bool = False
    """All its threads together have one core, as those of Python have whose lock it is: what they wait for is that."""
    response_s: float = math.inf
    """How long it waits for a response where ``request.timeout.ms`` is not stated."""
    delivery_s: float = math.inf
    """How long it goes on sending a message again where ``delivery.timeout.ms`` is not stated."""
    end_txn: int | None = None
    """The newest version of EndTxn that it speaks; None where nobody has looked."""
    looks_every_s: float = 0.0
    """So seldom it looks for responses that are late."""
    quirks: frozenset[Quirk] = frozenset()


UNKNOWN = Traits()
