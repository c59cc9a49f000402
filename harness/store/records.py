"""What is on record of a trial: a line of ``trials.jsonl``, and what it is made of. Format 3 is a contract."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import Field, computed_field, model_validator

from harness.events import FORMAT, INFORMATION, NO_FAULT, Permission, Verdict, flat_parameters
from harness.store.figures import Availability, Percentiles, Record, Sustained, Throughput, Used

_FOUND_OUT = frozenset({"most_waiting_bytes"})  # of a load, while it ran


class FaultRecord(Record):
    """What the fault of a trial was and did. ``start_s`` and ``end_s`` count from the trial's first due message."""

    name: str
    parameters: dict[str, Any] = Field({})
    replaced: dict[str, Any] = Field({})
    """Settings of the trial that the fault brought with it, each with what it would be without; null: not stated."""
    loads: dict[str, dict[str, Any]] = Field({})
    """The load under which each part really ran, by its name: ``messages``, ``rate`` in messages a second (null: as
    fast as it goes) and ``flush_every`` (null: no flush). Parts at once share one, whatever their parameters say.
    """
    seed: int | None = None
    """By which all that was left to chance was drawn, where a part's parameters have no seed of their own."""
    fired: bool = False
    start_s: float | None = None
    end_s: float | None = None
    events: list[dict[str, Any]] = Field([])
    """What it did and saw, in order: ``{"at_s": ..., "what": ..., ...evidence}``."""


class Counts(Record):
    sent: int
    acked: int
    failed: int
    unknown: int
    unconfirmed: int
    in_log: int
    """Records found in the log, copies and all."""
    given_up: int = 0
    """Messages that the application gave up at its own deadline and sent again."""
    given_up_landed: int = 0
    """Those of them that are in the log more than once, so that what was given up had landed."""
    aborted: int = 0
    """Messages of transactions that the client reported as aborted, whatever it reported of the messages themselves."""


class Anomalies(Record):
    """Null where the trial cannot tell: transactions and pipelines in trials that have none, and whatever nobody looked
    for when it was judged.
    """

    lost: int | None = None
    duplicate: int | None = None
    reordered: int | None = None
    unknown_landed: int | None = None
    unknown_absent: int | None = None
    failed_landed: int | None = None
    unexpected: int | None = None
    misplaced: int | None = None
    unreported: int | None = None
    aborted_visible: int | None = None
    torn_transaction: int | None = None
    hung_transaction: int | None = None
    fenced_visible: int | None = None
    hung_call: int | None = None
    redelivered: int | None = None
    skipped: int | None = None
    poll_skipped: int | None = None
    poll_again: int | None = None
    poll_back: int | None = None


class FailedEnd(Record):
    """What a client said instead of ending transactions as it was asked to."""

    call: Literal["commit", "abort"]
    error: str
    """The client's own name, a class or a code; the call's if that did not return."""
    count: int
    """Of how many transactions it was the last word."""


class TransactionCounts(Record):
    """Transactions of a trial's producers. One that is neither committed nor aborted was open when its producer ended,
    or nobody heard what became of it.
    """

    begun: int
    committed: int
    aborted: int
    errors: dict[str, int] = Field({})
    """What the client said where it could not end one as it was to, by how many."""
    failed: list[FailedEnd] = Field([])
    """The same by what it was asked for."""
    end_txn: int | None = None
    """The version of EndTxn with which the client ends them: from 5 on those of KIP-890's second part."""
    whole: int | None = None
    """Behind the warm-up those that were full, or over their time, when they ended. The end of the load cuts others
    short, and no figure is made of them.
    """


class Expectation(Record):
    """What one rule says of one anomaly in this trial, why, and who says so."""

    anomaly: str
    permission: Permission
    reason: str
    source: str


class TrialRecord(Record):
    """A line of trials.jsonl."""

    format: int = FORMAT
    id: str
    name: str
    kind: str
    """One of ``harness.kinds.KINDS``, or of those of another version."""
    repeat: int
    kafka: str
    brokers: int | None = None
    cluster_profile: str | None = None
    client: str
    client_version: str | None = None
    config: dict[str, Any]
    """Dotted names, with ``replication.factor``, ``min.insync.replicas`` and ``partitions``."""
    effective: dict[str, Any] | None = None
    """What the client really ran with, as far as it lets anybody see, and the ``min.insync.replicas`` in effect."""
    topic: str | None = None
    """Its own, the first of several; it is gone by now, but the nodes' logs name it."""
    load: dict[str, Any]
    fault: FaultRecord
    status: Literal["completed", "failed", "skipped", "interrupted"]
    reason: str | None = None
    started: str | None = None
    """Wall clock, ISO 8601 with zone."""
    elapsed_s: float | None = None
    counts: Counts | None = None
    anomalies: Anomalies | None = None
    uncommitted: Anomalies | None = None
    """Of a trial with transactions, whose ``anomalies`` are what a read_committed consumer finds: what one finds that
    reads all of the log."""
    transactions: TransactionCounts | None = None
    witnesses: dict[str, list[dict[str, Any]]] | None = None
    """The first ten of each anomaly: producer, sequence, partition, offsets, outcome, error."""
    errors: dict[str, int] | None = None
    """Client error classes by how many messages ended with each."""
    throughput: Throughput | None = None
    latency_ms: Percentiles | None = None
    service_ms: Percentiles | None = None
    late_ms: Percentiles | None = None
    """Of a paced load: from due until it was handed over to the client."""
    committed_throughput: Throughput | None = None
    """Of a trial with transactions: messages in whole ones, from the first sent until the last commit was confirmed."""
    committed_ms: Percentiles | None = None
    """From due until the commit of its transaction was confirmed, of messages in whole ones."""
    end_to_end_ms: Percentiles | None = None
    """From due until a consumer with read_committed had it; with transactions of messages in whole ones."""
    gave_up_ms: Percentiles | None = None
    """From due to the report, of messages that the client reported as failed or unknown."""
    sustained: Sustained | None = None
    """Of a trial of a search."""
    availability: Availability | None = None
    ack_rate: list[list[float]] | None = None
    """Acks over time: [seconds from the first due message (bin start), messages/s], bins of ``ack_rate_bin_s``."""
    ack_rate_bin_s: float | None = None
    error_rate: list[list[float]] | None = None
    """Messages that ended as failed or unknown over time, in the same bins."""
    client_cpu_s: float | None = None
    """From when it was ready until it was closed."""
    used: Used | None = None
    """Null where nobody looked: in trials that are not about performance, and before that was looked at."""
    promise: str | None = None
    """The guarantee this configuration claims: at-most-once, at-least-once, once-per-session or all-or-nothing; of a
    pipeline at-most-once, at-least-once or exactly-once."""
    observed: str | None = None
    """What its data fits: once, at-least-once, at-most-once or none."""
    verdict: Verdict | None = None
    verdict_reason: str | None = None
    expectations: list[Expectation] | None = None

    @property
    def with_fault(self) -> bool:
        """Whether something was done to it, or was to be."""
        return self.fault.name != NO_FAULT

    @property
    def configured(self) -> dict[str, Any]:
        """Its settings as they would be without the fault: what a recipe brings with it is the recipe's, and no
        choice.
        """
        stated = {**self.config, **self.fault.replaced}
        return {name: value for name, value in stated.items() if value is not None or name not in self.fault.replaced}

    @property
    def parts(self) -> dict[str, Any]:
        """All that tells it from other trials but its repeat, whatever run it is in: on what, by whom, configured how,
        under which load and which fault; by dotted names.
        """
        load = {name: value for name, value in self.load.items() if name not in _FOUND_OUT}
        return {
            "kind": self.kind,
            "kafka": self.kafka,
            "brokers": self.brokers,
            "cluster_profile": self.cluster_profile,
            "client": self.client,
            "client_version": self.client_version,
            **{f"config.{name}": value for name, value in self.configured.items()},
            **{f"load.{name}": value for name, value in load.items()},
            "fault": self.fault.name,
            **{f"fault.{name}": value for name, value in flat_parameters(self.fault.parameters).items()},
        }

    @computed_field  # type: ignore[prop-decorator]
    @property
    def key(self) -> str:
        """Of its parts, 16 hexadecimal digits: repeats of one trial have the same, in every run and every format."""
        canonical = json.dumps(self.parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @model_validator(mode="before")
    @classmethod
    def _of_format_1(cls, record: Any) -> Any:
        """Format 1 called *kept* what is *allowed*, and *exactly-once* what is so in one producer session."""
        if not isinstance(record, dict) or record.get("format") != 1:
            return record
        wrong = {name for name, count in (record.get("anomalies") or {}).items() if count} - INFORMATION
        now = {"promise": {"exactly-once": "once-per-session"}, "observed": {"exactly-once": "once"}}
        now["verdict"] = {"kept": "allowed"} if wrong else {}
        return record | {name: now[name].get(record[name], record[name]) for name in now.keys() & record.keys()}
