"""TLS as Python has it, for whoever speaks it by ``ssl``: the harness itself, the proxy, aiokafka and kafka-python."""

from __future__ import annotations

import ssl
from functools import lru_cache

from harness.security import Security


class TlsRefused(Exception):
    """What is to be trusted, or who the client is, cannot be read; the message is one line that says which file."""


@lru_cache(maxsize=8)
def context(security: Security) -> ssl.SSLContext | None:
    """What a client connects with; None in plain. Made once for each, since it takes a while. Raises ``TlsRefused``."""
    if not security.tls:
        return None
    try:
        made = ssl.create_default_context(cafile=security.ca_file, cadata=security.ca)
    except (OSError, ValueError) as error:
        raise TlsRefused(
            f"{security.ca_file or 'its certificates'}: no PEM with certificates to trust: {error}"
        ) from None
    made.check_hostname = security.checks_host
    if security.certificate_file is not None:
        try:
            made.load_cert_chain(security.certificate_file, security.key_file, security.key_password or "")
        except (OSError, ValueError) as error:
            files = " and ".join(file for file in (security.certificate_file, security.key_file) if file)
            raise TlsRefused(f"{files}: no PEM with a certificate and its private key: {error}") from None
    return made
