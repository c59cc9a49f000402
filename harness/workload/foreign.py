"""What keys of other tools are called here: OpenMessaging Benchmark's, and librdkafka's names of Kafka's settings."""

from __future__ import annotations

FOREIGN = {
    "claims": "this is a file of claims, which harness claims runs",
    # OpenMessaging Benchmark: Workload.java
    "topics": "it belongs in sweep or config",
    "producers": "it belongs in sweep or config",
    "partitionsPerTopic": "called partitions here, in performance and in faults",
    "messageSize": "called message_size here, in performance.loads",
    "producerRate": "called rate here, in performance.loads; its 0 is rate: max",
    "producersPerTopic": "called producers here, in sweep or config, and of a trial with all its topics",
    "subscriptionsPerTopic": "called consumers here, in sweep or config: there is one subscription, or none",
    "consumerPerSubscription": "called consumers here, in sweep or config, and of a trial with all its topics",
    "consumerBacklogSizeGB": "a trial builds up no backlog here; leave it out",
    "backlogDrainRatio": "a trial builds up no backlog here; leave it out",
    "testDurationMinutes": "called seconds here, in performance.loads",
    "warmupDurationMinutes": "a trial warms up until the client and the cluster are ready; leave it out",
    "keyDistributor": "called keys here, in sweep or config",
    "payloadFile": "messages are made here, and payload in sweep or config says of what; leave it out",
    "useRandomizedPayloads": "called payload here, in sweep or config",
    "randomBytesRatio": "called payload here, in sweep or config, and it is all of a message or nothing",
    "randomizedPayloadPoolSize": "each message has bytes of its own here; leave it out",
    # OpenMessaging Benchmark: a Kafka driver's file
    "driverClass": "called client here, an axis of sweep",
    "replicationFactor": "called replication.factor here, in sweep or config",
    "producerConfig": "called config here, with Kafka's dotted names as keys",
    "topicConfig": "called config here, with Kafka's dotted names as keys",
    "commonConfig": "called config here, with Kafka's dotted names as keys",
    "consumerConfig": "the settings of consumers cannot be stated here; leave it out",
    # librdkafka
    "request.required.acks": "Kafka calls it acks, and so does a workload",
    "message.timeout.ms": "Kafka calls it delivery.timeout.ms, and so does a workload",
    "queue.buffering.max.ms": "Kafka calls it linger.ms, and so does a workload",
    "message.send.max.retries": "Kafka calls it retries, and so does a workload",
    "max.in.flight": "Kafka calls it max.in.flight.requests.per.connection, and so does a workload",
    "compression.codec": "Kafka calls it compression.type, and so does a workload",
    # ours, in the wrong place
    "client": "it belongs in sweep",
}
"""For a key that is unknown where it was found: what to write instead."""
