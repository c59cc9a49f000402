"""What a producer worker is: all that it is told before its first command."""

from __future__ import annotations

from dataclasses import dataclass

from harness.clients import Setting


@dataclass(frozen=True)
class Spec:
    """The first line a worker is told."""

    client: str
    bootstrap: str
    topic: str
    partitions: int
    config: dict[str, Setting]
    run_key: int
    producer: int
    message_size: int
    capacity: int
    journal: str
    errors: tuple[str, ...] | None = None
    """Of a worker that takes over the journal of one that is gone: the names of that one's error codes, from 1 on."""
