"""The compose document, and the file at the top that is one for people."""

from __future__ import annotations

from pathlib import Path

import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.clusters.compose import people
from harness.clusters.compose.document import Layout, document
from harness.clusters.profiles import CONTROLLER, PROFILES

FILE = Path(__file__).parents[2] / "docker-compose.yml"
LABELS = {"delivery-harness.owner": "machine 1 2"}


def layout(brokers: int, profile: str) -> Layout:
    ids = range(1, brokers + 1)
    ips = {node: f"10.0.0.{10 + i}" for i, node in enumerate((CONTROLLER, *ids))}
    ports = {id: 20_000 + id for id in ids}
    return Layout("image", "id", ports, profile, labels=LABELS, subnet="10.0.0.0/24", ips=ips)


def test_the_file_at_the_top_is_what_the_harness_makes() -> None:
    assert FILE.read_text() == people.text(), "python -m harness.clusters.compose.people > docker-compose.yml"


def test_the_file_at_the_top_is_for_every_compose_and_for_this_machine_alone() -> None:
    read = yaml.safe_load(FILE.read_text())
    assert read.keys() == {"services", "networks", "volumes"}, "1.29 refuses a name, later ones warn of a version"
    assert {*read["services"]} == {"controller", "broker-1", "broker-2", "broker-3"} == {*read["volumes"]}
    for name, service in read["services"].items():
        assert service["image"] == "${KAFKA_IMAGE:-apache/kafka}:${KAFKA_VERSION:-4.4.0}"
        assert service["init"] and service["mem_limit"] and service["healthcheck"]["interval"] == "10s"
        assert all(port.startswith("127.0.0.1:${") for port in service.get("ports", ())), name
        if name != "controller":
            told = service["environment"]
            assert told["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "3" and told["KAFKA_MIN_INSYNC_REPLICAS"] == "2"
            assert told["KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR"] == "3"
            assert told["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == "2"


@given(st.integers(1, 9), st.sampled_from([*PROFILES]))
def test_a_cluster_is_set_up_as_its_profile_says(brokers: int, profile: str) -> None:
    made = document(layout(brokers, profile))
    told = {name: service["environment"] for name, service in made["services"].items()}
    assert told.keys() == {"controller", *(f"broker-{id}" for id in range(1, brokers + 1))}
    for name, variables in told.items():
        for key, value in PROFILES[profile].settings.items():
            assert variables[f"KAFKA_{key.replace('.', '_').upper()}"] == str(value)
        jvm = PROFILES[profile].controller_jvm if name == "controller" else PROFILES[profile].broker_jvm
        flags = f"{variables['KAFKA_HEAP_OPTS']} {variables['KAFKA_JVM_PERFORMANCE_OPTS']}".split()
        assert sorted(flags) == sorted(jvm)
        if name != "controller":
            assert variables["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == str(min(3, brokers))


def test_all_that_is_made_says_whose_it_is_and_keeps_its_address() -> None:
    made = document(layout(3, "fault"))
    for each in (*made["services"].values(), *made["networks"].values(), *made["volumes"].values()):
        assert each["labels"] == LABELS
    ips = [service["networks"]["kafka"]["ipv4_address"] for service in made["services"].values()]
    assert ips == [f"10.0.0.{i}" for i in (10, 11, 12, 13)]
    ports = [service["ports"] for name, service in made["services"].items() if name != "controller"]
    assert ports == [[f"127.0.0.1:{20_000 + id}:9092"] for id in (1, 2, 3)]
