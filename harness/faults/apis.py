"""The APIs whose requests a fault on the wire can befall, and in which trials a client sends any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from pydantic import Field

from harness.events import Guarantee
from harness.faults.fault import Config
from harness.faults.parameters import Parameters

Api = Literal[
    "Produce",
    "InitProducerId",
    "FindCoordinator",
    "AddPartitionsToTxn",
    "EndTxn",
    "AddOffsetsToTxn",
    "TxnOffsetCommit",
    "Fetch",
    "OffsetCommit",
    "OffsetFetch",
    "JoinGroup",
    "SyncGroup",
    "Heartbeat",
    "ConsumerGroupHeartbeat",
]
"""By Kafka's own names."""
PRODUCE: Api = "Produce"
_Asked = Callable[[Config], bool]
"""Whether anybody asks in a trial so configured."""


def _guarantee(config: Config) -> str | None:
    return config.get("processing.guarantee")


def _transactional(config: Config) -> bool:
    return bool(config.get("transactional")) or _guarantee(config) == Guarantee.EXACTLY_ONCE


def _in_a_group(protocol: str) -> _Asked:
    def asked(config: Config) -> bool:
        return config.get("pipeline.mode") == "subscribe" and config.get("group.protocol", "classic") == protocol

    return asked


_ASKED: Mapping[str, tuple[_Asked, str]] = {
    **dict.fromkeys(
        ("InitProducerId", "AddPartitionsToTxn", "EndTxn"),
        (_transactional, "for a transaction: transactional has to be true, or a pipeline exactly-once"),
    ),
    **dict.fromkeys(
        ("AddOffsetsToTxn", "TxnOffsetCommit"),
        (
            lambda config: _guarantee(config) == Guarantee.EXACTLY_ONCE,
            "by who consumes in a transaction: exactly-once",
        ),
    ),
    **dict.fromkeys(
        ("Fetch", "OffsetFetch"),
        (lambda config: _guarantee(config) is not None, "by who consumes, and there is no pipeline"),
    ),
    "OffsetCommit": (
        lambda config: _guarantee(config) not in (None, Guarantee.EXACTLY_ONCE),
        "by who consumes outside of transactions: a pipeline at-most-once or at-least-once",
    ),
    "FindCoordinator": (
        lambda config: _transactional(config) or _guarantee(config) is not None,
        "for a transaction or a group: transactional has to be true, or a pipeline there",
    ),
    **dict.fromkeys(
        ("JoinGroup", "SyncGroup", "Heartbeat"),
        (_in_a_group("classic"), "by members of a group: a pipeline with mode subscribe and protocol classic"),
    ),
    "ConsumerGroupHeartbeat": (
        _in_a_group("consumer"),
        "by members of a group: a pipeline with mode subscribe and protocol consumer",
    ),
}


class OfApi(Parameters):
    """Parameters of a fault that befalls requests of one API."""

    api: Api = Field(PRODUCE, description="whose requests are counted and hit; another than Produce's has no partition")


def never_asked(parameters: OfApi, config: Config) -> str | None:
    """Why no client of a trial so configured sends such a request."""
    if parameters.api == PRODUCE:
        return None
    asked, why = _ASKED[parameters.api]
    return None if asked(config) else f"{parameters.api} is asked {why}"
