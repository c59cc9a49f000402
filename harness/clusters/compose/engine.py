"""The Docker engine: which one it is, what it has, and its errors as one line each."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import platform
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.clusters import ClusterFailed, Progress

if TYPE_CHECKING:
    from docker import DockerClient

CALL_S = 60
"""The longest silence of an engine that is at work."""
_ASK_S = 10
_REPOSITORY = "apache/kafka"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def environment() -> dict[str, str]:
    """The harness's own, with ``DOCKER_HOST`` for the engine: the one that it names already, else that of the docker
    command's context, else none, which is the default.
    """
    found = dict(os.environ)
    if not found.get("DOCKER_HOST") and (address := _of_the_context()):
        found["DOCKER_HOST"] = address
    return found


def connect() -> DockerClient:
    """The engine, which answers. Raises ``ClusterFailed`` where none does, or one that is on another machine."""
    import docker
    from docker.errors import DockerException

    told = environment()
    address = told.get("DOCKER_HOST") or docker.constants.DEFAULT_UNIX_SOCKET.replace("http+unix", "unix")
    parts = urlsplit(address)
    if parts.scheme not in ("unix", "npipe") and parts.hostname not in _LOOPBACK:
        raise ClusterFailed(
            f"the Docker engine at {address} is on another machine, on whose loopback alone its brokers would listen"
        )
    try:
        client = docker.from_env(environment=told, timeout=CALL_S)
    except DockerException as error:
        raise ClusterFailed(unreachable(address, error)) from error
    return client


def image(client: DockerClient, kafka: str, progress: Progress | None = None) -> Any:
    """The image of a version, pulled where it is not here. Raises ``ClusterFailed`` where it cannot be."""
    import requests
    from docker.errors import DockerException, ImageNotFound

    name = image_name(kafka)
    try:
        return client.images.get(name)
    except ImageNotFound:
        pass
    except DockerException as error:
        raise ClusterFailed(
            f"no image {name}: {one_line(error)}; KAFKA_IMAGE is an image's name without a tag"
        ) from error
    try:
        layers: dict[str, tuple[int, int]] = {}
        for told in client.api.pull(name, stream=True, decode=True):
            if "error" in told:
                raise ClusterFailed(f"no image {name} here, and none to be pulled: {_first_line(told['error'])}")
            detail = told.get("progressDetail") or {}
            if progress and told.get("status") == "Downloading" and "total" in detail:
                layers[told["id"]] = (detail["current"], detail["total"])
                progress(sum(done for done, _ in layers.values()), sum(total for _, total in layers.values()))
        return client.images.get(name)
    except (DockerException, requests.RequestException) as error:
        raise ClusterFailed(f"no image {name} here, and none to be pulled: {one_line(error)}") from error


def image_name(kafka: str) -> str:
    """Where the image of a version is from: ``KAFKA_IMAGE`` names another repository, which may be a registry's."""
    return f"{os.environ.get('KAFKA_IMAGE') or _REPOSITORY}:{kafka}"


@functools.cache
def is_on_this_machine() -> bool:
    """Whether containers are processes of this machine, which ``root`` could reach. Raises ``ClusterFailed``."""
    told = connect().info()
    return bool(told["Name"] == socket.gethostname() and told["KernelVersion"] == platform.release())


@contextlib.contextmanager
def told(what: str) -> Iterator[None]:
    """What the engine refuses or does not answer within is a ``ClusterFailed``."""
    import requests
    from docker.errors import DockerException

    try:
        yield
    except (DockerException, requests.RequestException) as error:
        raise ClusterFailed(f"{what}: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """What the engine said, in one line."""
    said = getattr(error, "explanation", None) or str(error)
    return _first_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said))


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["it did not say why"])[0][:300]


def _of_the_context() -> str | None:
    """Where the engine of the docker command's context is, if there is such a command and it says so."""
    command = shutil.which("docker")
    if command is None:
        return None
    try:
        told = subprocess.run([command, "context", "inspect"], capture_output=True, timeout=_ASK_S, check=True).stdout
        (context,) = json.loads(told)
        host: Mapping[str, str] = context["Endpoints"]["docker"]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
    return host.get("Host") or None


def unreachable(address: str, error: Exception) -> str:
    causes: list[BaseException] = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    if any(isinstance(cause, PermissionError) for cause in causes):
        return (
            f"no permission on the Docker engine at {address}: become one of its group, which is docker most times "
            f"(sudo usermod -aG docker $USER, then log in again), or let DOCKER_HOST name a rootless one of your own"
        )
    if any(isinstance(cause, FileNotFoundError | ConnectionRefusedError) for cause in causes):
        return f"no Docker engine answers at {address}: start it, or let DOCKER_HOST name one that runs"
    return f"the Docker engine at {address} cannot be used: {one_line(error)}"
