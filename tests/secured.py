"""A broker that lets in by TLS and SASL: its certificates, its listeners, and the files that its users have."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import trustme
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from harness.clusters.local.cluster import LocalCluster
from harness.clusters.local.jars import class_path
from harness.janitor import Janitor

USER, PASSWORD = "writer", 'hunter2, "of course"'
STRANGER = "stranger"
"""Has the same password, and may do nothing."""
_LISTENERS = {"SCRAMMED": "SASL_SSL", "SHOWN": "SASL_PLAINTEXT", "CERTIFIED": "SSL"}
_MODULE = "org.apache.kafka.common.security"
_numbers = itertools.count()
_QUOTED = PASSWORD.replace('"', '\\"')


@dataclass(frozen=True)
class Secured:
    """The cluster, and for each way in the addresses and the properties file of who may do all."""

    cluster: LocalCluster
    folder: Path

    def addresses(self, listener: str) -> dict[int, str]:
        return self.cluster.listening(listener)

    def properties(self, listener: str, mechanism: str = "", *, user: str = USER, **replaced: str) -> Path:
        """A file for this listener, with these keys replaced, or left out where they are empty."""
        stated = {"security.protocol": _LISTENERS[listener]}
        if mechanism:
            stated |= {"sasl.mechanism": mechanism, "sasl.username": user, "sasl.password": PASSWORD}
        if "SSL" in _LISTENERS[listener]:
            stated["ssl.ca.location"] = str(self.folder / "ca.pem")
        if listener == "CERTIFIED":
            stated["ssl.certificate.location"] = str(self.folder / "client.pem")
            stated["ssl.key.location"] = str(self.folder / "client.key")
        stated |= replaced
        path = self.folder / f"{listener}-{next(_numbers)}.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in stated.items() if value))
        return path


@contextlib.contextmanager
def secured_cluster(folder: Path, janitor: Janitor, brokers: int = 1) -> Iterator[Secured]:
    """One that is up within the context."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(folder / "ca.pem")
    trustme.CA().cert_pem.write_to_path(folder / "another-ca.pem")
    server, client = ca.issue_cert("127.0.0.1"), ca.issue_cert("client@example.org")
    chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
    (folder / "broker.pem").write_bytes(_pkcs8(server) + chain)
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    (folder / "client.key").write_bytes(_pkcs8(client))
    with LocalCluster(
        class_path("4.4.0"),
        folder / "nodes",
        janitor,
        brokers=brokers,
        listeners=_LISTENERS,
        properties=_properties(folder),
    ) as cluster:
        admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
        for user in (USER, STRANGER):
            for mechanism in (ScramMechanism.SCRAM_SHA_256, ScramMechanism.SCRAM_SHA_512):
                credential = ScramCredentialInfo(mechanism, 4096)
                wanted = UserScramCredentialUpsertion(user, credential, PASSWORD.encode())
                for done in admin.alter_user_scram_credentials([wanted]).values():
                    done.result(20)
        yield Secured(cluster, folder)


def _pkcs8(certificate: trustme.LeafCert) -> bytes:
    """Its key as Kafka reads one."""
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _properties(folder: Path) -> dict[str, str | int]:
    keystore = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(folder / "broker.pem")}
    users = " ".join(f'user_{user}="{_QUOTED}"' for user in (USER, STRANGER)).replace("\\", "\\\\")
    scram = f"{_MODULE}.scram.ScramLoginModule required;"
    of_listeners = {
        "scrammed": {
            **keystore,
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
            "scram-sha-256.sasl.jaas.config": scram,
            "scram-sha-512.sasl.jaas.config": scram,
        },
        "shown": {
            "sasl.enabled.mechanisms": "PLAIN",
            "plain.sasl.jaas.config": f"{_MODULE}.plain.PlainLoginModule required {users};",
        },
        "certified": {
            **keystore,
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": str(folder / "ca.pem"),
            "ssl.client.auth": "required",
        },
    }
    return {
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": f"User:ANONYMOUS;User:{USER}",
        "ssl.principal.mapping.rules": f"RULE:^.*$/{USER}/",
        **{f"listener.name.{name}.{key}": value for name, its in of_listeners.items() for key, value in its.items()},
    }
