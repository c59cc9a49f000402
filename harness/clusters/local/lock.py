"""Makes the lock file of another Kafka version from what Maven itself resolved::

    mvn dependency:list -DincludeScope=runtime -DoutputFile=list.txt   # in a POM that depends on kafka_2.13 only
    python -m harness.clusters.local.lock 4.4.0 < list.txt

Maven's own mediation is used because it is the one Kafka was released with; pure-Python resolvers pick other jars.
"""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.clusters.local.jars import LOCKS

# Kafka's jars come without a log binding; this one writes warnings to stderr, where the harness reads them.
_LOG_BINDING = "org.slf4j:slf4j-simple:1.7.36"
_LINE = re.compile(r"^\s*([\w.\-]+):([\w.\-]+):jar:([\w.\-]+):(?:runtime|compile)", re.MULTILINE)


def main() -> None:
    from jgo.maven import MavenContext

    version, listing = sys.argv[1], sys.stdin.read()
    found = {":".join(match) for match in _LINE.findall(listing)} | {_LOG_BINDING}
    if f"org.apache.kafka:kafka_2.13:{version}" not in found:
        sys.exit(f"the listing does not have org.apache.kafka:kafka_2.13:{version}")
    lines = [f"# Kafka {version}: group:artifact:version, bytes, SHA-256"]
    with TemporaryDirectory() as scratch:
        context = MavenContext(repo_cache=Path(scratch))
        for coordinate in sorted(found):
            group, artifact, jar_version = coordinate.split(":")
            jar = Path(context.project(group, artifact).at_version(jar_version).artifact().resolve())
            with jar.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            lines.append(f"{coordinate} {jar.stat().st_size} {digest}")
    (LOCKS / f"kafka-{version}.lock").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
