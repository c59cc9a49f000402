"""What a configuration guarantees, setting by setting, so that no advice takes any of it away."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness import faults, verify
from harness.clients.traits import traits
from harness.events import Anomaly
from harness.store import Expectation, FaultRecord, TrialRecord

_INT_MAX, _NEVER = 2**31 - 1, 2**63 - 1
_ACKS = ("0", "1", "all")
_AGAIN = ("at-least-once", "exactly-once")


@dataclass(frozen=True)
class Setup:
    """A client with what was stated for it, and what it says of itself where nothing was."""

    client: str
    stated: Mapping[str, Any]
    effective: Mapping[str, Any]
    version: str = ""
    """The client's; empty where it is not on record."""
    kafka: str = ""

    @classmethod
    def of(cls, record: TrialRecord) -> Setup:
        stated = {key: value for key, value in record.config.items() if value is not None}
        return cls(record.client, stated, record.effective or {}, record.client_version or "", record.kafka)

    @property
    def config(self) -> Mapping[str, Any]:
        """All that is known of it."""
        return {**self.effective, **self.stated}

    def changed(self, changes: Mapping[str, Any]) -> Setup:
        """With these settings; one that is None is left to the client's default, which nobody has asked it for."""
        kept = {key: value for key, value in self.stated.items() if key not in changes}
        left = kept | {key: value for key, value in changes.items() if value is not None}
        own = {key: value for key, value in self.effective.items() if key not in changes}
        return replace(self, stated=left, effective=own)

    def foreseen(self, fault: FaultRecord) -> Mapping[Anomaly, Expectation]:
        """What the rules say of each anomaly under such a fault, whatever one run of it then saw; nothing of settings
        that are none.
        """
        try:
            effects = faults.known_effects(fault.name, fault.parameters)
            rules = verify.expectations(traits(self.client, self.version), self.stated, effects)
        except (ValueError, TypeError):
            return {}
        return {Anomaly(rule.anomaly): rule for rule in rules}


def weakens(here: Setup, there: Setup) -> list[str]:
    """What would guarantee less there than here, in words; empty if nothing would.

    For any settings at all: where a value is none, or nobody knows a default, another one may be weaker, so it is. What
    is not named here (linger, batches, compression) changes no guarantee.
    """
    return [each.weaker for each in _GUARANTEES if each.is_weaker(here, there)]


@dataclass(frozen=True)
class _Guarantee:
    weaker: str
    """What it is to have less of it."""
    settings: tuple[str, ...]
    """What it is made of."""
    level: Callable[[Setup], float]
    """How much of it there is. Raises where that is not known."""

    def is_weaker(self, here: Setup, there: Setup) -> bool:
        before, after = self._known(here), self._known(there)
        if before is None or after is None:
            return self._raw(here) != self._raw(there)
        return after < before

    def _known(self, setup: Setup) -> float | None:
        try:
            return self.level(setup)
        except (KeyError, ValueError, TypeError, OverflowError):
            return None

    def _raw(self, setup: Setup) -> object:
        return setup.client, [setup.config.get(setting) for setting in self.settings]


def _whole(setting: str, default: int) -> Callable[[Setup], float]:
    return lambda setup: int(setup.config.get(setting, default))


def _flag(setting: str) -> Callable[[Setup], float]:
    return lambda setup: ("false", "true").index(str(setup.config.get(setting, False)).lower())


def _one_of(*guarantees: str) -> Callable[[Setup], float]:
    return lambda setup: setup.config.get("processing.guarantee") in guarantees


def _less(level: Callable[[Setup], float]) -> Callable[[Setup], float]:
    return lambda setup: -level(setup)


def _acks(setup: Setup) -> float:
    return _ACKS.index({"-1": "all"}.get(str(setup.config["acks"]), str(setup.config["acks"])))


def _idempotent(setup: Setup) -> float:
    """As the client runs it: merely left on, idempotence gives way to weaker settings. Transactions bring it along."""
    if setup.stated.get("processing.guarantee") == "exactly-once":
        return True
    own = {key: value for key, value in setup.effective.items() if key == "enable.idempotence"}
    producing = {key: value for key, value in setup.stated.items() if key != "processing.guarantee"}
    return verify.promise({**own, **producing}, traits(setup.client)) in ("once-per-session", "all-or-nothing")


def _in_sync(setup: Setup) -> float:
    """More than there are replicas Kafka takes for all of them (Partition.effectiveMinIsr)."""
    return min(_whole("min.insync.replicas", 1)(setup), _whole("replication.factor", 1)(setup))


def _patience_s(setup: Setup) -> float:
    if setup.config.get("processing.guarantee") in _AGAIN:
        return math.inf  # what the client gives up the pipeline does again
    tried_s = verify.tries_s(traits(setup.client), setup.config)
    if math.isinf(tried_s) and not verify.has_one_clock(traits(setup.client)):
        raise ValueError(f"nobody knows how patient {setup.client} is")
    return tried_s


_GUARANTEES = (
    _Guarantee("weaker acks", ("acks",), _acks),
    _Guarantee("idempotence off", ("enable.idempotence",), _idempotent),
    _Guarantee("fewer retries", ("retries",), _whole("retries", _INT_MAX)),
    _Guarantee(
        "more requests in flight",
        ("max.in.flight.requests.per.connection",),
        lambda setup: -int(setup.config["max.in.flight.requests.per.connection"]),
    ),
    _Guarantee("gives up sooner", ("delivery.timeout.ms", "request.timeout.ms"), _patience_s),
    _Guarantee("transactional off", ("transactional",), _flag("transactional")),
    _Guarantee("may skip an input", ("processing.guarantee",), _one_of("at-least-once", "exactly-once")),
    _Guarantee("may process an input again", ("processing.guarantee",), _one_of("at-most-once", "exactly-once")),
    _Guarantee("fewer replicas", ("replication.factor",), _whole("replication.factor", 1)),
    _Guarantee("fewer replicas in sync", ("min.insync.replicas", "replication.factor"), _in_sync),
    _Guarantee(
        "unclean leader election", ("unclean.leader.election.enable",), _less(_flag("unclean.leader.election.enable"))
    ),
    _Guarantee("forced to disk less often", ("flush.messages",), _less(_whole("flush.messages", _NEVER))),
    _Guarantee(
        "eligible leader replicas off",
        ("eligible.leader.replicas.version",),
        _whole("eligible.leader.replicas.version", 0),
    ),
)
