"""Faults on the wire that befall single requests, carried out by the proxy between client and broker."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from harness.faults.apis import PRODUCE, OfApi, never_asked
from harness.faults.errors import DUPLICATE_SEQUENCE, NOT_ENOUGH_REPLICAS, OF_REPLICAS, OF_WRITTEN, RETRIABLE, named
from harness.faults.fault import Config, Fault, Script, first_of, given, hit, no_ack
from harness.faults.parameters import ByChance, Parameters
from harness.faults.steps import Send, SetRules
from harness.wire.rules import WireRule

_SILENT_MS = 1_000  # with a client's own, which is half a minute or a whole one, a trial would take minutes


class Flushed(Parameters):
    """A load of which each flush is one ProduceRequest, so that a fault's ordinals are known messages.

    It can be paced instead, so that messages go on being sent while others wait.
    """

    messages: int = Field(1_000, ge=1, le=10_000_000, description="messages sent in all")
    flush_every: int = Field(50, ge=1, description="the client flushes after each so many: one ProduceRequest each")
    rate: float | None = Field(None, gt=0, description="messages a second instead, without any flush")
    skip: int = Field(5, ge=0, description="so many of these requests pass untouched first")

    @property
    def load(self) -> Send:
        return Send(self.messages, rate=self.rate, flush_every=None if self.rate else self.flush_every)

    @property
    def seconds(self) -> float:
        """How long the load takes of itself."""
        return self.messages / self.rate if self.rate else 0.0


class _Some(Flushed, OfApi, ByChance):
    """Some requests of an API are hit: every so manieth, or by chance; of all, or of those to one partition."""

    messages: int = Field(3_000, ge=1, le=10_000_000, description="messages sent in all")
    partition: int | None = Field(
        None, ge=0, description="only ProduceRequests that write to this partition are counted and hit"
    )
    every: int = Field(12, ge=1, description="then this one and each so-manieth after it is hit")
    times: int = Field(5, ge=1, description="at most so many are hit")
    probability: float | None = Field(
        None, gt=0, le=1, description="hit each of these requests with this probability instead"
    )

    @model_validator(mode="after")
    def _only_a_produce_has_partitions(self) -> _Some:
        if self.partition is not None and self.api != PRODUCE:
            raise ValueError(f"partition is only for {PRODUCE}, not for {self.api}")
        return self

    def rule(self, action: str, **fields: Any) -> WireRule:
        return WireRule(
            action=action,
            api=self.api,
            partition=self.partition,
            skip=self.skip,
            every=self.every if self.probability is None else None,
            times=self.times,
            probability=self.probability,
            seed=self.seed or 0,
            **fields,
        )


class _Lost(_Some):
    silent: bool = Field(False, description="keep the connection open: the client must time out by itself")
    request_timeout_ms: int | None = Field(
        None, ge=1, description="request.timeout.ms of the client; with silent 1000 unless it is given"
    )

    @property
    def timeout_ms(self) -> int | None:
        return _SILENT_MS if self.silent and self.request_timeout_ms is None else self.request_timeout_ms


class LoseAck(_Lost):
    pass


class LoseRequest(_Lost):
    pass


class InjectError(_Some):
    error: int = Field(NOT_ENOUGH_REPLICAS, ge=1, le=32_767, description="Kafka's error code")
    forward: bool = Field(
        False,
        description="the broker gets the request all the same; only with errors that can follow a write: "
        f"{named(OF_WRITTEN)}",
    )

    @model_validator(mode="after")
    def _brokers_tell_the_truth(self) -> InjectError:
        if self.api != PRODUCE:
            return self._of_another_api()
        if self.error == DUPLICATE_SEQUENCE and not self.forward:
            raise ValueError(
                f"clients take error {self.error} for success, and no broker gives it for what it has not: say forward"
            )
        if self.forward and self.error not in OF_WRITTEN:
            allowed = named(OF_WRITTEN)
            raise ValueError(
                f"no broker gives error {self.error} for what it wrote; with forward it is one of {allowed}"
            )
        return self

    def _of_another_api(self) -> InjectError:
        if self.forward:
            raise ValueError(f"forward is only for {PRODUCE}, not for {self.api}")
        if self.error in OF_REPLICAS:
            raise ValueError(f"error {self.error} is only for {PRODUCE}: say with which one {self.api} is answered")
        return self


class Delay(Flushed):
    delay_ms: int = Field(100, ge=1, le=60_000, description="how late each is")
    of: Literal["response", "request"] = Field("response", description="which of the two is late")
    times: int | None = Field(None, ge=1, description="at most so many are late; all without it")
    request_timeout_ms: int | None = Field(
        None, ge=1, description="request.timeout.ms of the client; shorter than the delay, it sends again"
    )


class Reorder(Parameters):
    messages: int = Field(1_000, ge=1, le=10_000_000, description="messages sent, many requests at once")
    batch_bytes: int = Field(2_000, ge=1, description="batch.size of the client, so that there are many batches")
    delay_ms: int = Field(30, ge=0, le=60_000, description="responses are so late, which keeps several in flight")
    error: int = Field(
        NOT_ENOUGH_REPLICAS, description=f"Kafka's error code, of one that is retriable: {named(RETRIABLE)}"
    )
    skip: int = Field(3, ge=0, description="so many ProduceRequests get no error first")
    every: int = Field(7, ge=1, description="then this one and each so-manieth after it gets one")
    times: int = Field(5, ge=1, description="at most so many get one")

    @field_validator("error")
    @classmethod
    def _tried_again(cls, error: int) -> int:
        """A batch that is given up cannot land behind those that follow it."""
        if error not in RETRIABLE:
            raise ValueError(f"not every client sends a batch again after {error}; it is one of {named(RETRIABLE)}")
        return error


def _script(rule: WireRule, load: Send) -> Script:
    return Script(before=(SetRules((rule,)),), load=load, after=(SetRules(),))


def _lose(action: str, parameters: _Lost) -> Script:
    return _script(parameters.rule(action, silent=parameters.silent), parameters.load)


def _impatient(parameters: _Lost) -> Config:
    """What is lost silently is missed only by a client whose time is up."""
    return {} if parameters.timeout_ms is None else {"request.timeout.ms": parameters.timeout_ms}


def _inject_error(parameters: InjectError) -> Script:
    rule = parameters.rule("inject-error", error=parameters.error, forward=parameters.forward)
    return _script(rule, parameters.load)


def _delay(parameters: Delay) -> Script:
    of_request = parameters.of == "request"
    rule = WireRule(
        "delay", skip=parameters.skip, times=parameters.times, ms=parameters.delay_ms, of_request=of_request
    )
    return _script(rule, parameters.load)


def _reorder(parameters: Reorder) -> Script:
    """A batch is refused while those behind it, which are on their way already, are written."""
    refuse = WireRule(
        "inject-error",
        error=parameters.error,
        ms=parameters.delay_ms,
        skip=parameters.skip,
        every=parameters.every,
        times=parameters.times,
    )
    rules = (refuse, WireRule("delay", ms=parameters.delay_ms))
    return Script(before=(SetRules(rules),), load=Send(parameters.messages), after=(SetRules(),))


def _estimate_s(parameters: _Lost, config: Config) -> float:
    """Each request that is hit costs a client a reconnect, or when it is hit silently a request timeout, which some
    notice a second late.
    """
    timeout_s = config.get("request.timeout.ms", parameters.timeout_ms or 0) / 1000
    return 2.5 + parameters.seconds + parameters.times * (timeout_s + 1 if parameters.silent else 0.1)


def _late_s(parameters: Delay, config: Config) -> float:
    requests = 0 if parameters.rate else parameters.messages / parameters.flush_every
    return 2.5 + parameters.seconds + min(requests, parameters.times or requests) * parameters.delay_ms / 1000


FAULTS = (
    # The documents' own scenario: written, the ack lost, sent again.
    Fault(
        name="lose-ack",
        summary="The broker writes, its acknowledgement is lost on the wire, and the producer retries.",
        parameters=LoseAck,
        script=lambda parameters: _lose("lose-ack", parameters),
        fired=hit("lose-ack"),
        refuses=first_of(never_asked, no_ack("acks=0 has no acknowledgement to lose")),
        settings=_impatient,
        estimate_s=_estimate_s,
    ),
    # Its control: lost before the broker saw it, so a retry can duplicate nothing.
    Fault(
        name="lose-request",
        summary="The request is lost on the wire before the broker sees it.",
        parameters=LoseRequest,
        script=lambda parameters: _lose("lose-request", parameters),
        fired=hit("lose-request"),
        refuses=never_asked,
        settings=_impatient,
        estimate_s=_estimate_s,
    ),
    Fault(
        name="inject-error",
        summary="The client gets an error that the broker never gave.",
        parameters=InjectError,
        script=_inject_error,
        fired=hit("inject-error"),
        refuses=first_of(never_asked, no_ack("acks=0 has no response that could be an error")),
        estimate_s=lambda parameters, config: 2.5 + parameters.seconds + 0.5 * parameters.times,
    ),
    Fault(
        name="reorder",
        summary="A batch is refused with a retriable error while those sent behind it are written.",
        parameters=Reorder,
        script=_reorder,
        fired=hit("inject-error"),
        refuses=no_ack("acks=0 has no response that could refuse a batch"),
        settings=lambda parameters: {"batch.size": parameters.batch_bytes},
        estimate_s=lambda parameters, config: 5.0,
    ),
    Fault(
        name="delay",
        summary="Each response, or each request, is late, and what is behind it waits.",
        parameters=Delay,
        script=_delay,
        fired=hit("delay"),
        refuses=no_ack("acks=0 waits for no response that could be late"),
        settings=given("request.timeout.ms"),
        estimate_s=_late_s,
    ),
)
