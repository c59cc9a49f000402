"""Faults of the application: the producer's own process dies, starts anew, or sleeps past its timeouts."""

from __future__ import annotations

from pydantic import Field

from harness.faults.fault import Config, Fault, Script, given, in_order
from harness.faults.parameters import UnderLoad
from harness.faults.steps import KillClient, Pause, PauseClient, RestartClient, Resume, ResumeClient, Sleep


class KillProducer(UnderLoad):
    pass


class RestartProducer(UnderLoad):
    unacked_s: float = Field(
        0.3, gt=0, le=1, description="so long a follower is frozen before, so that acks=all has messages without acks"
    )
    resend: bool = Field(True, description="the new producer sends again what the killed one had no report for")


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
        name="pause-producer",
        summary="The producer's process freezes under load for longer than its own timeouts, and goes on.",
        parameters=PauseProducer,
        script=_pause_producer,
        fired=in_order("pause-client", "resume-client"),
        settings=given("request.timeout.ms", "delivery.timeout.ms"),
        estimate_s=lambda parameters, config: 1.5 + parameters.seconds + parameters.pause_s,
    ),
)
