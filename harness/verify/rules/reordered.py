"""When a message may be behind a later one."""

from harness.verify.rules.table import ACKS, ALLOWED, CASES, FAULTS, FORBIDDEN, IN_FLIGHT, LIBRDKAFKA, Rule, rule

REORDERED: tuple[Rule, ...] = (
    rule(
        ALLOWED,
        "a batch that is sent again lands behind those that were in flight with it",
        IN_FLIGHT,
        fault=CASES,
    ),
    rule(
        FORBIDDEN,
        "with one batch in flight nothing can overtake it",
        IN_FLIGHT,
        one_in_flight=True,
        fault=CASES,
    ),
    rule(
        FORBIDDEN,
        "without retries nothing is sent behind its successors",
        IN_FLIGHT,
        retries=False,
        fault=CASES,
    ),
    rule(
        ALLOWED,
        "librdkafka can send a refused batch behind its successors, even with one request in flight or no retries",
        f"measured: forged retriable errors reorder with one request in flight; {LIBRDKAFKA}",
        client="confluent-kafka",
        fault=FAULTS,
    ),
    rule(
        FORBIDDEN,
        "with acks=0 nothing is sent again, and a connection keeps its order",
        ACKS,
        acks="0",
        fault="none",
    ),
    rule(
        ALLOWED,
        "with acks=0 a new connection can overtake what is still on its way in the old one",
        ACKS,
        acks="0",
        fault=FAULTS,
    ),
    rule(
        FORBIDDEN,
        "the broker refuses a batch whose sequence is not the next one",
        "KIP-98",
        idempotent=True,
        fault=CASES,
    ),
    rule(
        ALLOWED,
        "a new producer has a new id, and no broker knows the order of what it sends again",
        "KIP-98: idempotence is within one producer session",
        fault="restart-producer",
    ),
)
