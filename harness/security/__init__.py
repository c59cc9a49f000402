"""How a cluster is reached: in plain or by TLS, and as whom. Pure; ``properties`` reads it from a Java client's file.

One value goes wherever somebody connects: to the harness's own questions, the clients, the oracle, the proxy. Children
are told it on stdin (``dataclasses.asdict``, ``Security.of``), and nowhere else is it written down: not in results,
logs or command lines. Its secrets are in no ``repr``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
PROTOCOLS: tuple[Protocol, ...] = get_args(Protocol)
MECHANISMS: tuple[Mechanism, ...] = get_args(Mechanism)
"""Those that all clients have, and the harness."""


@dataclass(frozen=True)
class Security:
    """Kafka's ``security.protocol`` and what goes with it. Files are absolute paths of PEM."""

    protocol: Protocol = "PLAINTEXT"
    mechanism: Mechanism | None = None
    """Of SASL, with a user and a password; None without it."""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str | None = None
    """Whom to trust, as a file."""
    ca: str | None = None
    """The same as text. With neither, whom this machine trusts."""
    certificate_file: str | None = None
    """Who the client is by TLS, with its chain; None for nobody."""
    key_file: str | None = None
    """The certificate's private key."""
    key_password: str | None = field(default=None, repr=False)
    checks_host: bool = True
    """Whether a broker's certificate has to be of the host that was connected to."""

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Security:
        """As it was sent."""
        return cls(**told)

    @property
    def tls(self) -> bool:
        return self.protocol in ("SSL", "SASL_SSL")

    def behind_proxy(self) -> Security:
        """What a client has to know that goes through the proxy: TLS ends there, and SASL does not."""
        in_plain: Protocol = "SASL_PLAINTEXT" if self.mechanism else "PLAINTEXT"
        return replace(
            Security(), protocol=in_plain, mechanism=self.mechanism, username=self.username, password=self.password
        )


PLAINTEXT = Security()
"""That of every cluster that says nothing else."""
