"""The compose file at the top of the repository, for people: what the harness's own is made of, with variables::

python -m harness.clusters.compose.people > docker-compose.yml
"""

from __future__ import annotations

import yaml

from harness.clusters.compose.document import Layout, document

_HEAD = """\
# Three brokers and a controller, as the harness runs them in containers (--cluster compose), for you to use:
#
#     docker compose up -d          # or docker-compose; at 127.0.0.1:9092,127.0.0.1:9192,127.0.0.1:9292
#     docker compose down -v
#
# Made by: python -m harness.clusters.compose.people > docker-compose.yml
"""
_LAYOUT = Layout(
    image="${KAFKA_IMAGE:-apache/kafka}:${KAFKA_VERSION:-4.4.0}",
    cluster_id="${CLUSTER_ID:-4L6g3nShT-eMCtK--X86sw}",
    ports={id: f"${{BROKER_{id}_PORT:-{port}}}" for id, port in ((1, 9092), (2, 9192), (3, 9292))},
    profile="performance",
    settings={"min.insync.replicas": 2},
)


def text() -> str:
    return _HEAD + yaml.safe_dump(document(_LAYOUT), sort_keys=False, width=120)


if __name__ == "__main__":
    print(text(), end="")
