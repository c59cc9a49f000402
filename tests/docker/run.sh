#!/bin/bash
# What the official image does as well: its own program makes server.properties of KAFKA_* variables and of what is
# mounted, and formats the disk; a disk that was formatted before is no error. Classes come from an archive.
set -u
java=(/opt/java/bin/java -XX:SharedArchiveFile=/opt/kafka/kafka.jsa -cp "$(printf '%s:' /opt/kafka/libs/*.jar)")
told=$("${java[@]}" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC kafka.docker.KafkaDockerWrapper setup \
    --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config \
    --final-configs-dir /opt/kafka/config 2>&1) || [[ ${told,,} == *"already formatted"* ]] || { echo "$told"; exit 1; }
exec "${java[@]}" ${KAFKA_HEAP_OPTS:-} ${KAFKA_JVM_PERFORMANCE_OPTS:-} kafka.Kafka /opt/kafka/config/server.properties
