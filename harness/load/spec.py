"""What a producer worker is: all that it is told before its first command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.clients import Setting
from harness.load.shape import Shape
from harness.security import PLAINTEXT, Security
from harness.topics import Topics


@dataclass(frozen=True)
class InTransactions:
    """How a producer's messages are put into transactions."""

    messages: int
    """At most in one."""
    interval_s: float
    """At most from its begin until it is to end."""
    aborts: float
    """The share of them that are aborted."""
    seed: int
    init_s: float
    """How long the client may take to be initialised, which fences and aborts what an earlier one of its id left."""


@dataclass(frozen=True)
class Spec:
    """The first line a worker is told."""

    client: str
    bootstrap: str
    topics: Topics
    config: dict[str, Setting]
    run_key: int
    producer: int
    shape: Shape
    capacity: int
    journal: str
    transactions: InTransactions | None = None
    """None: its messages are in none."""
    deadline_s: float | None = None
    """After which the application sends a message without a report again; None: it leaves that to the client."""
    security: Security = PLAINTEXT
    errors: tuple[str, ...] | None = None
    """Of a worker that takes over the journal of one that is gone: the names of that one's error codes, from 1 on."""
    client_version: str | None = None
    """That of the client's package that it has to run; None: the one that is installed."""

    @classmethod
    def of(cls, message: Mapping[str, Any]) -> Spec:
        """As it was sent (``dataclasses.asdict``)."""
        told = message.get("transactions")
        transactions = None if told is None else InTransactions(**told)
        read = {
            "topics": Topics.of(message["topics"]),
            "security": Security.of(message["security"]),
            "shape": Shape.of(message["shape"]),
        }
        return cls(**{**message, **read, "transactions": transactions})
