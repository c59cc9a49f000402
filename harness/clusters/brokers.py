"""Brokers that are reached by their addresses alone, however they are run: topics, and what each broker itself says."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from harness.clusters import ClusterFailed, Coordinated, admin
from harness.clusters.can import Disks, Links, Logs, Network, Processes
from harness.clusters.coordinators import find_coordinator
from harness.events import FaultEvent
from harness.security import PLAINTEXT, Security

_POLL_S = 0.02
_ANSWER_S = 10.0
_QUIET_S = 0.5

_T = TypeVar("_T")
_End = Callable[[str, str, int, float, Security], int]
"""Asks the leader at an address for an end of a topic's partition."""


class Brokers:
    """A cluster that can be asked, and to which nothing can be done. ``addresses`` has every broker, down or not."""

    controller: int | None = None
    processes: Processes | None = None
    links: Links | None = None
    network: Network | None = None
    disks: Disks | None = None
    logs: Logs | None = None
    java: str | None = None
    settings: Mapping[str, Any] = {}
    runs_on: Mapping[str, str] = {}
    prefix: str = ""

    def __init__(self, addresses: Mapping[int, str], security: Security = PLAINTEXT) -> None:
        self.addresses = addresses
        self.security = security

    @property
    def pids(self) -> Mapping[int, int]:
        return {}

    @property
    def bootstrap(self) -> str:
        return ",".join(self.addresses.values())

    def create_topic(self, name: str, partitions: int, replication_factor: int, config: Mapping[str, str]) -> None:
        unheard = False

        def create(address: str) -> None:
            nonlocal unheard
            try:
                admin.create_topic(address, name, partitions, replication_factor, config, 15, self.security)
            except admin.TopicExists as exists:
                # Unless it was made by a request whose answer was lost, its messages are somebody else's.
                if not unheard:
                    raise ClusterFailed(str(exists)) from exists
            except admin.AdminError:
                unheard = True
                raise

        self._ask(create)
        self.wait_healthy(name, 20)

    def delete_topic(self, name: str) -> None:
        self._ask(lambda address: admin.delete_topic(address, name, 15, self.security))

    def view(self, topic: str, node: int | None = None) -> admin.TopicView | None:
        for id in [node] if node is not None else self.addresses:
            with contextlib.suppress(admin.AdminError):
                return admin.view(self.addresses[id], topic, 1.0, self.security)
        return None

    def high_watermarks(self, topic: str) -> dict[int, int]:
        return self._ends(topic, "high watermark", admin.high_watermark)

    def last_stable_offsets(self, topic: str) -> dict[int, int]:
        return self._ends(topic, "last stable offset", admin.last_stable_offset)

    def coordinator(self, of: Coordinated, id: str, node: int | None = None) -> int:
        if node is not None:
            try:
                return find_coordinator(self.addresses[node], of, id, security=self.security)
            except admin.AdminError as error:
                raise ClusterFailed(f"broker {node}: {error}") from error
        return self._in_time(
            lambda: self._ask(lambda address: find_coordinator(address, of, id, security=self.security)),
            f"coordinator of the {of} {id}",
        )

    def wait_quiet(self, topics: Sequence[str], timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        size, since = -1, time.monotonic()
        while time.monotonic() - since < _QUIET_S and time.monotonic() < until:
            if (now := sum(sum(self.high_watermarks(topic).values()) for topic in topics)) != size:
                size, since = now, time.monotonic()
            time.sleep(_POLL_S)

    def wait_replicated(self, topic: str, timeout_s: float) -> None:
        until = time.monotonic() + timeout_s
        while hidden := self._hidden(topic):
            if time.monotonic() > until:
                raise ClusterFailed(f"of {topic} not all was replicated within {timeout_s:g} s, but for {hidden}")
            self.fail_if_dead()
            time.sleep(_POLL_S)

    def wait_healthy(self, topic: str | None, timeout_s: float) -> None:
        for _ in self.becoming_healthy(topic, timeout_s):
            time.sleep(_POLL_S)

    def becoming_healthy(self, topic: str | None, timeout_s: float) -> Iterator[None]:
        until, missing = time.monotonic() + timeout_s, "nothing was asked yet"
        while time.monotonic() < until:
            self.fail_if_dead()
            missing = self._unhealthy(topic)
            if not missing:
                return
            yield
        raise ClusterFailed(f"the cluster was not healthy within {timeout_s:g} s: {missing}")

    def fail_if_dead(self) -> None:
        """Of brokers that are reached by their addresses alone nobody knows whether they have ended."""

    def ended_unasked(self) -> list[str]:
        return []

    def refuses(self, config: Mapping[str, Any]) -> str | None:
        return None

    def happened(self) -> Sequence[FaultEvent]:
        return ()

    def heal(self) -> None:
        """Nothing was done to it."""

    def elect_unclean(self, topic: str) -> str:
        return self._ask(lambda address: admin.elect_unclean(address, topic, 0, 10, self.security))

    def _ends(self, topic: str, name: str, end: _End) -> dict[int, int]:
        # A new leader has none to give until it has heard from its followers (offset_not_available, KIP-207).
        return self._in_time(lambda: self._ends_now(topic, end), f"{name} of {topic}")

    def _ends_now(self, topic: str, end: _End) -> dict[int, int]:
        view = self.view(topic)
        leaders = {number: state.leader for number, state in view.partitions.items()} if view else {}
        if not leaders or not set(leaders.values()) <= self.addresses.keys():
            raise admin.AdminError("no broker answers" if view is None else f"its leaders are {leaders}")
        return {
            number: end(self.addresses[leader], topic, number, 2.0, self.security) for number, leader in leaders.items()
        }

    def _hidden(self, topic: str) -> dict[int, int]:
        """How many records of each partition its leader has above the high watermark, where there are any."""
        ends = self._ends(topic, "log end", admin.log_end)
        watermarks = self.high_watermarks(topic)
        return {number: end - watermarks[number] for number, end in ends.items() if end > watermarks[number]}

    def _unhealthy(self, topic: str | None) -> str:
        """What is missing to a healthy cluster, by the brokers' own words; empty if nothing is."""
        for id, address in self.addresses.items():
            try:
                view = admin.view(address, topic, 1.0, self.security)
            except admin.AdminError as error:
                return f"broker {id} does not answer ({error})"
            if view.brokers != self.addresses.keys():
                return f"broker {id} knows only the brokers {sorted(view.brokers)}"
            if topic is not None and not view.partitions:
                return f"broker {id} does not know the topic {topic}"
            for number, partition in view.partitions.items():
                if not partition.healthy:
                    return (
                        f"broker {id} says that {topic}-{number} has leader {partition.leader} and "
                        f"ISR {list(partition.isr)} of {list(partition.replicas)}"
                    )
        return ""

    def _in_time(self, ask: Callable[[], _T], what: str) -> _T:
        """Asks until there is an answer. Past the bound it raises ``ClusterFailed`` with ``what`` there is none of."""
        until = time.monotonic() + _ANSWER_S
        while True:
            try:
                return ask()
            except (admin.AdminError, ClusterFailed) as error:
                if time.monotonic() > until:
                    raise ClusterFailed(f"no {what}: {error}") from error
            time.sleep(_POLL_S)

    def _ask(self, request: Callable[[str], _T]) -> _T:
        """Any broker will do: they pass on to the controller what is for it, and all have heard who leads."""
        error: Exception | None = None
        for address in self.addresses.values():
            try:
                return request(address)
            except admin.AdminError as refused:
                error = refused
        raise ClusterFailed(str(error))
