"""What a client's error proves of its message: it cannot be in the log (``FAILED``), or nothing (``UNKNOWN``).

Each client has one table from its error's class or code to an ``ErrorRow``. What a table lacks is unknown, as timeouts
and disconnects always are: the broker may have appended the message before the client stopped waiting. An error that
refuses a message before it is queued needs no table: that message is in no log.

Tables are asked when a trial is judged, and import no client's library.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.clients.errors import aiokafka, confluent, confluent_aio, kafka_python, librdkafka
from harness.clients.errors.table import ErrorRow, ErrorTable, Proof
from harness.events import Outcome

__all__ = ["TABLES", "ErrorRow", "ErrorTable", "Proof", "proved"]

TABLES: dict[str, ErrorTable] = {
    "aiokafka": aiokafka.ERRORS,
    "kafka-python": kafka_python.ERRORS,
    "confluent-kafka": confluent.ERRORS,
    "confluent-kafka-aio": confluent_aio.ERRORS,
    "librdkafka": librdkafka.ERRORS,
}
"""By the name of the client. Of one that is not here no error proves anything."""


def proved(client: str, settings: Mapping[str, Any]) -> dict[str, Outcome]:
    """What every error of a client's table makes of its message, ``FAILED`` or ``UNKNOWN``, by the settings with which
    the client ran: of one that sends again no broker's error proves anything.
    """
    sent_once = settings.get("retries") == 0
    return {
        error: Outcome.FAILED
        if row.proof in (Proof.NEVER_SENT, Proof.NOT_WRITTEN) or (sent_once and row.proof is Proof.ONE_ATTEMPT)
        else Outcome.UNKNOWN
        for error, row in TABLES.get(client, {}).items()
    }
