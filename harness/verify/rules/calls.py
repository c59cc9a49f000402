"""When a call of a client may not return."""

from harness.verify.rules.table import FORBIDDEN, Rule, rule

HUNG_CALL: tuple[Rule, ...] = (
    rule(
        FORBIDDEN,
        "a call returns, or says that its time is over: who waits for ever can neither go on nor give up",
        "Kafka documentation, Producer Configs, max.block.ms and request.timeout.ms",
    ),
)
"""Of each call that waits for a broker."""
