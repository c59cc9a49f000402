"""When a message may be in the log more than once."""

from harness.verify.rules.table import (
    ACKS,
    ALLOWED,
    CASES,
    DELIVERY,
    EXPECTED,
    FORBIDDEN,
    LEADER_GOES,
    LIBRDKAFKA,
    Rule,
    rule,
)

DUPLICATE: tuple[Rule, ...] = (
    rule(
        ALLOWED,
        "at-least-once: a producer that hears nothing in time sends again what may be in the log already",
        DELIVERY,
        fault=CASES,
    ),
    rule(
        EXPECTED,
        "it was written, its ack was lost, and the producer sends it again",
        f"{DELIVERY}; measured: lose-ack duplicates every message of each request it hits",
        fault="lose-ack",
    ),
    rule(
        ALLOWED,
        "aiokafka gives up where others retry: its request timeout is its delivery timeout as well",
        "measured: silent lose-ack with aiokafka ends in RequestTimedOutError, all landed, none twice",
        client="aiokafka",
        fault="lose-ack",
        silent=True,
    ),
    rule(
        EXPECTED,
        "it is in the leader's log, its ack waits for a frozen follower longer than the client does, and is sent again",
        f"{DELIVERY}; measured: slow-follower duplicates some in every repetition",
        client=("confluent-kafka", "kafka-python"),
        acks="all",
        fault="slow-follower",
    ),
    rule(
        EXPECTED,
        "it was written before the line was held, its ack came too late for the client, and it is sent again",
        f"{DELIVERY}; measured: hold duplicates every message of the request it begins at",
        client=("confluent-kafka", "kafka-python"),
        acks=("1", "all"),
        fault="hold",
        times_out=True,
    ),
    rule(
        EXPECTED,
        "the leader wrote it and said that too few replicas followed or that it took too long, and it is sent again",
        f"{DELIVERY}; measured: inject-error with forward duplicates every message of each request it hits",
        fault="inject-error",
        written=True,
    ),
    rule(
        FORBIDDEN,
        "without retries the producer sends each message once",
        DELIVERY,
        retries=False,
        fault=CASES,
    ),
    rule(
        ALLOWED,
        "librdkafka sends again what a broker refused for leading no more, without counting it as a retry, "
        "and followers may have it",
        LIBRDKAFKA,
        client="confluent-kafka",
        retries=False,
        fault=LEADER_GOES,
    ),
    rule(
        FORBIDDEN,
        "with acks=0 there is no answer to miss, so nothing that reached a broker is sent again",
        ACKS,
        acks="0",
        fault=CASES,
    ),
    rule(
        FORBIDDEN,
        "the broker knows a batch by its producer and sequence and writes it once",
        "KIP-98",
        idempotent=True,
        fault=CASES,
    ),
    rule(
        EXPECTED,
        "a new producer has a new id: no broker knows what it sends again, idempotent or not",
        "KIP-98: idempotence is within one producer session; measured: some in every repetition",
        acks="all",
        fault="restart-producer",
        replicated=True,
    ),
)
