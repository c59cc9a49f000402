"""A workload written with OpenMessaging Benchmark's keys (its ``Workload.java``), as one of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

from harness.workload.problems import Problem, quote

_ITS_OWN = ("partitionsPerTopic", "producerRate", "testDurationMinutes")
"""A file without a sweep that has one of these is one of them."""
_KEYS = {"NO_KEY": "none", "RANDOM_NANO": "unique", "KEY_ROUND_ROBIN": 10_000}
"""Its distributors; of the one that takes turns there are so many keys."""
_IGNORED = ("backlogDrainRatio", "warmupDurationMinutes", "payloadFile")
"""What a trial here does by itself, or cannot say of itself: it is warm when it is warm, and makes its own messages."""
_READ = (
    "name", "topics", "messageSize", "producersPerTopic", "consumerPerSubscription", "subscriptionsPerTopic",
    "consumerBacklogSizeGB", "keyDistributor", "useRandomizedPayloads", "randomBytesRatio", "randomizedPayloadPoolSize",
)  # fmt: skip
_NUMBERS = (
    "topics", "partitionsPerTopic", "producerRate", "testDurationMinutes", "messageSize", "producersPerTopic",
    "consumerPerSubscription", "consumerBacklogSizeGB",
)  # fmt: skip
_MOST_GB = 5.0
"""Of a load as fast as it goes, on all brokers: theirs is bounded by its time alone, and would fill the disk."""
_UNLIMITED = 10_000_000
"""Messages a second: what its own workloads for the highest rate ask for, as its 0 is."""
_REPLICAS, _AROUND_BYTES = 3, 30


def is_one(data: object) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(data, dict) and "sweep" not in data and any(key in data for key in _ITS_OWN)


def mapped(data: Mapping[str, Any], kafka: str) -> tuple[dict[str, Any], list[Problem]]:
    """The workload, on this Kafka, with the client and the settings that theirs has in a file of the driver: acks=all.
    What is in it that no trial can be is a problem.
    """
    problems = [*_problems(data)]
    if problems:
        return {}, problems
    size, minutes = data.get("messageSize", 1024), data.get("testDurationMinutes", 1)
    rate, topics = data.get("producerRate", 0), data.get("topics", 1)
    if rate >= _UNLIMITED:
        rate = 0
    load: dict[str, Any] = {"rate": rate or "max", "seconds": 60 * minutes, "message_size": size}
    if not rate:
        load["messages"] = int(_MOST_GB * 1e9 / (_REPLICAS * (size + _AROUND_BYTES)))
    config: dict[str, Any] = {
        "topics": topics,
        "producers": topics * data.get("producersPerTopic", 1),
        "keys": _KEYS[data.get("keyDistributor", "NO_KEY")],
    }
    if rate and data.get("subscriptionsPerTopic", 1):
        config["consumers"] = topics * min(data.get("consumerPerSubscription", 1), data.get("partitionsPerTopic", 1))
    if not data.get("useRandomizedPayloads", False) and "payloadFile" not in data:
        config["payload"] = "compressible"
    workload = {
        "name": re.sub(r"[^a-z0-9]+", "-", str(data.get("name", "omb")).lower()).strip("-")[:60].strip("-") or "omb",
        "kafka": kafka,
        "sweep": {"client": ["confluent-kafka"], "acks": ["all"]},
        "config": config,
        "performance": {"partitions": data.get("partitionsPerTopic", 1), "loads": [load]},
        "limits": {"minutes": 2 * minutes + 5},
    }
    return workload, []


def _problems(data: Mapping[str, Any]) -> Iterator[Problem]:
    known = (*_ITS_OWN, *_READ, *_IGNORED)
    for key, value in data.items():
        if key not in known:
            yield Problem(
                (key,), "is no key of OpenMessaging Benchmark's workloads, and a workload of ours has a sweep"
            )
        elif key == "keyDistributor" and value not in _KEYS:
            yield Problem((key,), f"{quote(value)} is not one of {', '.join(_KEYS)}")
        elif key in _NUMBERS and not (isinstance(value, int | float) and not isinstance(value, bool) and value >= 0):
            yield Problem((key,), f"{quote(value)} is no number")
        elif key == "consumerBacklogSizeGB" and value:
            yield Problem((key,), "a trial builds up no backlog here that could be drained: it is 0, or left out")
    if data.get("subscriptionsPerTopic", 1) not in (0, 1):
        yield Problem(("subscriptionsPerTopic",), "there is one subscription here, or none")
