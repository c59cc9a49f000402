"""What a fault does to the promise, read from its script: a new fault has effects without writing any.

What steps do not say a fault states (``Fault.states``): that a freeze is meant to be shorter than a session, say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from harness.effects import (
    COORDINATORS,
    Away,
    Effects,
    Elects,
    FaultLoad,
    Forgets,
    How,
    HowWorker,
    Line,
    PipelineWorker,
    Producer,
    Requests,
    Whom,
)
from harness.faults import steps
from harness.faults.fault import Fault, Script, flat
from harness.wire.rules import WireRule

_DEEDS = (
    steps.Pause,
    steps.Kill,
    steps.ShutDown,
    steps.RestartInTurn,
    steps.MakeReadOnly,
    steps.FillDisk,
    steps.Cut,
    steps.Disconnect,
    steps.PauseClient,
    steps.KillClient,
    steps.FenceClient,
    steps.AwaitExpired,
)
_HOW: Mapping[type[Any], How] = {
    steps.Pause: "frozen",
    steps.Kill: "killed",
    steps.ShutDown: "shut down",
    steps.Disconnect: "disconnected",
}
_OF_WORKERS: Mapping[type[Any], HowWorker] = {
    steps.KillWorker: "killed",
    steps.FreezeWorker: "replaced",
    steps.StallWorker: "stalled",
}
_LEADER = ("leader", "all", "each")
_PRODUCE = "Produce"


def effects_of(fault: Fault, parameters: Any) -> Effects:
    """Of a simple fault; those of a composition are its parts'."""
    script = fault.script(parameters)
    assert isinstance(script, Script)
    walked = _Walked()
    for step in flat(script.steps):
        walked.take(step)
    rules = [rule for step in script.every_step if isinstance(step, steps.SetRules) for rule in step.rules]
    requests = _requests(rules)
    load = script.load
    derived = Effects(
        load=FaultLoad(load.count, parameters.message_size, parameters.warmup, load.rate, load.flush_every),
        under_load=load.rate is not None and any(isinstance(step, _DEEDS) for step in flat(script.during)),
        elects=max((_elects(away) for away in walked.away), key=get_args(Elects).index, default="nobody"),
        behind_leads=walked.behind_leads,
        away=tuple(walked.away),
        requests=requests,
        line=next(_lines(rules, _lasts_s(script)), None) if requests is None else None,
        producer=walked.producer,
        point=next((step.point.value for step in script.every_step if isinstance(step, steps.StopClient)), ""),
        worker=_worker(tuple(flat(script.during))),
        forgets=walked.forgets,
    )
    return replace(derived, **fault.states)


def _worker(during: tuple[steps.Step, ...]) -> PipelineWorker | None:
    if any(isinstance(step, steps.AddWorker) for step in during):
        return PipelineWorker("joined")
    stop = next((step for step in during if isinstance(step, steps.AwaitStop)), None)
    how = next((_OF_WORKERS[type(step)] for step in during if type(step) in _OF_WORKERS), None)
    return None if stop is None or how is None else PipelineWorker(how, stop.point.value)


def _elects(away: Away) -> Elects:
    """Who can lead when these are away, whatever else is."""
    if away.whom == "controller":
        return "after a session" if away.how == "frozen" else "nobody"
    return "another" if away.whom in (*_LEADER, *COORDINATORS) else "in another partition"


@dataclass
class _Walked:
    """What the steps so far took away, in the order in which it went, and what became of it."""

    away: list[Away] = field(default_factory=list)
    producer: Producer | None = None
    forgets: Forgets | None = None
    behind_leads: bool = False
    _begun: bool = False
    _asleep: bool = False
    _gone: dict[str, int] = field(default_factory=dict)
    """Where in ``away`` those are that are not back, by target; a cut by its own word."""

    def take(self, step: steps.Step) -> None:
        match step:
            case steps.Send():
                self._begun = True
            case steps.Sleep(seconds=seconds):
                self._pass(seconds)
            case steps.LosePower(target=target):
                self.forgets = Forgets(target, "unflushed")
            case steps.LoseDisk(target=target):
                self.forgets = Forgets(target, "everything")
            case steps.ElectUnclean():
                self.behind_leads = any(away.before and away.whom == "followers" for away in self.away)
        self._of_nodes(step)
        self._of_the_producer(step)

    def _of_nodes(self, step: steps.Step) -> None:
        match step:
            case (
                steps.Pause(target=target)
                | steps.Kill(target=target)
                | steps.ShutDown(target=target)
                | steps.Disconnect(target=target)
            ):
                self._goes(target, target, _HOW[type(step)])
            case steps.AwaitEnd(target=target):
                self._goes(target, target, "ended")
            case steps.RestartInTurn(gracefully=gracefully):
                self.away.append(Away("each", "shut down" if gracefully else "killed"))
            case steps.Cut(others=others, target=target):
                self._goes("cut", "followers" if others == "brokers" else target, "cut off")
            case steps.Resume(target=target) | steps.Restart(target=target) | steps.Reconnect(target=target):
                self._gone.pop(target, None)
            case steps.Mend():
                self._gone.pop("cut", None)
            case steps.AwaitFailover():
                self._noticed(_LEADER)
            case steps.AwaitCoordinator():
                self._noticed(COORDINATORS)
            case steps.AwaitIsrOfLeader():
                self._noticed(("follower", "followers"))

    def _of_the_producer(self, step: steps.Step) -> None:
        match step:
            case steps.KillClient():
                self.producer = Producer("killed")
            case steps.RestartClient(resend=resend):
                self.producer = Producer("taken over", resends=resend)
            case steps.FenceClient():
                self.producer = Producer("fenced")
            case steps.PauseClient():
                self.producer, self._asleep = Producer("frozen"), True
            case steps.ResumeClient():
                self._asleep = False

    def _goes(self, as_whom: str, whom: Whom, how: How) -> None:
        self._gone[as_whom] = len(self.away)
        self.away.append(Away(whom, how, before=not self._begun))

    def _pass(self, seconds: float) -> None:
        for i in self._gone.values():
            self.away[i] = replace(self.away[i], seconds=self.away[i].seconds + seconds)
        if self._asleep and self.producer is not None:
            self.producer = replace(self.producer, seconds=self.producer.seconds + seconds)

    def _noticed(self, whom: tuple[str, ...]) -> None:
        for i in self._gone.values():
            if self.away[i].whom in whom:
                self.away[i] = replace(self.away[i], noticed=True)


def _requests(rules: Iterable[WireRule]) -> Requests | None:
    """The first fate of a Produce that is not mere lateness; with a refusal, lateness keeps other requests on their
    way. From what befalls requests of other APIs nothing follows for certain of any message.
    """
    rules = [rule for rule in rules if rule.api == _PRODUCE]
    late = any(rule.action == "delay" and rule.times is None for rule in rules)
    for rule in rules:
        plan = rule.plan
        if plan.line is None and plan.error is not None:
            return Requests("refused", plan.forward, error=plan.error, amid_others=late)
        if plan.line is None and not plan.deliver:
            return Requests("lost", plan.forward, silent=not plan.cut)
    return None


def _lines(rules: Iterable[WireRule], lasts_s: float | None) -> Iterator[Line]:
    for rule in rules:
        line, late_ms = rule.plan.line, rule.plan.request_delay_ms or rule.plan.response_delay_ms
        if line is None and late_ms and rule.api == _PRODUCE:
            yield Line("late", late_ms / 1000)
        elif line is not None and line.held:
            yield Line("held", lasts_s)
        elif line is not None and line.refused:
            yield Line("reset" if line.cut else "refused", lasts_s)
        elif line is not None and line.bytes_per_s is not None:
            yield Line("slow", lasts_s, line.bytes_per_s)


def _lasts_s(script: Script) -> float | None:
    """How long the rules stay from when they fall on a request; None if until the load is over."""
    if not any(isinstance(step, steps.SetRules) and not step.rules for step in script.during):
        return None
    return sum(step.seconds for step in script.during if isinstance(step, steps.Sleep))
