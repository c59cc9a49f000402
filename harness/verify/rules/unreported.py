"""When a client may say nothing of a message for longer than its own bound: a known defect is an excuse, of the version
in which it was seen.
"""

from harness.verify.rules.table import ALLOWED, CASES, EXPECTED, FORBIDDEN, Rule, rule

_KAFKA_PYTHON = "kafka-python 3.0.12, Sender._send_producer_data and _get_expired_inflight_batches"

UNREPORTED: tuple[Rule, ...] = (
    rule(
        FORBIDDEN,
        "a client has an upper bound on the time to a report, whatever became of the message",
        "Kafka documentation, Producer Configs, delivery.timeout.ms",
        fault=CASES,
    ),
    rule(
        ALLOWED,
        "a defect of this version: when an idempotent batch that was sent has outlived delivery.timeout.ms, what waits "
        "behind it may never be sent or reported",
        _KAFKA_PYTHON,
        client="kafka-python",
        version="3.0.12",
        idempotent=True,
        gave_up=True,
        fault=CASES,
    ),
    rule(
        EXPECTED,
        "a defect of this version: when an idempotent batch that was sent has outlived delivery.timeout.ms, what waits "
        "behind it is never sent or reported",
        f"{_KAFKA_PYTHON}; measured: 3 of 3 with three partitions; 0 of 1 with idempotence off and of confluent-kafka",
        client="kafka-python",
        version="3.0.12",
        idempotent=True,
        fault="partition-followers",
        gives_up=True,
        one_is_enough=False,
        one_partition=False,
        alone=True,
    ),
)
