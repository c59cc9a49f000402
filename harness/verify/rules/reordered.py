"""When a message may be behind a later one."""

from harness.verify.rules.table import ACKS, ALLOWED, FORBIDDEN, IN_FLIGHT, Rule, rule

REORDERED: tuple[Rule, ...] = (
    rule(ALLOWED, "a batch that is sent again lands behind those that were in flight with it", IN_FLIGHT),
    rule(FORBIDDEN, "with one batch in flight nothing can overtake it", IN_FLIGHT, one_in_flight=True),
    rule(FORBIDDEN, "without retries nothing is sent behind its successors", IN_FLIGHT, retries=False),
)
"""What retries let happen."""

IN_ORDER: tuple[Rule, ...] = (
    rule(
        FORBIDDEN,
        "with acks=0 nothing is sent again, and a connection keeps its order",
        ACKS,
        acks="0",
        leads_on=True,
        disturbed=False,
    ),
    rule(
        ALLOWED,
        "with acks=0 a new connection can overtake what is still on its way in the old one",
        ACKS,
        acks="0",
        disturbed=True,
    ),
    rule(
        FORBIDDEN,
        "the broker refuses a batch whose sequence is not the next one",
        "KIP-98",
        idempotent=True,
    ),
    rule(
        ALLOWED,
        "a new producer has a new id, and no broker knows the order of what it sends again",
        "KIP-98: idempotence is within one producer session",
        producer="taken over",
    ),
    rule(
        ALLOWED,
        "what the application sends again comes behind what it had sent since",
        "KIP-98: idempotence is of the client's own retries",
        deadline=True,
    ),
)
"""What holds all the same, whatever was measured."""
