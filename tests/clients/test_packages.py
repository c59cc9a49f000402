"""Packages of other versions: whole or not there, in front of the installed one for who drives the client, and for no
other. What is installed here is repacked as another version, so that uv or pip installs it and nobody needs a network.
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata
from pathlib import Path

import pytest

from harness import clients, roles
from harness.clients import packages
from harness.clients.named import Named
from harness.process import Child, spawned

AGAIN = "0.14.0+again"
Repack = Callable[..., Named]


@pytest.fixture
def repack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repack:
    """Makes the installed aiokafka one of ``version``, which calls itself ``says`` and needs ``needs``."""
    found = tmp_path / "found"
    found.mkdir()
    for tool in ("UV", "PIP"):
        monkeypatch.setenv(f"{tool}_FIND_LINKS", str(found))
        monkeypatch.setenv(f"{tool}_NO_INDEX", "1")
    monkeypatch.setenv("HARNESS_CACHE", str(tmp_path / "cache"))

    def made(version: str = AGAIN, says: str = AGAIN, needs: str = "packaging") -> Named:
        here = metadata.distribution("aiokafka")
        wheel = found / f"aiokafka-{version}-py3-none-any.whl"
        own, record = f"aiokafka-{version}.dist-info", []
        contents = {str(path): path.read_binary() for path in here.files or () if path.parts[0] == "aiokafka"}
        contents["aiokafka/__init__.py"] = contents["aiokafka/__init__.py"].replace(b"0.14.0", says.encode())
        about = f"Metadata-Version: 2.1\nName: aiokafka\nVersion: {version}\nRequires-Dist: {needs}\n"
        contents[f"{own}/METADATA"] = about.encode()
        contents[f"{own}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in contents.items():
                digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
                record.append(f"{name},sha256={digest},{len(content)}\n")
                archive.writestr(name, content)
            archive.writestr(f"{own}/RECORD", "".join(record) + f"{own}/RECORD,,\n")
        return Named("aiokafka", version)

    return made


def test_a_version_is_there_once_and_alone_whoever_asks_at_once(repack: Repack) -> None:
    client = repack()
    assert packages.says(client) is None
    assert clients.version(client) == AGAIN
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(packages.provide, [[client]] * 2)) == [[], []]
    assert list(packages.folder(client).parent.iterdir()) == [packages.folder(client)]
    inside = {path.name for path in packages.folder(client).iterdir() if not path.name.startswith(".")}
    assert inside == {"aiokafka", f"aiokafka-{AGAIN}.dist-info"}
    assert packages.says(client) == clients.version(client) == AGAIN
    assert clients.version(Named("aiokafka")) == metadata.version("aiokafka")


def test_who_drives_the_client_has_it_and_nobody_else(repack: Repack, tmp_path: Path) -> None:
    client = repack()
    assert packages.provide([client]) == []
    spec = {"client": client.name, "client_version": client.version}
    for role in roles.ROLES:
        given = roles.environment(role, roles.driven(spec)) or {}
        assert (str(packages.folder(client)) in given.get("PYTHONPATH", "")) == (role in ("producer", "pipeline"))
        assert roles.environment(role, Named("aiokafka")) is None
    says = """printf '{"event": "path", "is": "%s"}\\n' "$PYTHONPATH"; exec sleep 30"""
    with Child("x", spawned(["sh", "-c", says], packages.environment(client)), {}, tmp_path / "log") as child:
        assert child.wait("path", 30)["is"].split(":")[0] == str(packages.folder(client))
        child.kill()


def test_what_is_not_to_be_had_is_a_line_and_leaves_nothing(repack: Repack) -> None:
    repack()
    (said,) = packages.provide([Named("aiokafka"), missing := Named("aiokafka", "9.9.9")])
    assert said.startswith("aiokafka==9.9.9 cannot be fetched: ") and "\n" not in said
    assert list(packages.folder(missing).parent.iterdir()) == []


@pytest.mark.long
def test_one_that_needs_what_is_not_here_is_a_line_and_not_kept(repack: Repack) -> None:
    client = repack(needs='packaging<1; python_version > "3"')
    (said,) = packages.provide([client])
    assert said.startswith(f'{client} needs packaging<1; python_version > "3", which is not what is installed')
    assert not packages.folder(client).exists()


@pytest.mark.long
def test_one_that_says_it_is_another_is_a_line(repack: Repack) -> None:
    client = repack(says="0.0.1")
    assert packages.provide([client]) == [f"{client} was asked for, and the client says that it is 0.0.1"]


@pytest.mark.long
def test_one_that_does_not_run_is_a_line(repack: Repack) -> None:
    client = repack(says='"; raise RuntimeError("it is broken")  # ')
    assert packages.provide([client]) == [f"{client} does not run here: RuntimeError: it is broken"]
    assert clients.version(client) == client.version, "a plan is made all the same"
