"""A connection to a broker for one question: in plain or by TLS, as somebody or as nobody, and bounded in all of it."""

from __future__ import annotations

import io
import ipaddress
import random
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, TypeVar

import scramp
from kio.schema.errors import ErrorCode
from kio.schema.sasl_authenticate.v2 import request as authenticate
from kio.schema.sasl_authenticate.v2 import response as authenticated
from kio.schema.sasl_handshake.v1 import request as handshake
from kio.schema.sasl_handshake.v1 import response as shaken
from kio.serial import entity_reader, entity_writer
from kio.static.primitive import i32
from kio.static.protocol import Entity

from harness.security import Security
from harness.security.tls import context

_Response = TypeVar("_Response", bound=Entity)

MOST_BYTES = 100_000_000
"""The longest answer that is read: librdkafka's default of ``receive.message.max.bytes``."""


class Refused(Exception):
    """The broker does not take who asks, or who asks does not take the broker; the message says why."""


class Connection:
    """One that is open until then (``time.monotonic``), with whoever asks authenticated on it.

    All raise ``OSError``, ``TimeoutError`` among them, or ``ValueError`` for what is no answer.
    """

    def __init__(self, connection: socket.socket, until: float) -> None:
        self._socket, self._until = connection, until

    def ask(self, request: Any, response: type[_Response]) -> _Response:
        """The broker's answer. Of one that is no answer the parser raises whatever it does."""
        header = request.__header_schema__(
            request_api_key=request.__api_key__,
            request_api_version=request.__version__,
            correlation_id=i32(random.getrandbits(31)),  # so that nothing answers by accident
            client_id="delivery-harness",
        )
        body = io.BytesIO()
        entity_writer(type(header))(body, header)
        entity_writer(type(request))(body, request)
        answer = self._answer(body.getvalue())
        _, start = entity_reader(response.__header_schema__)(answer, 0)  # type: ignore[attr-defined]
        return entity_reader(response)(answer, start)[0]

    def _answer(self, request: bytes) -> bytes:
        """The payload of the frame that comes back."""
        self._socket.settimeout(left_s(self._until))
        self._socket.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", self._exactly(4))
        if not 0 <= size <= MOST_BYTES:
            raise ValueError(f"a frame of {size} bytes")
        answer = self._exactly(size)
        if answer[:4] != request[4:8]:  # the correlation ids
            raise ValueError("it answers something else than was asked")
        return answer

    def _exactly(self, size: int) -> bytes:
        parts = []
        while size:
            self._socket.settimeout(left_s(self._until))
            part = self._socket.recv(min(size, 1 << 16))
            if not part:
                raise ConnectionResetError("the broker closed the connection")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


@contextmanager
def connected(address: str, security: Security, timeout_s: float) -> Iterator[Connection]:
    """A connection to the broker at ``host:port``. Raises ``Refused`` or ``OSError``."""
    until = time.monotonic() + timeout_s
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    at = resolved(host, timeout_s), int(port)
    try:
        with (
            socket.create_connection(at, left_s(until)) as plain,
            _spoken_to(plain, host, security, until) as spoken,
        ):
            spoken.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(spoken, until)
            if security.mechanism is not None:
                _authenticate(connection, security)
            yield connection
    except ssl.SSLCertVerificationError as error:
        raise Refused(f"its certificate is not trusted: {error.verify_message}") from None
    except ssl.SSLError as error:
        # Whether it takes the client's certificate a broker may say behind the handshake.
        said = (error.reason or str(error)).replace("_", " ").lower()
        raise Refused(f"there is no TLS between us: {said}") from None


def resolved(host: str, timeout_s: float) -> str:
    """A number for a name, looked up once. Raises ``OSError``, also when the look-up is not over by then."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return _looked_up(host, timeout_s)


@lru_cache(maxsize=256)
def _looked_up(host: str, timeout_s: float) -> str:
    found: list[str] = []
    # Nobody limits how long a name is looked up.
    looking = threading.Thread(target=lambda: found.append(_look_up(host)), name=f"look up {host}", daemon=True)
    looking.start()
    looking.join(timeout_s)
    if not found or not found[0]:
        raise OSError(f"{host} is the name of no host" if found else f"{host} was not looked up within {timeout_s:g} s")
    return found[0]


def _look_up(host: str) -> str:
    try:
        return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
    except OSError:
        return ""


def _spoken_to(plain: socket.socket, host: str, security: Security, until: float) -> socket.socket:
    tls = context(security)
    if tls is None:
        return plain
    plain.settimeout(left_s(until))
    return tls.wrap_socket(plain, server_hostname=host)


def _authenticate(connection: Connection, security: Security) -> None:
    mechanism = str(security.mechanism)
    offered = connection.ask(handshake.SaslHandshakeRequest(mechanism=mechanism), shaken.SaslHandshakeResponse)
    if offered.error_code is not ErrorCode.none:
        raise Refused(f"it has no {mechanism}, but {', '.join(map(str, offered.mechanisms)) or 'no SASL'}")
    if mechanism == "PLAIN":
        _said(connection, f"\0{security.username}\0{security.password}", security)
        return
    try:
        scram = scramp.ScramClient([mechanism], security.username, security.password)
        scram.set_server_first(_said(connection, scram.get_client_first(), security))
        scram.set_server_final(_said(connection, scram.get_client_final(), security))
    except scramp.ScramException as error:
        raise Refused(f"it does not know the password of {security.username!r} itself: {error}") from None


def _said(connection: Connection, token: str, security: Security) -> str:
    answer = connection.ask(
        authenticate.SaslAuthenticateRequest(auth_bytes=token.encode()), authenticated.SaslAuthenticateResponse
    )
    if answer.error_code is not ErrorCode.none:
        raise Refused(f"it does not let {security.username!r} in: {answer.error_message or answer.error_code.name}")
    return answer.auth_bytes.decode()


def left_s(until: float) -> float:
    """How long there still is to wait; a socket waits without a bound for 0."""
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
