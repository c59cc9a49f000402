"""Faults between a leader and its followers: who has what when somebody else comes to lead."""

from __future__ import annotations

from pydantic import Field

from harness.faults.broker import needs_follower
from harness.faults.fault import Config, Fault, Script, given, in_order
from harness.faults.parameters import Parameters
from harness.faults.steps import (
    AwaitAcks,
    AwaitFailover,
    AwaitHealthy,
    AwaitIsrOfLeader,
    ElectUnclean,
    Kill,
    Pause,
    Restart,
    Resume,
    Send,
    Sleep,
)

# Longer than a follower's fetch waits at the leader (replica.fetch.wait.max.ms, 500); with what follows shorter than
# replica.lag.time.max.ms and a broker's session, 1,500, after which the followers are no longer in sync.
_PARKED_FETCH_S = 0.7
# Long enough to ack what waits in a socket, and far shorter than a session: none ends while the controller sleeps.
_UNAWARE_S = 0.5


class ZombieLeader(Parameters):
    messages: int = Field(300, ge=1, le=10_000_000, description="messages sent while the leader is frozen")


class Burst(Parameters):
    messages: int = Field(500, ge=1, le=10_000_000, description="messages sent under the fault")


class UncleanElection(Burst):
    min_insync_replicas: int = Field(
        1, ge=1, le=9, description="min.insync.replicas of the topic: with 2 the leader alone acks nothing"
    )


class LastInSyncDies(Parameters):
    messages: int = Field(3_600, ge=1, le=10_000_000, description="messages sent, from before the kill on")
    rate: float = Field(300, gt=0, description="messages a second")
    after_acks: int = Field(
        100, ge=1, description="it is killed when it has acked so many alone (acks=0: counted as sent), or after 0.5 s"
    )
    down_s: float = Field(8.0, ge=0, le=120, description="how long the leader is away")


class SlowFollower(Parameters):
    messages: int = Field(200, ge=1, le=10_000_000, description="messages sent while the follower is frozen")
    pause_s: float = Field(1.0, gt=0, le=60, description="how long it is frozen: less than replica.lag.time.max.ms")
    request_timeout_ms: int = Field(
        300, ge=1, description="request.timeout.ms of the client; shorter than the pause, it sends again"
    )


class StalledLeader(Parameters):
    messages: int = Field(200, ge=1, le=10_000_000, description="messages sent while the leader is frozen")
    pause_s: float = Field(1.0, gt=0, le=60, description="how long it is frozen; beyond its session another leads")
    delivery_timeout_ms: int = Field(
        500, ge=1, description="delivery.timeout.ms of the client; shorter than the pause, it gives up"
    )


def _zombie_leader(parameters: ZombieLeader) -> Script:
    """No kill and no restart: what the frozen leader's socket still held is written by a leader deposed meanwhile.

    The first that it does is to ask the controller what it missed: with an answer at once it sometimes knows before it
    has read its socket (measured: in 1 of 20 on a busy machine), and acks nothing.
    """
    return Script(
        before=(Pause(),),
        load=Send(parameters.messages),
        during=(
            AwaitFailover(),
            Pause("controller"),
            Resume(),
            AwaitAcks(parameters.messages, required=False, at_most_s=_UNAWARE_S),
            Resume("controller"),
        ),
    )


def _frozen_leader(parameters: Burst) -> Script:
    """The client's bytes wait in the socket of a process that will never read them."""
    return Script(
        before=(Pause(),),
        load=Send(parameters.messages),
        during=(
            AwaitAcks(parameters.messages, required=False, at_most_s=1.0),
            Kill(),
            AwaitFailover(),
            Restart(),
        ),
    )


def _crash_before_replication(parameters: Burst) -> Script:
    return Script(
        before=(Pause("followers"), Sleep(_PARKED_FETCH_S)),
        load=Send(parameters.messages),
        during=(
            AwaitAcks(parameters.messages, required=False, at_most_s=0.4),
            Kill(),
            Resume("followers"),
            AwaitFailover(),
            Restart(),
        ),
    )


def _unclean_election(parameters: UncleanElection) -> Script:
    return Script(
        before=(Pause("followers"), AwaitIsrOfLeader()),
        load=Send(parameters.messages),
        during=(
            AwaitAcks(parameters.messages, required=False, at_most_s=2.0),
            Kill(),
            Resume("followers"),
            AwaitFailover(),
            ElectUnclean(),
            Restart(),
        ),
    )


def _last_in_sync_dies(parameters: LastInSyncDies) -> Script:
    """Its followers had fallen out of sync, and are back before it is: may one of them lead?"""
    return Script(
        before=(Pause("followers"), AwaitIsrOfLeader()),
        load=Send(parameters.messages, rate=parameters.rate),
        during=(
            AwaitAcks(parameters.after_acks, required=False, at_most_s=0.5),
            Kill(),
            Resume("followers"),
            Sleep(parameters.down_s),
            Restart(),
            AwaitHealthy(),
        ),
    )


def _slow_follower(parameters: SlowFollower) -> Script:
    return Script(
        before=(Pause("follower"),),
        load=Send(parameters.messages),
        during=(Sleep(parameters.pause_s), Resume("follower")),
        after=(AwaitHealthy(),),
    )


def _stalled_leader(parameters: StalledLeader) -> Script:
    return Script(
        before=(Pause(),),
        load=Send(parameters.messages),
        during=(Sleep(parameters.pause_s), Resume()),
        after=(AwaitHealthy(),),
    )


def _nobody_else_can_lead(parameters: Parameters, config: Config) -> str | None:
    if config["replication.factor"] < 2:
        return "with replication factor 1 nobody else can lead, so the frozen leader is never deposed"
    return None


FAULTS = (
    Fault(
        name="zombie-leader",
        summary="The leader freezes, another is elected, and the old one wakes up still believing it leads.",
        parameters=ZombieLeader,
        script=_zombie_leader,
        # It is a zombie only if it was awake again after another had been elected.
        fired=in_order("pause", "failover", "resume"),
        refuses=_nobody_else_can_lead,
        estimate_s=lambda parameters, config: 3.5,
    ),
    Fault(
        name="frozen-leader",
        summary="The leader freezes, is sent messages, and is killed without having read them.",
        parameters=Burst,
        script=_frozen_leader,
        fired=in_order("pause", "kill", "failover"),
        refuses=_nobody_else_can_lead,
        estimate_s=lambda parameters, config: 8.0,
    ),
    Fault(
        name="crash-before-replication",
        summary="The leader is killed when it has messages that its frozen followers have not fetched yet.",
        parameters=Burst,
        script=_crash_before_replication,
        fired=in_order("pause", "kill", "resume", "failover"),
        refuses=needs_follower,
        estimate_s=lambda parameters, config: 9.0,
    ),
    Fault(
        name="unclean-election",
        summary="The last replica in sync is killed, and one that is behind is made to lead.",
        parameters=UncleanElection,
        script=_unclean_election,
        fired=in_order("pause", "isr-shrunk", "kill", "resume", "elected"),
        refuses=needs_follower,
        settings=given("min.insync.replicas"),
        estimate_s=lambda parameters, config: 11.0,
    ),
    Fault(
        name="last-in-sync-dies",
        summary="The last replica in sync is killed and stays away; its followers are back, and behind or not.",
        parameters=LastInSyncDies,
        script=_last_in_sync_dies,
        fired=in_order("pause", "isr-shrunk", "kill", "resume", "restart", "healthy"),
        refuses=needs_follower,
        estimate_s=lambda parameters, config: 10.0 + parameters.messages / parameters.rate,
    ),
    Fault(
        name="slow-follower",
        summary="A follower in sync freezes for longer than the client waits for an answer.",
        parameters=SlowFollower,
        script=_slow_follower,
        fired=in_order("pause", "resume"),
        refuses=needs_follower,
        settings=given("request.timeout.ms"),
        estimate_s=lambda parameters, config: 4.0 + parameters.pause_s,
    ),
    Fault(
        name="stalled-leader",
        summary="The leader freezes for longer than the client's patience: given up, and yet written.",
        parameters=StalledLeader,
        script=_stalled_leader,
        states={"elects": "after a session"},
        fired=in_order("pause", "resume"),
        settings=lambda parameters: {
            "delivery.timeout.ms": parameters.delivery_timeout_ms,
            "request.timeout.ms": parameters.delivery_timeout_ms * 3 // 5,
            "linger.ms": 0,
        },
        estimate_s=lambda parameters, config: 4.0 + parameters.pause_s,
    ),
)
