"""What is on record of a trial: a line of ``trials.jsonl``, and what it is made of. Format 3 is a contract."""

from __future__ import annotations

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field, model_validator

from harness.events import FORMAT, INFORMATION, NO_FAULT, Permission, Verdict, flat_parameters

_FOUND_OUT = frozenset({"most_waiting_bytes"})  # of a load, while it ran


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)


class FaultRecord(_Record):
    """What the fault of a trial was and did. ``start_s`` and ``end_s`` count from the trial's first due message."""

    name: str
    parameters: dict[str, Any] = {}
    replaced: dict[str, Any] = {}
    """Settings of the trial that the fault brought with it, each with what it would be without; null: not stated."""
    loads: dict[str, dict[str, Any]] = {}
    """The load under which each part really ran, by its name: ``messages``, ``rate`` in messages a second (null: as
    fast as it goes) and ``flush_every`` (null: no flush). Parts at once share one, whatever their parameters say.
    """
    seed: int | None = None
    """By which all that was left to chance was drawn, where a part's parameters have no seed of their own."""
    fired: bool = False
    start_s: float | None = None
    end_s: float | None = None
    events: list[dict[str, Any]] = []
    """What it did and saw, in order: ``{"at_s": ..., "what": ..., ...evidence}``."""


class Counts(_Record):
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


class Anomalies(_Record):
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


class FailedEnd(_Record):
    """What a client said instead of ending transactions as it was asked to."""

    call: Literal["commit", "abort"]
    error: str
    """The client's own name, a class or a code; the call's if that did not return."""
    count: int
    """Of how many transactions it was the last word."""


class TransactionCounts(_Record):
    """Transactions of a trial's producers. One that is neither committed nor aborted was open when its producer ended,
    or nobody heard what became of it.
    """

    begun: int
    committed: int
    aborted: int
    errors: dict[str, int] = {}
    """What the client said where it could not end one as it was to, by how many."""
    failed: list[FailedEnd] = []
    """The same by what it was asked for."""
    end_txn: int | None = None
    """The version of EndTxn with which the client ends them: from 5 on those of KIP-890's second part."""
    whole: int | None = None
    """Behind the warm-up those that were full, or over their time, when they ended. The end of the load cuts others
    short, and no figure is made of them.
    """


class Throughput(_Record):
    """Acked (acks=0: unconfirmed) messages over the measured span, and megabytes (10^6) of their values."""

    messages_per_s: float
    mb_per_s: float
    span_s: float
    steady: bool | None = None
    """Whether it ran at one rate over the span; null: nobody can tell, or nobody asked. In older records, which never
    say why, whether the halves of the span agreed within 20 %.
    """
    unsteady: str | None = None
    """Why it was not steady, or why nobody can tell, in words."""


class Sustained(_Record):
    """Whether a rate was kept up with, in a search for the highest that is."""

    p99_ms: float
    falls_behind: float
    """How much longer messages waited at the end of the load than at its beginning, a second that lay between."""
    holds: bool
    why: str | None = None
    """Why it does not."""


class Percentiles(_Record):
    """Milliseconds."""

    p50: float
    p90: float
    p95: float
    p99: float
    p99_9: float = Field(alias="p99.9")
    max: float
    mean: float
    count: int
    hdr: str | None = None
    """The whole distribution: an HdrHistogram V2, base64, of microseconds, 3 significant digits."""


class Used(_Record):
    """What a load took of the machine, from before its first message until behind its last report. CPU is in cores: the
    average over ``seconds``.
    """

    seconds: float
    client_cores: float
    """All of its clients' processes together."""
    client_thread: float
    """Of the thread that took the most."""
    proxy_thread: float | None = None
    broker_cores: float | None = None
    """Null where the brokers' processes cannot be seen from here."""
    other_cores: float | None = None
    """Of whoever is neither the harness nor one of its children or brokers."""
    cores: int
    """That the machine has."""
    machine: float
    """How much of all of them was busy, between 0 and 1."""
    stolen: float
    """What the hypervisor gave to others, of all cores."""
    client_mb: float
    """Resident, at the end."""
    broker_mb: float | None = None
    written_mb: float | None = None
    """To all disks of the machine, by whomever."""
    loopback_mb: float | None = None
    """Sent over the loopback device."""
    work_ms: float
    """How long a fixed piece of work took on one core just before: what the machine itself gave by then."""


class Availability(_Record):
    longest_gap_s: float | None
    recovery_s: float | None
    recovered_after_heal_s: float | None = None
    """From the last deed that undid the fault to the ack with which the slowest partition had acked again; null: never,
    or nothing was waited for then."""
    waited_after_heal_s: float | None = None
    """From then on reports were waited for so long; null: nothing was waited for, or there was nothing to undo."""


class Expectation(_Record):
    """What one rule says of one anomaly in this trial, why, and who says so."""

    anomaly: str
    permission: Permission
    reason: str
    source: str


class TrialRecord(_Record):
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
