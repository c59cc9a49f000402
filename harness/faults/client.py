"""Faults of the application: the producer's own process dies, starts anew, or sleeps past its timeouts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from harness.bounds import ABORTING_S
from harness.events import FaultEvent
from harness.faults.fault import Config, Fault, Script, given, in_order
from harness.faults.parameters import At, InTransaction, UnderLoad
from harness.faults.steps import (
    AwaitCommitted,
    AwaitExpired,
    AwaitGoneOn,
    FenceClient,
    KillClient,
    Pause,
    PauseClient,
    RestartClient,
    Resume,
    ResumeClient,
    Sleep,
)

_INTERVAL_MS = 4_000  # longer than the load goes on until it strikes, and shorter than the other
_ABANDONED_MS = 5_000  # so long a transaction may be open, where somebody waits for its end


class KillProducer(UnderLoad):
    pass


class RestartProducer(UnderLoad):
    unacked_s: float = Field(
        0.3, gt=0, le=1, description="so long a follower is frozen before, so that acks=all has messages without acks"
    )
    resend: bool = Field(True, description="the new producer sends again what the killed one had no report for")


class KillInTransaction(UnderLoad):
    restart: bool = Field(
        True,
        description="a new producer of its transactional.id takes over, and sends again what was not committed; "
        "else the transaction stays open until its time is over",
    )
    down_s: float = Field(0, ge=0, le=120, description="so long nobody is there before the new one")


class FenceProducer(InTransaction):
    point: At = Field("at-commit", description="of a transaction, at which the first producer stops")
    committed: int = Field(
        500, ge=0, le=10_000_000, description="messages that the second has committed when the first goes on"
    )


class ExpireTransaction(InTransaction):
    point: Literal["after-send", "at-commit", "at-abort"] = Field(
        "at-commit", description="of a transaction, at which the producer stops"
    )
    transaction_timeout_ms: int = Field(5_000, ge=1_000, description="transaction.timeout.ms of the client")


class PauseProducer(UnderLoad):
    pause_s: float = Field(3.0, gt=0, le=120, description="how long it sleeps: longer than its timeouts")
    request_timeout_ms: int = Field(1_000, ge=1, description="request.timeout.ms of the client")
    delivery_timeout_ms: int = Field(2_000, ge=1, description="delivery.timeout.ms of the client")


def _kill_producer(parameters: KillProducer) -> Script:
    return Script(before=parameters.watch, load=parameters.load, during=(*parameters.trigger, KillClient()))


def _restart_producer(parameters: RestartProducer) -> Script:
    """A new producer has a new id, so that no broker knows what it sends again."""
    return Script(
        before=parameters.watch,
        load=parameters.load,
        during=(
            *parameters.trigger,
            Pause("follower"),
            Sleep(parameters.unacked_s),
            KillClient(),
            Resume("follower"),
            RestartClient(parameters.resend),
        ),
    )


def _kill_in_transaction(parameters: KillInTransaction) -> Script:
    """No broker knows that nobody is there any more: the transaction stays open until another producer of its id comes,
    or until its time is over.
    """
    heir = (Sleep(parameters.down_s), RestartClient()) if parameters.restart else ()
    return Script(before=parameters.watch, load=parameters.load, during=(*parameters.trigger, KillClient(), *heir))


def _one_transaction(parameters: KillInTransaction) -> Config:
    """So large that only its time ends it, which it does before its coordinator aborts it."""
    settings = {"transaction.messages": parameters.messages + 1, "transaction.interval.ms": _INTERVAL_MS}
    return settings if parameters.restart else {**settings, "transaction.timeout.ms": _ABANDONED_MS}


def _fence_producer(parameters: FenceProducer) -> Script:
    second = (FenceClient(), AwaitCommitted(parameters.committed))
    during = (*parameters.trigger, *second, *parameters.goes_on, AwaitGoneOn())
    return Script(before=parameters.watch, load=parameters.load, during=during)


def _expire_transaction(parameters: ExpireTransaction) -> Script:
    """Whether an application may go on with its producer then is the client's to say: here another takes over."""
    expired = (AwaitExpired(), *parameters.goes_on, AwaitGoneOn(), FenceClient())
    return Script(before=parameters.watch, load=parameters.load, during=(*parameters.trigger, *expired))


def _pause_producer(parameters: PauseProducer) -> Script:
    return Script(
        before=parameters.watch,
        load=parameters.load,
        during=(*parameters.trigger, PauseClient(), Sleep(parameters.pause_s), ResumeClient()),
    )


def _no_unacked(parameters: RestartProducer, config: Config) -> str | None:
    if config["replication.factor"] < 2 or config["acks"] != "all":
        return "only with acks=all and a follower can an ack be kept waiting"
    return None


def _no_transactions(parameters: UnderLoad, config: Config) -> str | None:
    return None if config.get("transactional") else "it has no transactions that could be open"


def _takes_s(parameters: KillInTransaction, config: Config) -> float:
    if parameters.restart:
        return 3.0 + parameters.seconds + parameters.down_s
    return 3.0 + _ABANDONED_MS / 1000 + ABORTING_S


def _expires_s(parameters: ExpireTransaction, config: Config) -> float:
    timeout_ms = float(config.get("transaction.timeout.ms", parameters.transaction_timeout_ms))
    return 4.0 + parameters.seconds + timeout_ms / 1000 + ABORTING_S


def _expired(events: Sequence[FaultEvent]) -> bool:
    """It stopped with messages in a transaction that its coordinator aborted, and went on."""
    had_some = any(event.what == "stop-client" and event.detail.get("uncommitted") for event in events)
    return had_some and in_order("stop-client", "expired", "go-on", "gone-on", "fence-client")(events)


def _in_a_transaction(events: Sequence[FaultEvent]) -> bool:
    """It was killed when messages of a transaction had been acked and its end had not been confirmed."""
    return any(event.what == "kill-client" and event.detail.get("uncommitted") for event in events)


FAULTS = (
    Fault(
        name="kill-producer",
        summary="The producer's process is killed under load, with what it had not sent and not heard of yet.",
        parameters=KillProducer,
        script=_kill_producer,
        fired=in_order("kill-client"),
        estimate_s=lambda parameters, config: 2.0,
    ),
    Fault(
        name="restart-producer",
        summary="The producer is killed while acks are on their way, and a new one takes over what had none.",
        parameters=RestartProducer,
        script=_restart_producer,
        states={"elects": "nobody"},  # the follower's freeze is shorter than any session
        fired=in_order("pause", "kill-client", "restart-client"),
        refuses=_no_unacked,
        estimate_s=lambda parameters, config: 3.0 + parameters.seconds,
    ),
    Fault(
        name="kill-in-transaction",
        summary="The producer is killed in a transaction; another of its id takes over, or its time runs out.",
        parameters=KillInTransaction,
        script=_kill_in_transaction,
        fired=_in_a_transaction,
        refuses=_no_transactions,
        settings=_one_transaction,
        estimate_s=_takes_s,
    ),
    Fault(
        name="fence-producer",
        summary="The producer stops in a transaction, another of its id goes on with the load, and the first wakes up.",
        parameters=FenceProducer,
        script=_fence_producer,
        fired=in_order("stop-client", "fence-client", "committed", "go-on", "gone-on"),
        refuses=_no_transactions,
        estimate_s=lambda parameters, config: 5.0 + parameters.seconds,
    ),
    Fault(
        name="expire-transaction",
        summary="The producer stops in a transaction until its time is over, and goes on; then another takes over.",
        parameters=ExpireTransaction,
        script=_expire_transaction,
        fired=_expired,
        refuses=_no_transactions,
        settings=given("transaction.timeout.ms"),
        estimate_s=_expires_s,
    ),
    Fault(
        name="pause-producer",
        summary="The producer's process freezes under load for longer than its own timeouts, and goes on.",
        parameters=PauseProducer,
        script=_pause_producer,
        fired=in_order("pause-client", "resume-client"),
        settings=given("request.timeout.ms", "delivery.timeout.ms"),
        estimate_s=lambda parameters, config: 1.5 + parameters.seconds + parameters.pause_s,
    ),
)
