"""Somebody else's cluster while trials run on it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from harness.clusters import ClusterFailed, Wanted
from harness.clusters.admin import AdminError, TopicExists
from harness.clusters.brokers import Brokers
from harness.clusters.external import remove
from harness.clusters.external.commands import Commands
from harness.clusters.external.found import Found, find
from harness.clusters.external.keys import External
from harness.clusters.external.leftovers import remove_groups
from harness.clusters.external.releases import FEATURE, release_of
from harness.events import FaultEvent, Guarantee
from harness.janitor import Janitor
from harness.process import python
from harness.security.properties import PropertiesWrong
from harness.words import listed, plural

_HEALTHY_S = 30.0
_LEAVES_S = 15.0
_AGAIN_S = 0.5
_ELIGIBLE = "eligible.leader.replicas.version"
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "enable.idempotence": ("InitProducerId",),
    "transactional": ("InitProducerId", "AddPartitionsToTxn", "EndTxn"),
}
"""The APIs that a setting needs which is true."""
_EXACTLY_ONCE = ("InitProducerId", "AddOffsetsToTxn", "TxnOffsetCommit", "EndTxn")


class ExternalCluster(Brokers):
    """It is looked for when its context begins; what was made on it is gone behind that, and what was done undone.

    Raises ``ClusterFailed`` with one line for a person when it is not what its trials want.
    """

    def __init__(self, wanted: Wanted, stated: External, janitor: Janitor) -> None:
        super().__init__({})
        self._wanted, self._stated, self._janitor = wanted, stated, janitor
        self._made: dict[str, int] = {}
        """Topics that are its own and there, with the janitor's number of what removes them."""
        self._commands: Commands | None = None
        self.prefix = stated.prefix

    def __enter__(self) -> ExternalCluster:
        try:
            self.security = self._stated.security
        except PropertiesWrong as wrong:  # it was not, when the workload was read
            raise ClusterFailed(str(wrong)) from None
        found = find(self._stated.bootstrap, self.security)
        _fail_unless_wanted(found, self._wanted, self._stated)
        self.addresses = found.addresses
        self.settings = found.record
        self._apis = found.apis
        if self._stated.nodes:
            self.processes = self._commands = Commands(self._stated.nodes, self.addresses, self._janitor)
            self.controller = self._stated.controller
        self.wait_healthy(None, _HEALTHY_S)
        return self

    def __exit__(self, *_: object) -> None:
        """What cannot be removed now is left to the janitor, which tries once more."""
        with contextlib.suppress(ClusterFailed):
            self.heal()
        until = time.monotonic() + _LEAVES_S
        while self._made and time.monotonic() < until:
            for topic in list(self._made):
                with contextlib.suppress(ClusterFailed):
                    self.delete_topic(topic)
            time.sleep(_AGAIN_S if self._made else 0)

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        command = [*python(remove.__name__), self.bootstrap, self._stated.properties or "", name]
        number = self._janitor.undo(command, remove.WITHIN_S)
        try:
            super().create_topic(name, partitions, replication_factor, config)
        except ClusterFailed as failed:
            if isinstance(failed.__cause__, TopicExists):  # and is somebody else's
                self._janitor.undone(number)
            else:
                self._made[name] = number
            raise
        self._made[name] = number

    def delete_topic(self, name: str) -> None:
        super().delete_topic(name)
        number = self._made.get(name)
        if number is None:
            return
        try:
            remove_groups(self.addresses.values(), self.security, name)
        except AdminError:
            return  # it has members still, and is removed when the cluster is left
        del self._made[name]
        self._janitor.undone(number)

    def refuses(self, config: Mapping[str, Any]) -> str | None:
        return cannot_run(config, self._apis)

    def happened(self) -> Sequence[FaultEvent]:
        if self._commands is None:
            return ()
        events, self._commands.events = self._commands.events, []
        return events

    def heal(self) -> None:
        if self._commands is not None:
            self._commands.undo()


def cannot_run(config: Mapping[str, Any], apis: Collection[str]) -> str | None:
    """Why a trial with these settings cannot run where there are these APIs alone; None if it can."""
    needed = [api for setting, its in _NEEDS.items() if config.get(setting) is True for api in its]
    needed += _EXACTLY_ONCE if config.get("processing.guarantee") == Guarantee.EXACTLY_ONCE else ()
    lacking = [api for api in dict.fromkeys(needed) if api not in apis]
    return f"the cluster has no {listed(lacking)}" if lacking else None


def _fail_unless_wanted(found: Found, wanted: Wanted, stated: External) -> None:
    at = f"the cluster at {','.join(stated.bootstrap)}"
    if len(found.addresses) != wanted.brokers:
        there = f"{plural(len(found.addresses), 'broker')} ({listed(map(str, found.addresses))})"
        raise ClusterFailed(f"{at} has {there}: write cluster.brokers: {len(found.addresses)}")
    if stated.controller is not None and found.controllers != (stated.controller,):
        voters = listed(map(str, found.controllers)) if found.controllers else "nobody that may be told"
        raise ClusterFailed(f"cluster.controller is {stated.controller}, and the controllers of {at} are {voters}")
    if unknown := sorted(stated.nodes.keys() - found.addresses.keys() - {stated.controller}):
        known = listed(map(str, found.addresses))
        raise ClusterFailed(f"cluster.nodes has {listed(map(str, unknown))}, and the brokers of {at} are {known}")
    release = ".".join(wanted.kafka.split(".")[:2])
    said = release_of(found.supported.get(FEATURE))
    if said is not None and said != release:
        level = found.supported[FEATURE]
        raise ClusterFailed(f'{at} is Kafka {said} by its features ({FEATURE} up to {level}): write kafka: "{said}"')
    if _ELIGIBLE in found.finalized or said is not None:
        on = found.finalized.get(_ELIGIBLE, 0) != 0
        if on != wanted.eligible_leader_replicas and tuple(map(int, release.split("."))) >= (4, 1):
            state = "has eligible leader replicas" if on else "has no eligible leader replicas"
            raise ClusterFailed(f"{at} {state}: write cluster.eligible_leader_replicas: {str(on).lower()}")
