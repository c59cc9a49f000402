"""The application that a trial of a pipeline runs, under faults or without: which there can be, what its inputs are
written with, where its outputs go, and what its workers are told.

Both kinds of such trials run it; it is no kind itself.
"""

from __future__ import annotations

from typing import Any

from harness.bounds import Bounds
from harness.clients import Setting, consumers
from harness.clients.consumers import CONSUMERS
from harness.events import Guarantee
from harness.faults.steps import StallWorker
from harness.plan import Trial
from harness.report.labels import GUARANTEE, MODE, PROTOCOL, WORKERS
from harness.topics import Topics
from harness.trial.venue import Line, Running
from harness.words import listed
from harness.workers.pipeline_worker import PipelineSpec
from harness.workload import Config, in_name_only
from harness.workload.combinations import OF_MESSAGES

SUBSCRIBE = "subscribe"
_SESSION_MS = 6_000  # the least that brokers take (group.min.session.timeout.ms)
_HEARTBEAT_MS = 500  # so soon members hear of a rebalance
_IDEMPOTENCE_NEEDS = ("retries", "max.in.flight.requests.per.connection")


def no_such_pipeline(client: str, config: Config) -> str | None:
    """Why there is none with such workers, guarantee, producer or topics."""
    return _no_such_workers(client, config) or _no_such_production(config)


def _no_such_workers(client: str, config: Config) -> str | None:
    if client not in CONSUMERS:
        return f"{client} has no consumer for pipelines"
    if cannot := consumers.unsupported(client, _consumer_config(config)):
        return " ".join(cannot)
    if (workers := int(config.get(WORKERS, 1))) > int(config["partitions"]):
        return f"one of {workers} workers would have no partition of the inputs, which have {config['partitions']}"
    return None


def _no_such_production(config: Config) -> str | None:
    guarantee = config[GUARANTEE]
    if "topics" in config:
        return "a pipeline has one topic of inputs and one of outputs"
    if several := [name for name in (*OF_MESSAGES, "deadline.ms") if name in config]:
        return f"a pipeline's messages are plain ones of one size, without {listed(several)}"
    if config.get("transactional"):
        return "whether a pipeline has transactions its guarantee says"
    if config["acks"] == "0" and guarantee != Guarantee.AT_MOST_ONCE:
        return f"{guarantee} needs outputs that are acked, and with acks=0 none is"
    if guarantee == Guarantee.EXACTLY_ONCE:
        transactional = {"enable.idempotence": True, **config, "transactional": True}
        clash = next(iter(in_name_only(transactional)), None)
        return None if clash is None else f"{guarantee} is transactional, and {clash}"
    return None


def of_inputs(trial: Trial) -> dict[str, Setting]:
    """They are written once and stay, whatever outputs are: what becomes of one is the pipeline's doing alone."""
    stated = {name: value for name, value in trial.producer_config.items() if name not in _IDEMPOTENCE_NEEDS}
    return {**stated, "acks": "all", "enable.idempotence": True}


def create_output(running: Running) -> str:
    """The topic of the outputs, which is the one that is judged."""
    trial = running.trial
    output, partitions = f"{running.topic}.out", int(trial.config["pipeline.output.partitions"])
    running.output = Topics((output,), partitions)
    replicas, in_sync = int(trial.config["replication.factor"]), str(trial.config["min.insync.replicas"])
    running.venue.cluster.create_topic(output, partitions, replicas, {"min.insync.replicas": in_sync})
    return output


def spec_of(running: Running, output: str, line: Line, bounds: Bounds, script: Any = None) -> PipelineSpec:
    """What its workers are told; ``script`` is the fault's, if there is one."""
    trial = running.trial
    config, guarantee = trial.producer_config, str(trial.config[GUARANTEE])
    if guarantee == Guarantee.EXACTLY_ONCE:
        config["transactional.id"] = output
    every_step = script.every_step if script else ()
    stall = next((step for step in every_step if isinstance(step, StallWorker)), None)
    polls_within = {"max.poll.interval.ms": stall.max_poll_interval_ms} if stall else {}
    return PipelineSpec(
        client=trial.client,
        client_version=trial.asked,
        guarantee=guarantee,
        bootstrap=line.bootstrap,
        security=line.security,
        input=running.topic,
        input_partitions=trial.load.partitions,
        output=output,
        output_partitions=int(trial.config["pipeline.output.partitions"]),
        group=output,
        mode=str(trial.config.get(MODE, "assign")),
        config=config,
        consumer_config={**_consumer_config(trial.config), **polls_within},
        run_key=running.run_key,
        message_size=trial.load.message_size,
        batch=int(trial.config["pipeline.batch"]),
        patience_s=bounds.patience_s,
        call_s=bounds.call_s,
        workers=int(trial.config.get(WORKERS, 1)),
    )


def _consumer_config(config: Config) -> dict[str, Setting]:
    """Of members of a group, which others wait for when one dies; with the new protocol that is the brokers' to say."""
    if config.get(MODE) != SUBSCRIBE:
        return {}
    if PROTOCOL in config:
        return {PROTOCOL: config[PROTOCOL]}
    return {"session.timeout.ms": _SESSION_MS, "heartbeat.interval.ms": _HEARTBEAT_MS}
