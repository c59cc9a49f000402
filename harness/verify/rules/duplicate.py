"""When a message may be in the log more than once."""

from harness.verify.rules.table import ACKS, ALLOWED, DELIVERY, FORBIDDEN, Rule, rule

DUPLICATE: tuple[Rule, ...] = (
    rule(
        ALLOWED,
        "at-least-once: a producer that does not hear of its ack sends again what may be in the log already",
        DELIVERY,
    ),
    rule(
        FORBIDDEN,
        "without retries the producer sends each message once",
        DELIVERY,
        retries=False,
    ),
    rule(
        ALLOWED,
        "a new producer has a new id: no broker knows what it sends again, idempotent or not",
        "KIP-98: idempotence is within one producer session",
        resends=True,
    ),
)
"""What retries let happen."""

ONCE: tuple[Rule, ...] = (
    rule(
        FORBIDDEN,
        "with acks=0 there is no answer to miss, so nothing that reached a broker is sent again",
        ACKS,
        acks="0",
        resends=False,
    ),
    rule(
        FORBIDDEN,
        "the broker knows a batch by its producer and sequence and writes it once",
        "KIP-98",
        idempotent=True,
        resends=False,
    ),
    rule(
        ALLOWED,
        "what the application sends again is another message to its client, which goes on sending the first as well",
        "KIP-98: idempotence is of the client's own retries",
        deadline=True,
    ),
)
"""What holds all the same, whatever was measured."""
