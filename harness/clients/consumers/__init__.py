"""Consumers for pipelines that consume, transform and produce: one small protocol over every client, and a registry.

A consumer is of one topic and one group, and is driven by one thread. It never commits by itself. Settings have Kafka's
own dotted names; a client that lacks one says so in ``unsupported`` before anything runs. Here is what is common to
the clients, in a module each what is not.

No client is trusted to come back. A poll that outlives its bound goes on, and the next one gets its records.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, NamedTuple, Protocol, TypeVar

from harness.clients import Setting
from harness.clients.bounded import LATE_S
from harness.security import PLAINTEXT, Security

T = TypeVar("T")
Isolation = Literal["read_committed", "read_uncommitted"]
Mode = Literal["assign", "subscribe"]
"""``assign`` reads what it is told and joins no group, so that nobody waits for a dead member; ``subscribe`` joins."""


class Polled(NamedTuple):
    """One record."""

    partition: int
    offset: int
    value: bytes


@dataclass(frozen=True)
class Rebalance:
    """What the group gave to a consumer or took from it: ``lost`` is what another may have had before it was told."""

    what: Literal["assigned", "revoked", "lost"]
    partitions: frozenset[int]


class ConsumerFailed(Exception):
    """A call that the client refused or that did not return within its bound; the message is the client's own.

    It may be called again. What a call that hung was to do may still happen later, or never; no other begins meanwhile.
    """

    error: str
    """The client's own name of the error, a class or a code; the call's if it hung."""
    hung_s: float | None
    """After so many seconds a call that had not returned was given up."""

    def __init__(self, said: str, error: str, hung_s: float | None = None) -> None:
        super().__init__(said)
        self.error = error
        self.hung_s = hung_s


class Consumer(Protocol):
    """It begins where the group has committed, of a partition where it has not by ``auto.offset.reset``. With
    ``subscribe`` it gives up what it has while it polls, and not before, unless it is thrown out of the group.

    Each call with a ``timeout_s`` ends within a second after that whatever the client does.
    """

    def poll(self, most: int, timeout_s: float) -> list[Polled]:
        """Up to ``most`` records, those of a partition in their order, as soon as there are any; none when there are
        none after ``timeout_s``. Records of a poll that outlived its bound come in the next one, up to what that was
        asked for. Raises ``ConsumerFailed`` for an error that the client told.
        """

    def commit(self, offsets: Mapping[int, int], timeout_s: float) -> None:
        """Waits until the group has committed these: by partition the next offset to read.

        Raises ``ConsumerFailed``.
        """

    def committed(self, timeout_s: float) -> dict[int, int]:
        """What the group has committed, whoever did: by partition the next offset to read, where there is one.

        Raises ``ConsumerFailed``.
        """

    def group(self) -> Any:
        """What ``send_offsets`` of a producer of the same client takes. Its generation is that of now: ask each time.

        Ends within seconds; raises ``ConsumerFailed``.
        """

    def assigned(self) -> frozenset[int]:
        """The partitions that it has, as far as it was told. Asks nobody."""

    def events(self) -> list[Rebalance]:
        """What it was told since this was last asked, in that order; nothing with ``assign``. Asks nobody."""

    def close(self, timeout_s: float) -> None:
        """Lets go of everything within ``timeout_s``, and leaves the group if that is possible. Commits nothing. Never
        raises, never hangs. The last call.
        """


class ConsumerModule(Protocol):
    """What each module of this room offers."""

    @staticmethod
    def unsupported(config: Mapping[str, Setting]) -> list[str]:
        """For each setting the client cannot honour, one sentence why; empty if it can run exactly this."""

    @staticmethod
    def create(
        bootstrap: str,
        topic: str,
        partitions: Sequence[int],
        group_id: str,
        *,
        isolation: Isolation,
        mode: Mode,
        config: Mapping[str, Setting],
        security: Security = PLAINTEXT,
    ) -> Consumer:
        """A consumer of a topic: of these partitions with ``assign``; with ``subscribe`` they are all that there are.
        ``auto.offset.reset`` is ``earliest`` unless it is given.

        Waits for no broker longer than a few seconds: whoever polls finds out. Raises ``ClientRefused``.
        """


CONSUMERS = {
    "aiokafka": "harness.clients.consumers.aiokafka",
    "kafka-python": "harness.clients.consumers.kafka_python",
    "confluent-kafka": "harness.clients.consumers.confluent",
}
"""Every client that has one, by the name of its package. A new one is one module and one line here."""

DEFAULTS: Mapping[str, Setting] = {"auto.offset.reset": "earliest"}
"""What is given to every client where nothing else is."""

GROUP_S = 5.0
"""Asking for the group's metadata asks no broker, and is given up after so long all the same."""


def load(name: str) -> ConsumerModule:
    """The module of one client; imported only when it is needed, since each takes a while."""
    return import_module(CONSUMERS[name])  # type: ignore[return-value]


def unsupported(name: str, config: Mapping[str, Setting]) -> list[str]:
    """What the consumer of a client cannot honour, a sentence each. It is not loaded for nothing."""
    return load(name).unsupported(config) if config else []


class Calls:
    """One consumer's calls, each with its bound, and what its client told it of rebalances."""

    def __init__(self, assigned: Iterable[int]) -> None:
        """``assigned`` is what it has from the beginning."""
        self._assigned = frozenset(assigned)
        self._rebalances: deque[Rebalance] = deque()
        self._polling: Future[list[Polled]] | None = None
        self._last: Future[Any] | None = None

    def assigned(self) -> frozenset[int]:
        return self._assigned

    def events(self) -> list[Rebalance]:
        return [self._rebalances.popleft() for _ in range(len(self._rebalances))]

    def _told(self, what: Literal["assigned", "revoked", "lost"], partitions: Iterable[Any]) -> None:
        """The client says so, in whatever thread; with all that was assigned, or with what is new."""
        named = frozenset(each.partition for each in partitions)
        self._assigned = self._assigned | named if what == "assigned" else self._assigned - named
        if named or what == "assigned":  # before a group is first joined, nothing is revoked
            self._rebalances.append(Rebalance(what, named))

    def _records(self, poll: Callable[[], Future[list[Polled]]], timeout_s: float) -> list[Polled]:
        """Those of ``poll``, or of an earlier one that is still running."""
        if self._polling is None:
            self._polling = poll()
        wait([self._polling], timeout_s + LATE_S)
        if not self._polling.done():
            return []
        ended, self._polling = self._polling, None
        return self._result(ended)

    def _ended(self, call: str, start: Callable[[], Future[T]], timeout_s: float) -> T:
        """What a call of this name gives, or raises ``ConsumerFailed``.

        It begins when the one before has ended, also if that was given up: a commit never overtakes another.
        """
        began = time.monotonic()
        until = began + timeout_s + LATE_S
        if self._last is None or _done(self._last, until):
            self._last = running = start()
            if _done(running, until):
                return self._result(running)
            running.cancel()  # ends what runs in an event loop
        after_s = time.monotonic() - began
        raise ConsumerFailed(f"{call} did not return within {after_s:.1f} s", call, after_s)

    def _still_running(self) -> list[Future[Any]]:
        """Calls of which nobody knows yet what becomes of them."""
        return [each for each in (self._last, self._polling) if each is not None]

    def _result(self, ended: Future[T]) -> T:
        try:
            return ended.result()
        except Exception as error:
            raise ConsumerFailed(str(error), self._name(error)) from error

    def _name(self, error: Exception) -> str:
        return type(error).__name__


def _done(running: Future[Any], until: float) -> bool:
    """Waits for it until then."""
    wait([running], max(0.0, until - time.monotonic()))
    return running.done()
