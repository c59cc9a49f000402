"""The schema of workload files and the guide to them have every key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from harness.workload import installed, json_schema
from harness.workload.model import SECTIONS
from harness.workload.settings import SETTINGS

from .files import ROOT, SHIPPED, refusal


def test_the_schema_knows_every_name_and_means_something_by_every_key() -> None:
    schema, known = json_schema(), installed()
    for section in (schema, *(each for each in schema["$defs"].values() if "enum" not in each)):
        assert all(key.get("description") for key in section["properties"].values())
    keys = schema["properties"]
    assert keys["sweep"]["anyOf"][0]["properties"]["client"]["items"]["anyOf"][0]["enum"] == list(known.clients)
    assert keys["sweep"]["anyOf"][0]["properties"].keys() == {"client", "trials", *SETTINGS}
    assert keys["config"]["properties"].keys() == SETTINGS.keys()
    assert keys["kafka"]["anyOf"][0]["enum"] == list(known.kafka)
    names, *recipes = schema["$defs"]["FaultTrials"]["properties"]["recipes"]["items"]["anyOf"]
    assert names["enum"] == [recipe["properties"]["name"]["const"] for recipe in recipes] == list(known.faults)
    assert schema["required"] == ["name", "kafka", "sweep"]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_schema_has_every_key_of_a_shipped_workload(path: Path) -> None:
    schema, data = json_schema(), yaml.safe_load(path.read_text())
    assert data.keys() <= schema["properties"].keys()
    assert data.keys() >= set(schema["required"])
    grid, _ = schema["properties"]["sweep"]["anyOf"]
    for mapping in data["sweep"] if isinstance(data["sweep"], list) else [data["sweep"]]:
        assert mapping.keys() <= grid["properties"].keys()
    assert data["config"].keys() <= schema["properties"]["config"]["properties"].keys()
    sections = {
        "performance": "Performance",
        "pipeline_performance": "PipelinePerformance",
        "faults": "FaultTrials",
        "pipelines": "PipelineTrials",
        "gate": "Gate",
        "limits": "Limits",
    }
    for key, section in sections.items():
        assert data.get(key, {}).keys() <= schema["$defs"][section]["properties"].keys()


def test_the_guide_explains_every_key() -> None:
    guide = (ROOT / "docs" / "workloads.md").read_text()
    keys = set(SETTINGS)
    for section, model in SECTIONS.items():
        prefix = f"{section[0]}." if section in {("cluster",), ("gate",), ("limits",)} else ""
        keys |= {f"{prefix}{key}" for key in model.model_fields}
    assert [key for key in sorted(keys) if f"`{key}`" not in guide] == []


def test_the_smallest_workload_of_the_guide_is_one(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "workloads.md").read_text()
    assert refusal(tmp_path, guide.split("```yaml\n")[1].split("```")[0]) == []
