"""What a cluster says of itself: its brokers, what they support and how they are set up, as far as they tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kio.schema.api_versions.v3 import request as versions
from kio.schema.api_versions.v3 import response as versions_found
from kio.schema.describe_configs.v4 import request as configs
from kio.schema.describe_configs.v4 import response as configs_found
from kio.schema.describe_quorum.v1 import request as quorum
from kio.schema.describe_quorum.v1 import response as quorum_found
from kio.schema.errors import ErrorCode
from kio.schema.metadata.v12 import request as metadata
from kio.schema.metadata.v12 import response as metadata_found
from kio.schema.types import TopicName
from kio.static.primitive import i8, i32

from harness.clusters import ClusterFailed, admin
from harness.security import Security
from harness.wire.apis import api_name

_ASK_S = 10.0
_BROKER = i8(4)  # of ConfigResource.Type
_SETTINGS = (
    "auto.leader.rebalance.enable",
    "broker.heartbeat.interval.ms",
    "broker.session.timeout.ms",
    "group.initial.rebalance.delay.ms",
    "group.min.session.timeout.ms",
    "log.flush.interval.messages",
    "message.max.bytes",
    "min.insync.replicas",
    "num.io.threads",
    "num.network.threads",
    "num.replica.fetchers",
    "offsets.topic.replication.factor",
    "replica.lag.time.max.ms",
    "transaction.state.log.min.isr",
    "transaction.state.log.replication.factor",
    "unclean.leader.election.enable",
)
"""Those that say something of delivery. No addresses, paths or names of somebody else's."""


@dataclass(frozen=True)
class Found:
    """One broker's word for all."""

    cluster_id: str | None
    addresses: Mapping[int, str]
    """As they are advertised."""
    apis: Mapping[str, int]
    """By their names the newest version that it speaks."""
    supported: Mapping[str, int]
    """By feature the highest level that its brokers support."""
    finalized: Mapping[str, int]
    """By feature the level that is on."""
    controllers: tuple[int, ...]
    """The voters, where they may be asked for."""
    settings: Mapping[str, str]
    """Of one broker; empty where it may not be asked."""

    @property
    def record(self) -> dict[str, Any]:
        """For ``run.json``."""
        return {
            "cluster.id": self.cluster_id,
            "features": {name: self.finalized[name] for name in sorted(self.finalized)},
            "settings": dict(self.settings),
        }


def find(bootstrap: Sequence[str], security: Security) -> Found:
    """By the word of the first that answers. Raises ``ClusterFailed`` with why each does not."""
    silent: list[str] = []
    for address in bootstrap:
        try:
            cluster_id, addresses = _brokers(address, security)
            said, voters = _versions(address, security), _voters(address, security)
            return Found(cluster_id, addresses, *said, voters, _settings(address, addresses, security))
        except admin.AdminError as error:
            silent.append(str(error))
    raise ClusterFailed(f"nobody answers at cluster.bootstrap: {'; '.join(silent)}")


def _brokers(address: str, security: Security) -> tuple[str | None, dict[int, str]]:
    asked = metadata.MetadataRequest(
        topics=(), allow_auto_topic_creation=False, include_topic_authorized_operations=False
    )

    def told(answer: metadata_found.MetadataResponse) -> tuple[str | None, dict[int, str]]:
        brokers = sorted(answer.brokers, key=lambda broker: int(broker.node_id))
        return answer.cluster_id, {int(broker.node_id): f"{broker.host}:{int(broker.port)}" for broker in brokers}

    return admin.call(address, asked, metadata_found.MetadataResponse, told, _ASK_S, security)


def _versions(address: str, security: Security) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    asked = versions.ApiVersionsRequest(client_software_name="delivery-harness", client_software_version="1")
    answer = admin.call(address, asked, versions_found.ApiVersionsResponse, lambda said: said, _ASK_S, security)
    return (
        {api_name(int(api.api_key)): int(api.max_version) for api in answer.api_keys},
        {feature.name: int(feature.max_version) for feature in answer.supported_features},
        {feature.name: int(feature.max_version_level) for feature in answer.finalized_features},
    )


def _voters(address: str, security: Security) -> tuple[int, ...]:
    metadata_log = quorum.TopicData(
        topic_name=TopicName("__cluster_metadata"), partitions=(quorum.PartitionData(partition_index=i32(0)),)
    )

    def told(answer: quorum_found.DescribeQuorumResponse) -> tuple[int, ...]:
        partitions = (partition for topic in answer.topics for partition in topic.partitions)
        return tuple(sorted(int(voter.replica_id) for each in partitions for voter in each.current_voters))

    asked = quorum.DescribeQuorumRequest(topics=(metadata_log,))
    try:
        return admin.call(address, asked, quorum_found.DescribeQuorumResponse, told, _ASK_S, security)
    except admin.AdminError:
        return ()


def _settings(address: str, addresses: Mapping[int, str], security: Security) -> dict[str, str]:
    """Of the first broker, by its own word."""
    node, at = next(iter(addresses.items()), (None, address))
    resource = configs.DescribeConfigsResource(
        resource_type=_BROKER, resource_name=str(node), configuration_keys=_SETTINGS
    )
    asked = configs.DescribeConfigsRequest(resources=(resource,), include_synonyms=False, include_documentation=False)
    try:
        answer = admin.call(at, asked, configs_found.DescribeConfigsResponse, lambda said: said, _ASK_S, security)
    except admin.AdminError:
        return {}
    return {
        each.name: each.value
        for result in answer.results
        if result.error_code is ErrorCode.none
        for each in result.configs
        if each.value is not None and not each.is_sensitive
    }
