"""A stage without processes, on which steps can be played: what is waited for comes when the test says so.

It is for what recipes count and whose deeds are whose. What brokers and clients make of it is tried on real ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from harness.bounds import Bounds
from harness.clusters.can import Ability
from harness.events import TransactionPoint
from harness.faults.act.step import carry_out
from harness.faults.stage import Stage
from harness.faults.steps import LineNeed, Need, Step
from harness.topics import Topics
from harness.wire import WireRule
from harness.wire.requests import Request
from harness.wire.rulebook import Rulebook
from harness.workers.fleet import Fleet

from ..fake_cluster import FakeCluster

WARMUP = 50
A_REQUEST = 50


class Pipeline:
    """Its worker is wherever it is to stop."""

    partitions = 1
    at_most_waiting = 0

    def stopped(self, number: int, point: str, batch: int) -> bool:
        return True

    def processed(self, number: int | None = None) -> int:
        return 1_000_000

    def shares(self) -> dict[int, frozenset[int]]:
        return {0: frozenset({0})}

    def add(self) -> int:
        return 1

    def look_after(self) -> None: ...
    def kill(self, number: int) -> None: ...
    def freeze(self, number: int) -> None: ...
    def stall(self, number: int) -> None: ...
    def stop(self, number: int) -> None: ...
    def go_on(self) -> None: ...
    def start(self, number: int, stops: tuple[tuple[str, int], ...]) -> None: ...


class Producer:
    """Hands over all at once, and has a request of 50 acked at each ``tick``; a killed one has nothing more acked."""

    def __init__(self, proxy: Proxy) -> None:
        self.warmup = self.total = self.acked = WARMUP
        self.killed = self.paused = False
        self.hung = self.stopped = self.fenced_ns = None
        self.effective = {"transaction.timeout.ms": 60_000}
        self.stops = False
        self._proxy = proxy

    def start(
        self, count: int, bounds: Bounds, *, rate: float | None, flush_every: int | None, seconds: float | None = None
    ) -> None:
        assert not self.killed
        self.total += count

    def tick(self) -> None:
        if not self.killed and not self.paused and not self.stops and self.acked < self.total:
            self._proxy.request()
            self.acked = min(self.total, self.acked + A_REQUEST)

    def stop_at(self, point: TransactionPoint, ordinal: int) -> None:
        """It stops with the first request."""
        self._stop_at = self.acked + A_REQUEST

    def stands(self) -> bool:
        self.stops = self.acked >= self._stop_at
        return self.stops

    def go_on(self) -> None:
        self.stops = False

    def successor(self, producer: int) -> Producer:
        heir = Producer(self._proxy)
        heir.warmup = heir.total = heir.acked = 0
        return heir

    @property
    def progress(self) -> Producer:
        """It keeps count by itself."""
        return self

    def committed(self) -> int:
        return self.acked

    def transaction_error(self) -> str | None:
        return "FENCED"

    def finish(self) -> int:
        while self.acked < self.total:
            self.tick()
        return 0

    def sent(self) -> int:
        return self.acked if self.stops else self.total

    def acks(self, first: int) -> int:
        return max(0, self.acked - first)

    def moved(self) -> tuple[int, int]:
        return self.total, self.acked

    def unconfirmed(self, first: int) -> int:
        return 0

    def fail_if_dead(self) -> None: ...

    def wait_ready(self) -> None: ...

    def kill(self) -> None:
        self.killed = True

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    def again(self) -> Producer:
        heir = Producer(self._proxy)
        heir.total, heir.acked = self.total, self.acked
        return heir

    def pending(self) -> int:
        return self.total - self.acked

    def uncommitted(self) -> int:
        return self.acks(self.warmup)

    def resend(self, bounds: Bounds) -> None: ...


class Proxy:
    """The rules of a real one."""

    def __init__(self) -> None:
        self.book = Rulebook()
        self._firings: list[dict[str, Any]] = []
        self._now = 0

    def set_rules(self, rules: Sequence[WireRule]) -> None:
        self.book = self.book.replaced_by(rules)

    def request(self) -> None:
        self._now += 1
        for firing in self.book.decide(Request(0, 9, self._now, "me", 1, frozenset({("t", 0)}))):
            part = {} if firing.part is None else {"part": firing.part}
            told = {"event": "fired", "action": firing.action, "at_ns": self._now, "ordinal": firing.ordinal, **part}
            self._firings.append(told)

    def fail_if_dead(self) -> None: ...

    def fired(self) -> list[dict[str, Any]]:
        told, self._firings = self._firings, []
        return told


class Played:
    """Steps that were played, and what they left."""

    def __init__(self, steps: Sequence[Step], there: frozenset[Need] = frozenset((*Ability, *LineNeed))) -> None:
        self.now_ns = 0
        self.proxy, self.cluster = Proxy(), FakeCluster(self._clock, frozenset(Ability) & there)
        self.cluster.create_topic("t", 1, 3, {})
        self.producer = Producer(self.proxy)
        self.stage = Stage(
            self.cluster,
            Topics(("t",), 1),
            Fleet([cast(Any, self.producer)]),
            cast(Any, self.proxy) if LineNeed.PROXY in there else None,
            Bounds(explained_s=60, undisturbed_s=60, asked_s=60, cluster_s=60),
            {"transaction": "t.0", "group": "t"},
            clock_ns=self._clock,
            pipeline=cast(Any, Pipeline()),
        )
        for _ in carry_out(steps, self.stage):
            for worker in self.stage.fleet.everyone:
                cast(Any, worker).tick()
            self.now_ns += 100_000_000

    def _clock(self) -> int:
        return self.now_ns

    def stored(self) -> list[dict[str, Any]]:
        """The events as a trial's record has them."""
        return [{"at_ns": event.at_ns, "what": event.what, **event.detail} for event in self.stage.events]

    def deeds(self, *whats: str) -> list[tuple[str | None, str]]:
        """Of these events, whose they are and what they are."""
        return [(event.detail.get("part"), event.what) for event in self.stage.events if event.what in whats]  # type: ignore[misc]

    def of(self, what: str, part: str | None = None) -> dict[str, Any]:
        """The evidence of the only event of its kind."""
        (event,) = (e for e in self.stage.events if e.what == what and part in (None, e.detail.get("part")))
        return dict(event.detail)
