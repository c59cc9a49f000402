"""The properties file of a client: what it says, and every mistake in it as a line that has no secret in it."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
import trustme

from harness.security import PLAINTEXT, Security
from harness.security.properties import PropertiesWrong, read

MODULE = "org.apache.kafka.common.security"
SECRET = "hunter2"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With ``ca.pem``, ``client.pem``, ``client.key`` and ``both.pem``."""
    folder = tmp_path_factory.mktemp("pem")
    ca = trustme.CA()
    client = ca.issue_cert("client@example.org")
    ca.cert_pem.write_to_path(folder / "ca.pem")
    client.cert_chain_pems[0].write_to_path(folder / "client.pem")
    client.private_key_pem.write_to_path(folder / "client.key")
    client.private_key_and_cert_chain_pem.write_to_path(folder / "both.pem")
    (folder / "store.jks").write_bytes(b"\xfe\xed\xfe\xed")
    return folder


def said(folder: Path, text: str) -> Security:
    path = folder / "client.properties"
    path.write_text(text.replace("HERE", str(folder)))
    return read(path)


PLAIN = Security("SASL_PLAINTEXT", "PLAIN", "me", SECRET)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", PLAINTEXT),
        ("# nothing\nsecurity.protocol=PLAINTEXT\n", PLAINTEXT),
        ("security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=hunter2\n", PLAIN),
        ("security.protocol: sasl_plaintext\nsasl.mechanisms PLAIN\nsasl.username=me\nsasl.password=hunter2", PLAIN),
        (
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
            f"sasl.jaas.config={MODULE}.plain.PlainLoginModule required \\\n"
            '  username="me" \\\n  password="hunter2";\n',
            PLAIN,
        ),
        (
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=SCRAM-SHA-512\n"
            f'sasl.jaas.config={MODULE}.scram.ScramLoginModule required username=\'me\' password="a;\\\\"b";\n',
            Security("SASL_PLAINTEXT", "SCRAM-SHA-512", "me", 'a;"b'),
        ),
    ],
)
def test_what_it_says_of_sasl(folder: Path, text: str, meant: Security) -> None:
    assert said(folder, text) == meant


def test_what_it_says_of_tls(folder: Path) -> None:
    (ca, client, key, both) = (str(folder / name) for name in ("ca.pem", "client.pem", "client.key", "both.pem"))
    tls = "security.protocol=SSL\n"
    assert said(folder, tls) == Security("SSL")
    for name in ("ssl.ca.location", "ssl.truststore.location"):
        assert said(folder, f"{tls}{name}=HERE/ca.pem") == Security("SSL", ca_file=ca)
    pem = Path(ca).read_text()
    escaped = pem.replace("\n", "\\n\\\n")
    assert said(folder, f"{tls}ssl.truststore.type=PEM\nssl.truststore.certificates={escaped}").ca == pem.strip()
    of_client = "ssl.certificate.location=HERE/client.pem\nssl.key.location=HERE/client.key\n"
    assert said(folder, tls + of_client) == Security("SSL", certificate_file=client, key_file=key)
    in_one = "ssl.keystore.type=PEM\nssl.keystore.location=HERE/both.pem\n"
    assert said(folder, tls + in_one) == Security("SSL", certificate_file=both, key_file=both)
    for value, checks in (("", False), ("none", False), ("https", True)):
        assert said(folder, f"{tls}ssl.endpoint.identification.algorithm={value}").checks_host is checks


SASL = "security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=me\nsasl.password=hunter2\n"
WRONG = [
    (
        "security.protocol=TLS",
        "1: security.protocol: 'TLS' is not what the clients and the harness have; allow",
    ),
    ("a=b\n\nsasl.pasword=hunter2", "1: a: unknown key"),
    ("a=b\n\nsasl.pasword=hunter2", "3: sasl.pasword: unknown key; known are security.protocol, sasl.mechanism"),
    ("bootstrap.servers=a:1", "1: bootstrap.servers: is no key of this file: it is cluster.bootstrap in a workload"),
    (SASL + "sasl.password=hunter2", "5: sasl.password: is here twice, in lines 4 and 5"),
    (SASL + "ssl.ca.location=HERE/none.pem", "5: ssl.ca.location: HERE/none.pem: cannot be read: No such file"),
    (SASL + "ssl.truststore.location=HERE/store.jks", "5: ssl.truststore.location: HERE/store.jks: is no PEM"),
    (SASL + "ssl.truststore.type=JKS", "5: ssl.truststore.type: 'JKS' is not what .* have; allowed: PEM"),
    (SASL + "ssl.key.location=HERE/client.key", "5: ssl.key.location: needs ssl.certificate.location"),
    (SASL + "ssl.key.password=hunter2", "5: ssl.key.password: needs ssl.key.location"),
    (SASL + "ssl.ca.location=HERE/client.key", "HERE/client.key: no PEM with certificates to trust"),
    ("security.protocol=SASL_SSL", "1: sasl.mechanism: is missing with SASL_SSL; there are PLAIN, SCRAM-SHA-256"),
    ("security.protocol=SASL_SSL\nsasl.mechanism=GSSAPI", "2: sasl.mechanism: 'GSSAPI' is not what .* have"),
    ("security.protocol=SASL_SSL\nsasl.mechanism=PLAIN\nsasl.username=me", "2: sasl.password: is missing"),
    (
        "sasl.username=me",
        "1: sasl.username: means nothing with security.protocol PLAINTEXT; allowed: SASL_",
    ),
    ("security.protocol=SSL\nsasl.mechanism=PLAIN", "2: sasl.mechanism: means nothing with security.protocol SSL"),
    ("ssl.ca.location=HERE/ca.pem", "1: ssl.ca.location: means nothing with security.protocol PLAINTEXT"),
    (SASL + "sasl.jaas.config=x", "3: sasl.username: is in sasl.jaas.config too, line 5"),
    (SASL + "sasl.jaas.config=hunter2", '5: sasl.jaas.config: is not MODULE required username="..." password="...";'),
    (
        SASL + f'sasl.jaas.config={MODULE}.scram.ScramLoginModule required username="me" password="hunter2";',
        "5: sasl.jaas.config: has the login module ScramLoginModule, and PLAIN has PlainLoginModule",
    ),
    (
        SASL + f"sasl.jaas.config={MODULE}.plain.PlainLoginModule required username=me;",
        "5: sasl.jaas.config: has no password",
    ),
    ("security.protocol=\\u12", "1: is no text of a properties file"),
]


@pytest.mark.parametrize(("text", "line"), WRONG, ids=[line[:40] for _, line in WRONG])
def test_what_is_wrong_is_a_line_without_a_secret(folder: Path, text: str, line: str) -> None:
    with pytest.raises(PropertiesWrong) as wrong:
        said(folder, text)
    found = [problem.replace(str(folder), "HERE") for problem in wrong.value.problems]
    assert any(re.match(f"HERE/client.properties:( |){line}", problem) for problem in found), found
    assert not any(SECRET in problem or "\n" in problem for problem in found)


def test_no_such_file_is_a_line(tmp_path: Path) -> None:
    with pytest.raises(PropertiesWrong, match=r"none.properties: cannot be read: No such file or directory$"):
        read(tmp_path / "none.properties")


def test_nobody_sees_a_secret_in_its_repr_and_a_child_is_told_it() -> None:
    security = Security("SASL_SSL", "PLAIN", "me", SECRET, key_password=SECRET)
    assert SECRET not in repr(security) and SECRET not in str(security)
    assert Security.of(asdict(security)) == security


def test_behind_the_proxy_there_is_no_tls() -> None:
    assert Security("SASL_SSL", "PLAIN", "me", SECRET, ca_file="/ca.pem").behind_proxy() == PLAIN
    assert Security("SSL", ca_file="/ca.pem", certificate_file="/c", key_file="/k").behind_proxy() == PLAINTEXT
    assert PLAIN.behind_proxy() == PLAIN


def test_the_file_in_the_document_is_one(folder: Path) -> None:
    document = Path(__file__).parents[2] / "docs/external.md"
    (text,) = re.findall(r"^```properties\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)
    meant = Security("SASL_SSL", "SCRAM-SHA-512", "harness", "...", ca_file=str(folder / "ca.pem"))
    assert said(folder, text.replace("ca.pem", "HERE/ca.pem")) == meant
