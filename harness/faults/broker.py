"""Faults of nodes: the processes themselves are killed, shut down and frozen, under load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field

from harness.events import Guarantee
from harness.faults.fault import Config, Fault, Script, first_of, given, in_order, no_transactions
from harness.faults.parameters import InTransaction, UnderLoad
from harness.faults.steps import (
    AwaitFailover,
    AwaitHealthy,
    Kill,
    Pause,
    Restart,
    RestartInTurn,
    Resume,
    ShutDown,
    Sleep,
    Step,
    Target,
)


class KillLeader(InTransaction):
    pass


class Outage(InTransaction):
    down_s: float = Field(1.0, ge=0, le=120, description="how long the node is away")
    request_timeout_ms: int | None = Field(
        None, ge=1, description="request.timeout.ms of the client; shorter than the outage, it sends again"
    )


Of = Literal["transaction", "group"]
COORDINATOR: Mapping[Of, Target] = {"transaction": "txn-coordinator", "group": "group-coordinator"}
WHOSE = "whose coordinator it is: the producer's transactions' or, of a pipeline, its group's"


class KillCoordinator(Outage):
    of: Of = Field("transaction", description=WHOSE)


class PauseCoordinator(InTransaction):
    of: Of = Field("transaction", description=WHOSE)
    pause_s: float = Field(1.0, ge=0, le=120, description="how long it is frozen; beyond a session another takes over")


class RollingRestart(UnderLoad):
    messages: int = Field(
        30_000, ge=1, le=10_000_000, description="messages sent while one broker after the other goes"
    )


def _struck(*steps: Step) -> Callable[[Any], Script]:
    """Under load, when the trigger says so."""
    first, *others = steps
    return lambda parameters: Script(
        before=parameters.watch,
        load=parameters.load,
        during=(*parameters.trigger, first, *parameters.goes_on, *others),
    )


def _away(before: Callable[[Target], Step], target: Target, after: Callable[[Target], Step]) -> Callable[[Any], Script]:
    """The node is away for a while, and the load goes on until the cluster is whole again."""
    return lambda parameters: _struck(before(target), Sleep(parameters.down_s), after(target), AwaitHealthy())(
        parameters
    )


def _kill_coordinator(parameters: KillCoordinator) -> Script:
    return _away(Kill, COORDINATOR[parameters.of], Restart)(parameters)


def _freeze_coordinator(parameters: PauseCoordinator) -> Script:
    target = COORDINATOR[parameters.of]
    return _struck(Pause(target), Sleep(parameters.pause_s), Resume(target), AwaitHealthy())(parameters)


def needs_follower(parameters: Any, config: Config) -> str | None:
    return "with replication factor 1 there is no follower" if config["replication.factor"] < 2 else None


def no_coordinator(parameters: Any, config: Config) -> str | None:
    guarantee = config.get("processing.guarantee")
    if parameters.of == "group":
        return None if guarantee is not None else "it has no group, so no coordinator of one"
    has_some = config.get("transactional") or guarantee == Guarantee.EXACTLY_ONCE
    return None if has_some else "it has no transactions, so no coordinator"


def _estimate_s(parameters: UnderLoad, config: Config) -> float:
    return 3.0 + parameters.seconds


def _outage_s(parameters: Outage, config: Config) -> float:
    return 5.0 + parameters.seconds + parameters.down_s


def _pause_s(parameters: Outage, config: Config) -> float:
    return 2.0 + max(parameters.seconds, parameters.down_s)


FAULTS = (
    Fault(
        name="kill-leader",
        summary="The leader is killed under load and started again.",
        parameters=KillLeader,
        # It comes back on its old disk while the load goes on.
        script=_struck(Kill(), AwaitFailover(), Restart()),
        fired=in_order("kill", "failover"),
        refuses=no_transactions,
        estimate_s=_estimate_s,
    ),
    Fault(
        name="kill-follower",
        summary="A follower is killed under load and started again.",
        parameters=Outage,
        script=_away(Kill, "follower", Restart),
        settings=given("request.timeout.ms"),
        fired=in_order("kill", "restart", "healthy"),
        refuses=first_of(needs_follower, no_transactions),
        estimate_s=_outage_s,
    ),
    Fault(
        name="kill-controller",
        summary="The controller is killed under load and started again: nobody can be elected meanwhile.",
        parameters=Outage,
        script=_away(Kill, "controller", Restart),
        settings=given("request.timeout.ms"),
        fired=in_order("kill", "restart", "healthy"),
        refuses=no_transactions,
        estimate_s=_outage_s,
    ),
    Fault(
        name="kill-all",
        summary="Every broker is killed at once, under load, and started again; the machine stays up.",
        parameters=Outage,
        script=_away(Kill, "all", Restart),
        settings=given("request.timeout.ms"),
        fired=in_order("kill", "restart", "healthy"),
        refuses=no_transactions,
        estimate_s=_outage_s,
    ),
    Fault(
        name="rolling-kill",
        summary="One broker after the other is killed and started again, under load.",
        parameters=RollingRestart,
        script=_struck(RestartInTurn(gracefully=False)),
        fired=in_order("kill", "restart", "healthy", "kill", "restart", "healthy"),
        estimate_s=lambda parameters, config: 10.0 + parameters.seconds,
    ),
    Fault(
        name="stop-leader",
        summary="The leader is shut down in order under load: it hands its partitions over first.",
        parameters=Outage,
        script=_away(ShutDown, "leader", Restart),
        settings=given("request.timeout.ms"),
        fired=in_order("shutdown", "ended", "restart", "healthy"),
        refuses=no_transactions,
        estimate_s=_outage_s,
    ),
    Fault(
        name="rolling-stop",
        summary="One broker after the other is shut down in order and started again, as in an upgrade, under load.",
        parameters=RollingRestart,
        script=_struck(RestartInTurn(gracefully=True)),
        fired=in_order("shutdown", "restart", "healthy", "shutdown", "restart", "healthy"),
        estimate_s=lambda parameters, config: 12.0 + parameters.seconds,
    ),
    Fault(
        name="pause-leader",
        summary="The leader freezes under load, for less than its session, and goes on.",
        parameters=Outage,
        script=_away(Pause, "leader", Resume),
        settings=given("request.timeout.ms"),
        fired=in_order("pause", "resume", "healthy"),
        refuses=no_transactions,
        estimate_s=_pause_s,
    ),
    Fault(
        name="pause-controller",
        summary="The controller freezes under load: nobody can be elected meanwhile.",
        parameters=Outage,
        script=_away(Pause, "controller", Resume),
        settings=given("request.timeout.ms"),
        fired=in_order("pause", "resume", "healthy"),
        refuses=no_transactions,
        estimate_s=_pause_s,
    ),
    Fault(
        name="kill-coordinator",
        summary="The coordinator of the producer's transactions is killed under load and started again.",
        parameters=KillCoordinator,
        script=_kill_coordinator,
        settings=given("request.timeout.ms"),
        fired=in_order("kill", "restart", "healthy"),
        refuses=first_of(no_coordinator, no_transactions),
        estimate_s=_outage_s,
    ),
    Fault(
        name="pause-coordinator",
        summary="The coordinator of the producer's transactions freezes under load, and goes on.",
        parameters=PauseCoordinator,
        script=_freeze_coordinator,
        states={"elects": "after a session"},
        fired=in_order("pause", "resume", "healthy"),
        refuses=first_of(no_coordinator, no_transactions),
        estimate_s=lambda parameters, config: 2.0 + max(parameters.seconds, parameters.pause_s),
    ),
)
