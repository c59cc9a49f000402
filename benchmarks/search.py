"""Looks for verdicts that are wrong: random faults with random parameters, composed at random, on real brokers.

    python -m benchmarks.search --minutes 120 --seed 1 --results results

Each round is a workload made from the seed and the round's number, and a run like any other, so that its results can be
read, judged again and run again. It ends with every trial that is ``broken`` (Kafka or a client broke a promise, or a
rule is wrong) or in which something expected did not come: each of them is to be explained, and then the exit code is
3. Trials that ended ``unknown`` are told as well: faults that stand in each other's way say so themselves.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import yaml

from harness.events import Verdict
from harness.faults import FAULTS
from harness.store import Results, TrialRecord
from harness.sweep import plan_of
from harness.workload import WorkloadError, parse

_RECIPES = 6
_TRIES = 200
_MISSED = "though expected"  # as the verdict says it
Draw = Callable[[random.Random], Any]


def _of(*values: Any) -> Draw:
    return lambda chance: chance.choice(values)


PARAMETERS: dict[str, Draw] = {
    "messages": _of(1, 50, 300, 1_000, 3_000, 6_000),
    "message_size": _of(36, 100, 1_000),
    "warmup": _of(1, 50, 200),
    "rate": _of(50, 500, 1_000, 3_000, 10_000),
    "flush_every": _of(1, 10, 50, 500),
    "after_acks": _of(0, 1, 100, 500, 1_500),
    "after_s": _of(0.0, 0.2, 1.0, 3.0),
    "after_requests": _of(1, 5, 20),
    "jitter_s": _of(0.2, 1.0),
    "down_s": _of(0.0, 0.3, 1.0, 2.0, 4.0),
    "pause_s": _of(0.1, 0.5, 1.0, 2.0, 4.0),
    "partition_s": _of(0.0, 1.0, 3.0),
    "direction": _of("both", "outgoing", "incoming"),
    "hold_s": _of(0.2, 1.0, 3.0),
    "refuse_s": _of(0.2, 2.0),
    "slow_s": _of(0.5, 3.0),
    "bytes_per_s": _of(2_000, 20_000, 1_000_000),
    "delay_ms": _of(1, 100, 1_500),
    "of": _of("request", "response"),
    "unacked_s": _of(0.1, 0.3, 1.0),
    "request_timeout_ms": _of(200, 1_000, 3_000, 10_000),
    "delivery_timeout_ms": _of(500, 2_000, 10_000),
    "skip": _of(0, 1, 5, 20),
    "every": _of(1, 3, 12),
    "times": _of(1, 3, 5),
    "probability": _of(0.1, 0.5),
    "partition": _of(0, 1),
    "silent": _of(True, False),
    "error": _of(6, 7, 10, 19, 20, 29, 56, 87),
    "forward": _of(True, False),
    "cut": _of(True, False),
    "batch_bytes": _of(500, 2_000, 16_000),
    "flush_messages": _of(1, 5, 1_000_000),
    "leader_dies": _of(True, False),
    "resend": _of(True, False),
    "min_insync_replicas": _of(1, 2),
    "room_bytes": _of(10_000, 100_000),
}
CONFIG: dict[str, Draw] = {
    "enable.idempotence": _of(True, False),
    "retries": _of(0, 3),
    "max.in.flight.requests.per.connection": _of(1, 5),
    "linger.ms": _of(0, 5, 25),
    "request.timeout.ms": _of(500, 2_000),
    "delivery.timeout.ms": _of(3_000, 20_000),
    "min.insync.replicas": _of(1, 2),
    "unclean.leader.election.enable": _of(True, False),
    "flush.messages": _of(1, 1_000),
}


def workload(seed: int, number: int) -> dict[str, Any]:
    """The workload of one round, always the same: one configuration for all clients, and some recipes."""
    chance = random.Random(f"{seed} {number}")
    made: dict[str, Any] = {
        "name": f"search-{seed}-{number}",
        "kafka": "4.4.0",
        "seed": seed,
        "cluster": {"kind": "local", "brokers": 3, "eligible_leader_replicas": chance.random() < 0.8},
        "sweep": {
            "client": ["aiokafka", "kafka-python", "confluent-kafka"],
            "acks": [chance.choice(("0", "1", "all", "all"))],
        },
        "limits": {"disk_gb": 20, "minutes": 120},
    }
    while True:
        made["config"] = {"replication.factor": chance.choice((1, 2, 3, 3, 3)), **_some(CONFIG, chance, 0.3)}
        made["faults"] = {"partitions": chance.choice((1, 3)), "recipes": []}
        try:
            parse({**made, "performance": {"loads": [{"rate": 1, "seconds": 1}]}, "faults": None})
        except WorkloadError:
            continue
        made["faults"]["recipes"] = [recipe for recipe, _ in zip(_recipes(made, chance), range(_RECIPES), strict=False)]
        return made


def _recipes(made: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Recipes that may be written in such a workload, and say something in it."""
    for _ in range(_TRIES):
        recipe = _recipe(chance)
        try:
            planned = plan_of(parse({**made, "faults": {**made["faults"], "recipes": [recipe]}}))
        except WorkloadError:
            continue
        if planned.runnable:
            yield recipe


def _recipe(chance: random.Random) -> dict[str, Any]:
    names = chance.sample(sorted(FAULTS), chance.choice((1, 2, 2, 2, 3)))
    words = [chance.choice((" then ", " with ")) for _ in names[1:]]
    name = "".join(part for pair in zip(names, [*words, ""], strict=True) for part in pair)
    if len(names) == 1:
        return {"name": name, **_parameters(names[0], chance)}
    if len(set(words)) == 1:
        return {"name": name, **{part.replace("-", "_"): _parameters(part, chance) for part in names}}
    return {"name": name}


def _parameters(fault: str, chance: random.Random) -> dict[str, Any]:
    known = {name: draw for name, draw in PARAMETERS.items() if name in FAULTS[fault].parameters.model_fields}
    return _some(known, chance, 0.25)


def _some(draws: dict[str, Draw], chance: random.Random, share: float) -> dict[str, Any]:
    return {name: draw(chance) for name, draw in draws.items() if chance.random() < share}


def suspicious(record: TrialRecord) -> bool:
    """A verdict that may be wrong: a fault that did not fire, or struck too late, has said so itself."""
    return record.verdict is Verdict.BROKEN or _MISSED in (record.verdict_reason or "")


@click.command()
@click.option("--minutes", default=120.0, show_default=True, help="No further round begins after so long.")
@click.option("--seed", default=1, show_default=True, help="Of all rounds.")
@click.option("--first", default=0, show_default=True, help="The number of the first round.")
@click.option("--results", default=Path("results"), show_default=True, type=click.Path(path_type=Path))
def main(minutes: float, seed: int, first: int, results: Path) -> None:
    """Runs rounds until the time is over."""
    until, number = time.monotonic() + 60 * minutes, first
    verdicts: Counter[str] = Counter()
    to_explain: list[TrialRecord] = []
    unknown: list[TrialRecord] = []
    while time.monotonic() < until:
        folder = results / f"search-{seed}-{number}"
        folder.mkdir(parents=True)
        (folder / "workload.yaml").write_text(yaml.safe_dump(workload(seed, number), sort_keys=False))
        command = [sys.executable, "-m", "harness", "sweep", str(folder / "workload.yaml"), "--results", str(folder)]
        subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
        for run in folder.glob("*/run.json"):
            records = Results.open(run.parent).records()
            verdicts.update(record.verdict for record in records if record.verdict is not None)
            to_explain += filter(suspicious, records)
            unknown += [record for record in records if record.verdict is Verdict.UNKNOWN]
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        click.echo(f"round {number}: {sum(verdicts.values())} trials: {counts}")
        number += 1
    for record in (*unknown, *to_explain):
        click.echo(f"{record.verdict} {record.id}: {record.verdict_reason}")
    sys.exit(3 if to_explain else 0)


if __name__ == "__main__":
    main()
