"""Transactions, crashes, fencing and reads at random, in a model of a log that is made of lists and loops."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np

from harness.events import Ending, Outcome
from harness.verify import ReadCommitted, Readings, find_committed

from .histories import Record, log, producer
from .test_transactions import transactions

CASES = 10_000
PARTITIONS = 2


@dataclass
class World:
    """What really happened: a partitioned log with transactions in it, and what the application was told."""

    chance: random.Random
    records: list[list[tuple[int, int]]] = field(default_factory=lambda: [[] for _ in range(PARTITIONS)])
    """Of each partition, by offset: message and transaction; -1 is the mark with which a transaction ends."""
    really: list[Ending] = field(default_factory=list)
    told: list[Ending] = field(default_factory=list)
    asked: list[Ending] = field(default_factory=list)
    last: dict[int, int] = field(default_factory=dict)
    """Of each message the last transaction that it was sent in."""
    again: set[int] = field(default_factory=set)
    acked: set[int] = field(default_factory=set)
    fenced: int | None = None
    """The transaction with whose end another producer of the id was there."""

    def transact(self, messages: list[int]) -> list[int]:
        """One transaction with these; returns those that the application sends again, as one does that starts anew."""
        number, sent = len(self.really), messages
        crashes = self.chance.random() < 0.2
        if crashes:
            sent = messages[: self.chance.randrange(len(messages) + 1)]
        self.again |= self.last.keys() & set(sent)
        for message in sent:
            self.last[message] = number
            if self.chance.random() < 0.95:
                self.records[message % PARTITIONS].append((message, number))
                self.acked.add(message)
        if crashes:
            # Fenced by the next one, which aborts it; unless there is none, or its end was already asked for.
            self.really.append(self.chance.choice([Ending.ABORTED, Ending.COMMITTED, Ending.OPEN]))
            self.told.append(Ending.OPEN)
            asked = self.chance.choice([Ending.OPEN, Ending.COMMITTED])
            self.asked.append(Ending.COMMITTED if self.really[-1] is Ending.COMMITTED else asked)
        else:
            self.really.append(self.chance.choice([Ending.COMMITTED, Ending.COMMITTED, Ending.ABORTED]))
            self.told.append(self.really[-1])
            self.asked.append(self.really[-1])
        if self.really[-1] is not Ending.OPEN:
            for partition in {message % PARTITIONS for message in sent}:
                self.records[partition].append((-1, number))
        return sent if crashes and self.chance.random() < 0.7 else []

    def stable(self, partition: int) -> int:
        held = (o for o, (m, n) in enumerate(self.records[partition]) if m >= 0 and self.really[n] is Ending.OPEN)
        return next(held, len(self.records[partition]))

    def all_records(self) -> list[Record]:
        return [(p, o, 0, m) for p, of in enumerate(self.records) for o, (m, _) in enumerate(of) if m >= 0]

    def shown(self) -> list[Record]:
        """To who reads committed messages; now and then a broker or a client errs."""
        seen = []
        for partition, of in enumerate(self.records):
            for offset, (message, number) in enumerate(of[: self.stable(partition)]):
                errs = self.chance.random() < 0.02
                if message >= 0 and (self.really[number] is Ending.COMMITTED) is not errs:
                    seen.append((partition, offset, 0, message))
        return list(seen)


def _world(seed: int) -> World:
    world = World(random.Random(seed))
    messages, again = 0, list[int]()
    for _ in range(world.chance.randrange(1, 6)):
        fresh = list(range(messages, messages + world.chance.randrange(0, 4)))
        messages += len(fresh)
        again = world.transact([*again, *fresh])
        if world.fenced is None and world.chance.random() < 0.2:
            world.fenced = len(world.really) - 1
    return world


def test_what_is_found_is_what_happened() -> None:
    found: Counter[str] = Counter()
    for seed in range(CASES):
        world = _world(seed)
        count = max(world.last, default=-1) + 1
        shown, stable = world.shown(), [world.stable(partition) for partition in range(PARTITIONS)]
        copies, visible = Counter(r[3] for r in world.all_records()), Counter(r[3] for r in shown)
        latest = {m: max(r[1] for r in world.all_records() if r[3] == m) for m in copies}
        kept_back = {m for m, at in latest.items() if at >= stable[m % PARTITIONS] and m not in visible}
        ending = {m: world.told[number] for m, number in world.last.items()}
        siblings_seen = {number for m, number in world.last.items() if m in visible}
        doubtful = [
            n for n, told in enumerate(world.told) if told is Ending.OPEN and world.asked[n] is Ending.COMMITTED
        ]
        alone = {m for m, n in world.last.items() if m not in world.again or n <= min(doubtful, default=n)}
        proved = {n for m, n in world.last.items() if m in visible and m in alone}
        to_commit = {m for m, n in world.last.items() if world.asked[n] is Ending.COMMITTED}
        committed = {m for m in world.last if ending[m] is Ending.COMMITTED}
        crashed = {m for m in world.last if ending[m] is Ending.OPEN}
        surely = committed | {m for m in crashed & to_commit if world.last[m] in proved}
        never = {m for m in world.last if ending[m] is Ending.ABORTED} | (crashed - to_commit)
        aborted = {m for m in world.last if ending[m] is Ending.ABORTED} & alone
        unknown = {*range(count)} - (committed & world.acked) - aborted | kept_back - aborted
        expected = {
            "unknown_landed": len({m for m in unknown if visible[m]}),
            "unknown_absent": len({m for m in unknown if not visible[m]}),
            "lost": len({m for m in committed & world.acked if m not in visible and m not in kept_back}),
            "duplicate": sum(visible.values()) - len(visible),
            "aborted_visible": len(
                {m for m in alone if visible[m] > (1 if m in world.again and m not in never else 0)}
                - {m for m in alone - never if m not in world.again}
            ),
            "torn_transaction": len(
                {m for m in surely if world.last[m] in siblings_seen and m not in visible and m not in kept_back}
            ),
            "hung_transaction": len(kept_back),
            "fenced_visible": len(
                {
                    m
                    for m, n in world.last.items()
                    if world.fenced is not None and n > world.fenced
                    if m in (to_commit - never) & alone and m in visible
                }
            ),
        }
        outcomes = [Outcome.ACKED if m in world.acked else Outcome.UNKNOWN for m in range(count)]
        sent = producer(*((m % PARTITIONS, outcome) for m, outcome in enumerate(outcomes)))
        numbers = [world.last.get(m, -1) for m in range(count)]
        made = transactions(*numbers, ended=world.told, asked=world.asked, again=[*world.again])
        view = ReadCommitted(log(*shown), np.array(stable, np.int64))
        readings = Readings([replace(sent, transactions=made, fenced_ns=world.fenced)], log(*world.all_records()), view)
        findings, uncommitted = find_committed(readings)
        assert {name: getattr(findings.anomalies, name) for name in expected} == expected, seed
        assert findings.counts is not None and findings.counts.aborted == len(aborted), seed
        assert uncommitted is not None and uncommitted.duplicate == sum(copies.values()) - len(copies)
        found.update({name: number > 0 for name, number in expected.items()})
    assert min(found[name] for name in expected) > 50, found
