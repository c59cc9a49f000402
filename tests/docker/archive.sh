#!/bin/bash
# Makes the archive of classes that run.sh starts from, of what one node that is both controller and broker loads.
# There is no network: the name of its host, by which 3.9 looks for it where a listener has none, leads nowhere.
set -eu
export CLUSTER_ID=4L6g3nShT-eMCtK--X86sw KAFKA_PROCESS_ROLES=broker,controller KAFKA_NODE_ID=1 KAFKA_LOG_DIRS=/tmp/data
export KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093 KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER
export KAFKA_LISTENERS=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093 KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092
export KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
KAFKA_JVM_PERFORMANCE_OPTS="-XX:DumpLoadedClassList=/tmp/classes" /etc/kafka/docker/run &
for _ in $(seq 600); do
    (echo >/dev/tcp/localhost/9092) 2>/dev/null && break
    kill -0 $! || exit 1
    sleep 0.1
done
sleep 2
kill $!
wait $! || true
/opt/java/bin/java -Xshare:dump -XX:SharedClassListFile=/tmp/classes -XX:SharedArchiveFile=/opt/kafka/kafka.jsa \
    -XX:+UseSerialGC -cp "$(printf '%s:' /opt/kafka/libs/*.jar)" >/dev/null
rm -rf /tmp/data /tmp/classes /tmp/hsperfdata_root /opt/kafka/config/*
