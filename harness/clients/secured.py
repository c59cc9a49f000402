"""What each client is given of how a cluster is reached, as tables: its own parameters, each of a ``Security``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.security import Security
from harness.security.tls import context

Table = Mapping[str, Callable[[Security], Any]]
"""By the client's own name what it is given; None is not given."""

LIBRDKAFKA: Table = {
    "security.protocol": lambda security: security.protocol.lower(),
    "sasl.mechanisms": lambda security: security.mechanism,
    "sasl.username": lambda security: security.username or None,
    "sasl.password": lambda security: security.password or None,
    "ssl.ca.location": lambda security: security.ca_file,
    "ssl.ca.pem": lambda security: security.ca,
    "ssl.certificate.location": lambda security: security.certificate_file,
    "ssl.key.location": lambda security: security.key_file,
    "ssl.key.password": lambda security: security.key_password,
    "ssl.endpoint.identification.algorithm": lambda security: (
        ("https" if security.checks_host else "none") if security.tls else None
    ),
}
PYTHON: Table = {
    "security_protocol": lambda security: security.protocol,
    "sasl_mechanism": lambda security: security.mechanism,
    "sasl_plain_username": lambda security: security.username or None,
    "sasl_plain_password": lambda security: security.password or None,
    "ssl_context": context,
}
"""Of aiokafka and kafka-python, by the same names."""


def parameters(table: Table, security: Security) -> dict[str, Any]:
    """The client's own parameters."""
    given = {name: give(security) for name, give in table.items()}
    return {name: value for name, value in given.items() if value is not None}
