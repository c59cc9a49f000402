"""Versions of clients beside the installed ones: each package in a folder of its own in the cache, which a child that
drives this client has in front of all else that it imports.

A folder has the client's package alone. What that needs besides is what is installed, so that nothing which the harness
itself needs is there in two versions.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from harness.cache import cache_folder, tidy, workspace
from harness.clients.named import Named, another

_FETCHING_S = 300
_STARTING_S = 60
_LONGEST = 300  # letters of what somebody else says
_BEFORE = re.compile(r"^\W*(?:(?:error|cause):)?", re.IGNORECASE)
_SAYS = "import sys; from harness import clients; print(clients.load(sys.argv[1]).version())"


class Unavailable(Exception):
    """A client is not to be had in a version that was asked for; the message says which, why, and what to do."""


def folder(client: Named) -> Path:
    """Where its package is, of this Python on this machine, once it was provided."""
    python = f"{sys.implementation.cache_tag}-{sysconfig.get_platform()}"
    return cache_folder() / "clients" / f"{client.package}-{client.version}-{python}"


def environment(client: Named) -> dict[str, str] | None:
    """Of a child that drives it; None: nothing but what this process has."""
    return None if client.version is None else first(folder(client))


def first(folder: Path, environment: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment, or else that of this process, with what is in the folder before all else that Python imports."""
    its = os.environ if environment is None else environment
    path = os.pathsep.join(filter(None, (str(folder), its.get("PYTHONPATH"))))
    return {**its, "PYTHONPATH": path}


def provide(clients: Collection[Named]) -> list[str]:
    """Brings those that are asked for in a version to where they are kept. A line for each that does not run."""
    return [reason for client in dict.fromkeys(clients) if client.version and (reason := _problem(client))]


def says(client: Named) -> str | None:
    """What it says of its version; None of one that was not provided yet, or that does not run."""
    try:
        return _says(client, folder(client)) if folder(client).is_dir() else None
    except Unavailable:
        return None


def _problem(client: Named) -> str | None:
    try:
        _provide(client)
        return another(client, _says(client, folder(client)))
    except Unavailable as unavailable:
        return str(unavailable)


def _provide(client: Named) -> None:
    """What is in the folder is whole: it comes there in one step, and who comes second finds it done."""
    kept = folder(client)
    if kept.is_dir():
        return
    tidy(kept.parent)
    with workspace(kept.parent) as scratch:
        made = scratch / "package"
        _install(client, made)
        if lacking := list(_lacking(made)):
            raise Unavailable(f"{client} needs {', '.join(lacking)}, which is not what is installed beside the harness")
        try:
            made.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise


def _install(client: Named, into: Path) -> None:
    wanted = f"{client.package}=={client.version}"
    command = [*_installer(client), "--no-deps", "--target", str(into), wanted]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=_FETCHING_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{client} cannot be fetched: {error}") from error
    if done.returncode:
        raise Unavailable(
            f"{client} cannot be fetched: {_short(done.stderr)}. It is fetched once, by uv or pip as they are set up "
            "here; later runs need no network"
        )


def _installer(client: Named) -> list[str]:
    """The command line that installs packages for this Python: uv's, whose environments have no pip, or pip's."""
    if uv := os.environ.get("UV") or shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--no-progress", "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if pip := shutil.which("pip"):
        return [pip, "--python", sys.executable, "install", "--quiet", "--disable-pip-version-check"]
    raise Unavailable(f"{client} cannot be fetched: there is neither uv nor pip here")


def _lacking(made: Path) -> Iterator[str]:
    """What the package that is in there needs, and is not installed so."""
    for package in metadata.distributions(path=[str(made)]):
        for each in map(Requirement, package.requires or ()):
            if each.marker is not None and not each.marker.evaluate({"extra": ""}):
                continue
            try:
                met = each.specifier.contains(metadata.version(each.name), prereleases=True)
            except metadata.PackageNotFoundError:
                met = False
            if not met:
                yield str(each)


@cache
def _says(client: Named, kept: Path) -> str:
    command = [sys.executable, "-P", "-c", _SAYS, client.name]
    try:
        done = subprocess.run(command, env=first(kept), capture_output=True, timeout=_STARTING_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise Unavailable(f"{client} does not say within {_STARTING_S} s which it is") from late
    if done.returncode:
        raise Unavailable(f"{client} does not run here: {_short(done.stderr)}")
    return done.stdout.decode().strip()


def _short(said: bytes) -> str:
    """Its last line, without what an installer puts before it."""
    lines = [_BEFORE.sub("", line).strip() for line in said.decode("utf-8", "replace").splitlines()]
    return next((line for line in reversed(lines) if line), "no word")[:_LONGEST].rstrip(".")
