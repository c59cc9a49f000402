"""A workload file with something of everything, what is said of one like it, and those that are shipped."""

from __future__ import annotations

from pathlib import Path

from harness.clusters.local import LOCAL
from harness.faults import FAULTS, Catalogue
from harness.workload import Known, WorkloadError, load

ROOT = Path(__file__).parents[2]
SHIPPED = [path for path in sorted((ROOT / "workloads").glob("*.yaml")) if "\nclaims:" not in path.read_text()]
KNOWN = Known(
    clients={"aiokafka": "0.14.0", "kafka-python": "3.0.12", "confluent-kafka": "2.16.1"},
    faults=Catalogue({name: FAULTS[name] for name in ("lose-ack", "lose-request", "zombie-leader", "kill-leader")}),
    kafka=("3.9.2", "4.3.1", "4.4.0"),
    clusters={"local": LOCAL},
)
"""What texts list, so that a new client, fault or version changes none of them."""
BASE = """\
name: base
kafka: "4.4.0"
cluster: {kind: local, brokers: 3}
sweep:
  client: [aiokafka, kafka-python]
  acks: [0, 1, all]
  replication.factor: [1, 3]
config:
  linger.ms: 5
performance:
  loads:
    - {rate: max, seconds: 2, messages: 1_000_000}
    - {rate: 2000, seconds: 2}
faults:
  recipes:
    - zombie-leader
    - {name: lose-request, silent: true}
exclude:
  - {client: aiokafka, acks: 0, fault: zombie-leader, because: it dies}
"""


def refusal(folder: Path, text: str) -> list[str]:
    """What is said of a file with this text, without its path; empty if it is read."""
    path = folder / "w.yaml"
    path.write_text(text)
    try:
        load(path, KNOWN)
    except WorkloadError as error:
        assert all(line.startswith(f"{path}") for line in error.problems)
        return [line.removeprefix(f"{path}:") for line in error.problems]
    return []
