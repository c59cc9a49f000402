"""What is measured of a trial, and of the machine meanwhile: parts of its record (``harness.store.records``)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat


class Record(BaseModel):
    """Any part of a record: what another version had more is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, allow_inf_nan=False)


class Throughput(Record):
    """Acked (acks=0: unconfirmed) messages over the measured span, and megabytes (10^6) of their values."""

    messages_per_s: PositiveFloat
    mb_per_s: float
    span_s: float
    last_third_per_s: float | None = None
    """Messages a second in the last third of the span; null in records that are older than the figure."""
    steady: bool | None = None
    """Whether it ran at one rate over the span; null: nobody can tell, or nobody asked. In older records, which never
    say why, whether the halves of the span agreed within 20 %.
    """
    unsteady: str | None = None
    """Why it was not steady, or why nobody can tell, in words."""


class Sustained(Record):
    """Whether a rate was kept up with, in a search for the highest that is."""

    p99_ms: float
    falls_behind: float
    """How much longer messages waited at the end of the load than at its beginning, a second that lay between."""
    holds: bool
    why: str | None = None
    """Why it does not."""


class Percentiles(Record):
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


class Used(Record):
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


class Availability(Record):
    longest_gap_s: float | None
    recovery_s: float | None
    recovered_after_heal_s: float | None = None
    """From the last deed that undid the fault to the ack with which the slowest partition had acked again; null: never,
    or nothing was waited for then."""
    waited_after_heal_s: float | None = None
    """From then on reports were waited for so long; null: nothing was waited for, or there was nothing to undo."""
