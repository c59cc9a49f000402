"""How far one client's errors prove that their message is in no log: a row an error, with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Proof(Enum):
    """When an error is proof that its message is not in the log.

    No broker's error is proof always: that it refused this attempt says nothing of the one before, which may have
    landed unheard, and between the two a topic's limits and rights can change. But a client may say it of all of them.
    """

    NEVER_SENT = "always: the client gives it only to what it never sent"
    NOT_WRITTEN = "always: the client says of this message that no attempt may have landed"
    ONE_ATTEMPT = "when the message was sent once at most: retries=0"
    NEVER = "never"


@dataclass(frozen=True)
class ErrorRow:
    """One error's row; ``reason`` says why it proves as much as it does."""

    proof: Proof
    reason: str


ErrorTable = Mapping[str, ErrorRow]
