"""Asking brokers one by one, in Kafka's own protocol.

A client library's metadata is one merged view; whether a cluster has recovered is a question to each broker itself.
The versions used here are spoken by every Kafka from 3.3 on. Whatever else answers at an address, or does not, is an
``AdminError`` of one line, within the time that was given.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from kio.schema.create_topics.v7 import request as create
from kio.schema.create_topics.v7 import response as created
from kio.schema.delete_topics.v6 import request as delete
from kio.schema.delete_topics.v6 import response as deleted
from kio.schema.elect_leaders.v2 import request as elect
from kio.schema.elect_leaders.v2 import response as elected
from kio.schema.errors import ErrorCode
from kio.schema.list_offsets.v7 import request as offsets
from kio.schema.list_offsets.v7 import response as offsets_found
from kio.schema.metadata.v12 import request as metadata
from kio.schema.metadata.v12 import response as metadata_found
from kio.schema.types import BrokerId, TopicName
from kio.static.primitive import i8, i16, i32, i32Timedelta, i64
from kio.static.protocol import Entity

from harness.clusters.connection import Refused, connected
from harness.security import PLAINTEXT, Security

_Response = TypeVar("_Response", bound=Entity)
_T = TypeVar("_T")

LATEST = -1
_UNCLEAN = i8(1)  # of ElectionType
_READ_UNCOMMITTED, _READ_COMMITTED = i8(0), i8(1)
_CONSUMER, _DEBUGGING = BrokerId(-1), BrokerId(-2)  # of ListOffsetsRequest: who asks. To the latter no offset is hidden


class AdminError(Exception):
    """A broker did not answer, or answered with an error."""


class TopicExists(AdminError):
    """There is a topic of that name."""


@dataclass(frozen=True)
class PartitionView:
    """A partition as one broker sees it. ``leader`` is -1 when there is none."""

    leader: int
    leader_epoch: int
    replicas: tuple[int, ...]
    isr: tuple[int, ...]

    @property
    def healthy(self) -> bool:
        return self.leader >= 0 and set(self.isr) == set(self.replicas)


_Partitions: TypeAlias = Mapping[int, PartitionView]


@dataclass(frozen=True)
class TopicView:
    """The cluster and one topic as one broker sees them; no partitions if it does not know the topic."""

    brokers: frozenset[int]
    partitions: Mapping[int, PartitionView]


def view(address: str, topic: str | None, timeout_s: float = 2.0, security: Security = PLAINTEXT) -> TopicView:
    """What the broker at ``address`` says."""
    brokers, of_topics = _metadata(address, () if topic is None else (topic,), timeout_s, security)
    return TopicView(brokers, of_topics.get(topic or "", {}))


def partitions_of(
    address: str, topics: Sequence[str], timeout_s: float, security: Security = PLAINTEXT
) -> Mapping[str, _Partitions]:
    """What the broker at ``address`` says of several topics, in one answer; no partitions of those it does not know."""
    return _metadata(address, topics, timeout_s, security)[1]


def _metadata(
    address: str, topics: Sequence[str], timeout_s: float, security: Security
) -> tuple[frozenset[int], Mapping[str, _Partitions]]:
    request = metadata.MetadataRequest(
        topics=tuple(metadata.MetadataRequestTopic(topic_id=None, name=TopicName(topic)) for topic in topics),
        allow_auto_topic_creation=False,
        include_topic_authorized_operations=False,
    )
    return call(address, request, metadata_found.MetadataResponse, _told, timeout_s, security)


def _told(answer: metadata_found.MetadataResponse) -> tuple[frozenset[int], Mapping[str, _Partitions]]:
    brokers = frozenset(int(broker.node_id) for broker in answer.brokers)
    return brokers, {str(found.name): _partitions(found) for found in answer.topics}


def _partitions(found: metadata_found.MetadataResponseTopic) -> _Partitions:
    return {
        int(partition.partition_index): PartitionView(
            int(partition.leader_id),
            int(partition.leader_epoch),
            tuple(map(int, partition.replica_nodes)),
            tuple(map(int, partition.isr_nodes)),
        )
        for partition in found.partitions
    }


def create_topic(
    address: str,
    name: str,
    partitions: int,
    replication_factor: int,
    config: Mapping[str, str],
    timeout_s: float,
    security: Security = PLAINTEXT,
) -> None:
    """Raises ``AdminError`` with the broker's own words if it refuses, ``TopicExists`` if there is one of that name."""
    topic = create.CreatableTopic(
        name=TopicName(name),
        num_partitions=i32(partitions),
        replication_factor=i16(replication_factor),
        assignments=(),
        configs=tuple(create.CreatableTopicConfig(name=key, value=value) for key, value in config.items()),
    )
    request = create.CreateTopicsRequest(topics=(topic,), timeout=_ms(timeout_s))
    result = call(
        address, request, created.CreateTopicsResponse, lambda said: _the_one(said.topics), timeout_s, security
    )
    if result.error_code is not ErrorCode.none:
        refused = TopicExists if result.error_code is ErrorCode.topic_already_exists else AdminError
        raise refused(f"topic {name}: {result.error_message or result.error_code.name}")


def delete_topic(address: str, name: str, timeout_s: float, security: Security = PLAINTEXT) -> None:
    """No error if there is no such topic."""
    request = delete.DeleteTopicsRequest(
        topics=(delete.DeleteTopicState(name=TopicName(name), topic_id=None),), timeout=_ms(timeout_s)
    )
    result = call(
        address, request, deleted.DeleteTopicsResponse, lambda said: _the_one(said.responses), timeout_s, security
    )
    if result.error_code not in (ErrorCode.none, ErrorCode.unknown_topic_or_partition):
        raise AdminError(f"topic {name}: {result.error_message or result.error_code.name}")


def high_watermark(
    address: str, topic: str, partition: int, timeout_s: float = 2.0, security: Security = PLAINTEXT
) -> int:
    """The high watermark (read_uncommitted end) that the leader at ``address`` has."""
    return _end(address, topic, partition, _READ_UNCOMMITTED, timeout_s, security)


def last_stable_offset(
    address: str, topic: str, partition: int, timeout_s: float = 2.0, security: Security = PLAINTEXT
) -> int:
    """The last stable offset (read_committed end) that the leader at ``address`` has: where the first transaction
    begins that is still open, else the high watermark.
    """
    return _end(address, topic, partition, _READ_COMMITTED, timeout_s, security)


def log_end(address: str, topic: str, partition: int, timeout_s: float = 2.0, security: Security = PLAINTEXT) -> int:
    """The log end offset that the leader at ``address`` has: behind all that it took, replicated or not."""
    return _end(address, topic, partition, _READ_UNCOMMITTED, timeout_s, security, _DEBUGGING)


def _end(
    address: str,
    topic: str,
    partition: int,
    isolation: i8,
    timeout_s: float,
    security: Security,
    asks: BrokerId = _CONSUMER,
) -> int:
    wanted = offsets.ListOffsetsPartition(partition_index=i32(partition), timestamp=i64(LATEST))
    request = offsets.ListOffsetsRequest(
        replica_id=asks,
        isolation_level=isolation,
        topics=(offsets.ListOffsetsTopic(name=TopicName(topic), partitions=(wanted,)),),
    )
    found = call(
        address,
        request,
        offsets_found.ListOffsetsResponse,
        lambda said: _the_one(_the_one(said.topics).partitions),
        timeout_s,
        security,
    )
    if found.error_code is not ErrorCode.none:
        raise AdminError(f"{topic}-{partition}: {found.error_code.name}")
    return int(found.offset)


def elect_unclean(address: str, topic: str, partition: int, timeout_s: float, security: Security = PLAINTEXT) -> str:
    """The controller's answer, as the name of Kafka's error or ``none``."""
    wanted = elect.TopicPartitions(topic=TopicName(topic), partitions=(i32(partition),))
    request = elect.ElectLeadersRequest(election_type=_UNCLEAN, topic_partitions=(wanted,), timeout=_ms(timeout_s))
    return call(address, request, elected.ElectLeadersResponse, _elected, timeout_s, security)


def _elected(answer: elected.ElectLeadersResponse) -> str:
    results = [result for found in answer.replica_election_results for result in found.partition_result]
    return str((results[0].error_code if results else answer.error_code).name)


def call(
    address: str,
    request: Any,
    response: type[_Response],
    read: Callable[[_Response], _T],
    timeout_s: float,
    security: Security = PLAINTEXT,
) -> _T:
    """What ``read`` makes of a broker's answer to one request, over a connection of its own, within this time.

    Raises ``AdminError``.
    """
    try:
        with connected(address, security, timeout_s) as connection:
            answer = connection.ask(request, response)
        return read(answer)
    except Refused as refused:
        raise AdminError(f"{address}: {refused}") from refused
    except TimeoutError:
        raise AdminError(f"{address}: no answer within {timeout_s:g} s") from None
    except OSError as error:
        raise AdminError(f"{address}: {error}") from error
    except Exception as error:
        # Bytes that are no answer: the parser has no one error for them, and takes some for one (null for an array).
        raise AdminError(f"{address}: is no Kafka broker of 3.3 or newer, by its answer: {_said(error)}") from error


def _the_one(found: Sequence[_T]) -> _T:
    """What is said of the one topic or partition that was asked about."""
    if len(found) != 1:
        raise ValueError(f"it says something of {len(found)} topics or partitions, and was asked about one")
    return found[0]


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _ms(seconds: float) -> i32Timedelta:
    return i32Timedelta.parse(datetime.timedelta(seconds=seconds))
