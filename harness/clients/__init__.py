"""One small protocol over every Kafka client, and the registry that names them.

A producer is driven by one thread: the worker's. ``send`` hands messages over and returns; ``poll`` gives the
client time and lets reports arrive; ``flush`` and ``close`` end within their bound whatever the client does.
Settings have Kafka's own dotted names; a client that lacks one says so in ``unsupported`` before anything runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from harness.clients.batch import Batch
from harness.clients.bounded import Seconds
from harness.clients.named import Named, installed
from harness.events import Outcome
from harness.security import PLAINTEXT, Security
from harness.topics import Topics

Int64 = npt.NDArray[np.int64]
Setting = str | int | float | bool


class Recorder(Protocol):
    """Where a producer reports what became of each message; the journal, behind a name table for errors."""

    def done(self, sequence: int, outcome: Outcome, at_ns: int, offset: int = -1, error: str | None = None) -> None:
        """One message's end. The first report counts; ``error`` is the class or code the client gave. What an ``ERROR``
        proves of its message is for ``harness.clients.errors`` to say when it is judged.
        """

    def done_many(
        self, sequence: Int64, outcome: Outcome, at_ns: Int64, offset: Int64, error: str | None = None
    ) -> None:
        """The same for many messages at once, as columns of one length; for clients that report in bulk."""


class TransactionFailed(Exception):
    """A call about a transaction that was refused or did not return within its bound; the message is the client's own.

    One that is neither ``fatal`` nor ``abortable`` nor hung may be called again: its time was over, or it did not fit.
    """

    error: str
    """The client's own name of the error, a class or a code, as the recorder is told it; the call's if it hung."""
    fatal: bool
    """The producer can do nothing any more, as one that was fenced: ``ClientDead`` from now on."""
    abortable: bool
    """Only an abort helps."""
    hung_s: float | None
    """After so many seconds a call that had not returned was given up, and the producer with it: ``ClientDead`` from
    now on, and nobody knows what becomes of the transaction."""

    def __init__(
        self, said: str, error: str, *, fatal: bool = False, abortable: bool = False, hung_s: float | None = None
    ) -> None:
        super().__init__(said)
        self.error = error
        self.fatal = fatal
        self.abortable = abortable
        self.hung_s = hung_s


class Transactions(Protocol):
    """Of one producer, in the worker's thread like everything else of it.

    Each call ends within a second after ``timeout_s`` whatever the client does, and raises ``TransactionFailed`` when
    it did not do what it is there for. Reports of messages come meanwhile as they always do, so that a commit or an
    abort that ended has all of them; what an abort takes back before it was sent ends with the client's own error.
    """

    def init(self, timeout_s: float) -> None:
        """Once, before all else: fences earlier producers of the id and ends what they left open."""

    def begin(self) -> None:
        """From now on what is sent is of one transaction; outside of one nothing can be sent. Asks no broker."""

    def commit(self, timeout_s: Seconds) -> None:
        """Waits for all reports, then for the coordinator to have committed."""

    def abort(self, timeout_s: Seconds) -> None:
        """Waits until the coordinator has aborted. What was not sent yet may be sent before that, or never."""

    def send_offsets(self, offsets: Mapping[tuple[str, int], int], group: Any, timeout_s: Seconds) -> None:
        """Makes these part of the transaction: by topic and partition the next offset that the group is to read.

        ``group`` is what a consumer of the same client tells of itself: for confluent-kafka and kafka-python its group
        metadata, for aiokafka the group's id.
        """


class Producer(Protocol):
    """A running producer. Its constructor connects nothing; the first send may."""

    effective: dict[str, Setting]
    """What the client really runs with, in dotted names, as far as it lets anybody see."""
    most_waiting_bytes: int | None
    """So many bytes of values are let wait without a report at most; None where it is a batch or two a partition."""

    @property
    def transactions(self) -> Transactions | None:
        """Those of a producer that was given a ``transactional.id``; None of every other."""

    def send(self, first_sequence: int, partition: int, batch: Batch) -> int:
        """Hands over a batch for one of all its topics' partitions, as sequences from ``first_sequence`` on.

        Returns how many were accepted; fewer means the client's buffer is full: poll, then offer the rest again.
        Every accepted message is reported exactly once, unless the client never resolves it.
        Never blocks for longer than about 100 ms and never raises for one message's sake: an error that refuses a
        message is that message's report. Raises ``ClientDead`` when the client can do nothing any more.
        """

    def poll(self, timeout_s: float) -> None:
        """Gives the client up to ``timeout_s``; returns sooner only if it was woken by reports."""

    def flush(self, timeout_s: float) -> int:
        """Waits until all is reported, at most ``timeout_s``. Returns how many are still unreported. Never raises."""

    def close(self, timeout_s: float) -> None:
        """Lets go of everything within ``timeout_s``, reported or not. Never raises, never hangs.

        From now on an ack counts and an error does not: it would say that the client was closed. Such messages stay
        without a report.
        """


class ClientRefused(Exception):
    """The client refused its configuration at construction; the message is the client's own."""


class ClientDead(Exception):
    """The client can send nothing any more (a dead sender task, a fatal error); the message says why."""


class ClientModule(Protocol):
    """What each module of this room offers."""

    NAME: str
    DEFAULTS: Mapping[str, Setting]
    """The client's own defaults, dotted, for the settings a sweep can vary; each is what its documentation says."""
    ANSWER_S: float
    """How long it waits for a response where ``request.timeout.ms`` is not stated."""
    RECONNECT_S: float
    """How long it lets pass at most before it connects once more to a broker that was not there."""

    @staticmethod
    def version() -> str:
        """The client's version, with its engine's where it has one."""

    @staticmethod
    def unsupported(config: Mapping[str, Setting]) -> list[str]:
        """For each setting the client cannot honour, one sentence why; empty if it can run exactly this."""

    @staticmethod
    def refuses(config: Mapping[str, Setting]) -> str | None:
        """Why the client's constructor refuses these settings together, each of which it can honour; None if it does
        not. What every client refuses is left to ``harness.workload.combinations``.
        """

    @staticmethod
    def create(
        bootstrap: str,
        topics: Topics,
        config: Mapping[str, Setting],
        recorder: Recorder,
        security: Security = PLAINTEXT,
    ) -> Producer:
        """A producer for these topics. Raises ``ClientRefused``."""


CLIENTS = {
    "aiokafka": "harness.clients.aiokafka",
    "kafka-python": "harness.clients.kafka_python",
    "confluent-kafka": "harness.clients.confluent",
    "confluent-kafka-aio": "harness.clients.confluent_aio",
    "librdkafka": "harness.clients.librdkafka.client",
}
"""Every client by the name of its package, with more behind it where that has two, or of the library in it that is
driven without the rest. A new one is one module and one line here, and the same in ``errors``.
"""


def load(name: str) -> ClientModule:
    """The module of one client; imported only when it is needed, since each takes a while."""
    return import_module(CLIENTS[name])  # type: ignore[return-value]


def unsupported(client: str, config: Mapping[str, Setting]) -> list[str]:
    """What the client of this name cannot honour, a sentence each."""
    return load(client).unsupported(config)


def refuses(client: str, config: Mapping[str, Setting]) -> str | None:
    """Why the client of this name does not take these settings together, or None."""
    return load(client).refuses(config)


def named(text: str) -> Named:
    """The client that is named so; in its installed version it is the one that is named without a version."""
    client = Named.of(text)
    return client.among(installed(client.name))


def version(client: Named) -> str:
    """What this one says of its version, with its engine's where it has one; its package's as long as it says nothing,
    for it has not been fetched yet.
    """
    from harness.clients import packages

    return load(client.name).version() if client.version is None else packages.says(client) or client.version
