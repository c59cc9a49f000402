#!/bin/bash
# What the official image does as well: its own program makes server.properties of KAFKA_* variables and of what is
# mounted, and formats the disk; a disk that was formatted before is no error.
set -u
java=(/opt/java/bin/java -cp '/opt/kafka/libs/*')
archive=-XX:SharedArchiveFile=/opt/kafka/kafka.jsa
told=$("${java[@]}" $archive -XX:TieredStopAtLevel=1 -XX:+UseSerialGC kafka.docker.KafkaDockerWrapper setup \
    --default-configs-dir /etc/kafka/docker --mounted-configs-dir /mnt/shared/config \
    --final-configs-dir /opt/kafka/config 2>&1) || [[ ${told,,} == *"already formatted"* ]] || { echo "$told"; exit 1; }
exec "${java[@]}" $archive ${KAFKA_HEAP_OPTS:-} ${KAFKA_JVM_PERFORMANCE_OPTS:-} kafka.Kafka /opt/kafka/config/server.properties
