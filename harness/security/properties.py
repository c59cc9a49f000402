"""The properties file of a Java client, or of librdkafka: what it says of security, and every mistake in it at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import javaproperties

from harness.security import MECHANISMS, PROTOCOLS, Security
from harness.security.tls import TlsRefused, context
from harness.words import listed, options

_MODULES = {"PlainLoginModule": ("PLAIN",), "ScramLoginModule": ("SCRAM-SHA-256", "SCRAM-SHA-512")}
_LOGIN = re.compile(r"\s*([\w.]+)\s+(?:required|requisite|sufficient|optional)\s+(.*?);\s*", re.DOTALL)
_OPTION = re.compile(r'(\w+)\s*=\s*("(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|[^\s;]+)\s*', re.DOTALL)
_ALIASES = {"sasl.mechanisms": "sasl.mechanism", "ssl.ca.location": "ssl.truststore.location"}
"""What librdkafka calls it, and what Java does."""
_ELSEWHERE = {
    "bootstrap.servers": "is no key of this file: it is cluster.bootstrap in a workload, or --bootstrap",
    "ssl.truststore.password": "is no key of this file: a truststore of PEM has no password",
    "ssl.keystore.password": "is no key of this file: a keystore of PEM has none, and its key has ssl.key.password",
}
_SASL = ("sasl.mechanism", "sasl.jaas.config", "sasl.username", "sasl.password")
_FILES = ("ssl.truststore.location", "ssl.keystore.location", "ssl.certificate.location", "ssl.key.location")
_TLS = (
    *_FILES,
    "ssl.truststore.type",
    "ssl.truststore.certificates",
    "ssl.keystore.type",
    "ssl.key.password",
    "ssl.endpoint.identification.algorithm",
)
KEYS = ("security.protocol", *_SASL, *_TLS, *_ALIASES)
_MOST_BYTES = 1 << 20


class PropertiesWrong(ValueError):
    """A file that cannot be gone by. ``problems`` has a line for each mistake, with file and line, and no secret."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(problems))


def read(path: Path) -> Security:
    """What the file says. Raises ``PropertiesWrong``."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_BYTES + 1).decode()
    except OSError as error:
        raise PropertiesWrong([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise PropertiesWrong([f"{path}: is no UTF-8 text"]) from None
    if len(text) > _MOST_BYTES:
        raise PropertiesWrong([f"{path}: has more than {_MOST_BYTES:,} bytes"])
    stated, problems = _stated(text)
    problems += _impossible(stated) if not problems else []
    problems += [*_missing_files(stated)] if not problems else []
    if problems:
        raise PropertiesWrong([f"{path}:{line}: {message}" for line, message in sorted(problems)])
    security = _made(stated)
    try:
        context(security)
    except TlsRefused as refused:
        raise PropertiesWrong([f"{path}: {refused}"]) from None
    return security


@dataclass(frozen=True)
class _Value:
    text: str
    line: int
    key: str
    """As it is written in the file."""


_Stated = Mapping[str, _Value]
_Problem = tuple[int, str]


def _stated(text: str) -> tuple[_Stated, list[_Problem]]:
    """The values by Java's names, and what cannot be one."""
    stated: dict[str, _Value] = {}
    problems: list[_Problem] = []
    line = 1
    try:
        for element in javaproperties.parse(text):
            if isinstance(element, javaproperties.KeyValue):
                key = _ALIASES.get(element.key, element.key)
                if element.key not in KEYS:
                    known = options(name for name in KEYS if name not in _ALIASES)
                    problems.append(
                        (line, f"{element.key}: {_ELSEWHERE.get(element.key, f'unknown key; known are {known}')}")
                    )
                elif key in stated:
                    problems.append((line, f"{element.key}: is here twice, in lines {stated[key].line} and {line}"))
                else:
                    stated[key] = _Value(element.value.strip(), line, element.key)
            line += element.source.count("\n")
    except javaproperties.InvalidUEscapeError as error:
        problems.append((line, f"is no text of a properties file: {error}"))
    return stated, problems


def _impossible(stated: _Stated) -> list[_Problem]:
    return [*_no_choice(stated), *_of_sasl(stated), *_of_tls(stated)]


def _protocol(stated: _Stated) -> str:
    return stated["security.protocol"].text.upper() if "security.protocol" in stated else "PLAINTEXT"


def _no_choice(stated: _Stated) -> Iterator[_Problem]:
    """Values that are none of those that there are."""
    pem = ("PEM",)
    for key, known in (
        ("security.protocol", PROTOCOLS),
        ("sasl.mechanism", MECHANISMS),
        ("ssl.truststore.type", pem),
        ("ssl.keystore.type", pem),
        ("ssl.endpoint.identification.algorithm", ("https", "none", "")),
    ):
        value = stated.get(key)
        if value is not None and value.text.upper() not in map(str.upper, known):
            allowed = listed((each or "nothing" for each in known), "or")
            yield (
                value.line,
                f"{value.key}: {value.text!r} is not what the clients and the harness have; allowed: {allowed}",
            )


def _of_sasl(stated: _Stated) -> Iterator[_Problem]:
    protocol, line = _protocol(stated), stated["security.protocol"].line if "security.protocol" in stated else 1
    if not protocol.startswith("SASL"):
        yield from (
            (
                value.line,
                f"{value.key}: means nothing with security.protocol {protocol}; allowed: SASL_PLAINTEXT or SASL_SSL",
            )
            for key, value in stated.items()
            if key in _SASL
        )
        return
    if "sasl.mechanism" not in stated:
        yield line, f"sasl.mechanism: is missing with {protocol}; there are {options(MECHANISMS)}"
        return
    jaas, names = stated.get("sasl.jaas.config"), [key for key in ("sasl.username", "sasl.password") if key in stated]
    if jaas is None:
        yield from (
            (stated["sasl.mechanism"].line, f"{key}: is missing; it can be in sasl.jaas.config too")
            for key in ("sasl.username", "sasl.password")
            if key not in names
        )
        return
    yield from ((stated[key].line, f"{key}: is in sasl.jaas.config too, line {jaas.line}") for key in names)
    if (problem := _wrong_login(jaas.text, stated["sasl.mechanism"].text.upper())) is not None:
        yield jaas.line, f"sasl.jaas.config: {problem}"


def _wrong_login(text: str, mechanism: str) -> str | None:
    """Why it logs nobody in with this mechanism; nothing of the text is said, which has a password in it."""
    found = _LOGIN.fullmatch(text)
    if found is None or _OPTION.sub("", found[2]).strip():
        return 'is not MODULE required username="..." password="...";'
    module = found[1].rpartition(".")[2]
    if mechanism not in _MODULES.get(module, ()):
        wanted = next(name for name, its in _MODULES.items() if mechanism in its)
        return f"has the login module {module}, and {mechanism} has {wanted}"
    lacking = [name for name in ("username", "password") if name not in _login(text)]
    return f"has no {listed(lacking)}" if lacking else None


def _login(text: str) -> dict[str, str]:
    found = _LOGIN.fullmatch(text)
    options = {} if found is None else dict(_OPTION.findall(found[2]))
    return {
        name: re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value for name, value in options.items()
    }


def _of_tls(stated: _Stated) -> Iterator[_Problem]:
    protocol = _protocol(stated)
    if not protocol.endswith("SSL"):
        yield from (
            (value.line, f"{value.key}: means nothing with security.protocol {protocol}; allowed: SSL or SASL_SSL")
            for key, value in stated.items()
            if key in _TLS
        )
        return
    for one, other in (
        ("ssl.truststore.certificates", "ssl.truststore.location"),
        ("ssl.keystore.location", "ssl.certificate.location"),
        ("ssl.keystore.location", "ssl.key.location"),
    ):
        if one in stated and other in stated:
            yield stated[one].line, f"{one}: says what {stated[other].key} says, in line {stated[other].line}"
    for one, other in (
        ("ssl.certificate.location", "ssl.key.location"),
        ("ssl.key.location", "ssl.certificate.location"),
    ):
        if one in stated and other not in stated:
            yield stated[one].line, f"{one}: needs {other}"
    if "ssl.key.password" in stated and not {"ssl.key.location", "ssl.keystore.location"} & stated.keys():
        yield stated["ssl.key.password"].line, "ssl.key.password: needs ssl.key.location or ssl.keystore.location"


def _missing_files(stated: _Stated) -> Iterator[_Problem]:
    for key in _FILES:
        if key not in stated:
            continue
        value = stated[key]
        try:
            pem = b"-----BEGIN " in Path(value.text).read_bytes()
        except OSError as error:
            yield value.line, f"{value.key}: {value.text}: cannot be read: {error.strerror}"
        else:
            if not pem:
                yield value.line, f"{value.key}: {value.text}: is no PEM, which is what all clients read"


def _made(stated: _Stated) -> Security:
    texts = {key: value.text for key, value in stated.items()}
    files = {key: str(Path(texts[key]).absolute()) for key in _FILES if key in texts}
    login = _login(texts.get("sasl.jaas.config", ""))
    wanted_protocol, wanted_mechanism = _protocol(stated), texts.get("sasl.mechanism", "").upper()
    return Security(
        protocol=next(protocol for protocol in PROTOCOLS if protocol == wanted_protocol),
        mechanism=next((mechanism for mechanism in MECHANISMS if mechanism == wanted_mechanism), None),
        username=login.get("username", texts.get("sasl.username", "")),
        password=login.get("password", texts.get("sasl.password", "")),
        ca_file=files.get("ssl.truststore.location"),
        ca=texts.get("ssl.truststore.certificates"),
        certificate_file=files.get("ssl.keystore.location") or files.get("ssl.certificate.location"),
        key_file=files.get("ssl.keystore.location") or files.get("ssl.key.location"),
        key_password=texts.get("ssl.key.password"),
        checks_host=texts.get("ssl.endpoint.identification.algorithm", "https").lower() == "https",
    )
