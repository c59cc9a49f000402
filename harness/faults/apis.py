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
]
"""By Kafka's own names."""
PRODUCE: Api = "Produce"
_Asked = Callable[[bool, str | None], bool]
"""Whether there are transactions, and the guarantee of the pipeline, if there is one -> whether anybody asks."""
_OF_MEMBERS = ("JoinGroup", "SyncGroup", "Heartbeat")
_FOR_TRANSACTIONS: _Asked = lambda transactions, guarantee: transactions  # noqa: E731
_BY_CONSUMERS: _Asked = lambda transactions, guarantee: guarantee is not None  # noqa: E731
_IN_TRANSACTIONS: _Asked = lambda transactions, guarantee: guarantee == Guarantee.EXACTLY_ONCE  # noqa: E731
_OUTSIDE: _Asked = lambda transactions, guarantee: guarantee not in (None, Guarantee.EXACTLY_ONCE)  # noqa: E731
_EITHER: _Asked = lambda transactions, guarantee: transactions or guarantee is not None  # noqa: E731
_ASKED: Mapping[str, tuple[_Asked, str]] = {
    **dict.fromkeys(
        ("InitProducerId", "AddPartitionsToTxn", "EndTxn"),
        (_FOR_TRANSACTIONS, "for a transaction: transactional has to be true, or a pipeline exactly-once"),
    ),
    **dict.fromkeys(
        ("AddOffsetsToTxn", "TxnOffsetCommit"), (_IN_TRANSACTIONS, "by who consumes in a transaction: exactly-once")
    ),
    **dict.fromkeys(("Fetch", "OffsetFetch"), (_BY_CONSUMERS, "by who consumes, and there is no pipeline")),
    "OffsetCommit": (_OUTSIDE, "by who consumes outside of transactions: a pipeline at-most-once or at-least-once"),
    "FindCoordinator": (_EITHER, "for a transaction or a group: transactional has to be true, or a pipeline there"),
}


class OfApi(Parameters):
    """Parameters of a fault that befalls requests of one API."""

    api: Api = Field(PRODUCE, description="whose requests are counted and hit; another than Produce's has no partition")


def never_asked(parameters: OfApi, config: Config) -> str | None:
    """Why no client of a trial so configured sends such a request."""
    if parameters.api == PRODUCE:
        return None
    if parameters.api in _OF_MEMBERS:
        return _of_members(parameters.api, config)
    guarantee = config.get("processing.guarantee")
    asked, why = _ASKED[parameters.api]
    if asked(bool(config.get("transactional")) or guarantee == Guarantee.EXACTLY_ONCE, guarantee):
        return None
    return f"{parameters.api} is asked {why}"


def _of_members(api: str, config: Config) -> str | None:
    if config.get("pipeline.mode") != "subscribe":
        return f"{api} is asked by members of a group, and nobody here subscribes"
    if config.get("group.protocol") == "consumer":
        return f"{api} is asked with the classic protocol; with the new one it is ConsumerGroupHeartbeat"
    return None
