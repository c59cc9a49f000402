"""The JSON Schema of a workload file, for editors: every key with its meaning, every name that is known."""

from __future__ import annotations

from typing import Any

from harness.clients.named import BEHIND
from harness.events import NO_FAULT
from harness.workload.known import Fault, Known, installed
from harness.workload.model import Workload
from harness.workload.reading import TRIALS
from harness.workload.settings import SETTINGS

Schema = dict[str, Any]


def json_schema(known: Known | None = None) -> Schema:
    """JSON Schema (draft 2020-12). ``known`` is what a workload can name; by default what is installed."""
    known = known or installed()
    schema = Workload.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    keys = schema["properties"]
    version: Schema = {"enum": list(known.kafka)}
    axes: dict[str, Schema] = {
        "client": {
            "anyOf": [
                {"enum": list(known.clients)},
                {"type": "string", "pattern": f"^({'|'.join(known.clients)}){BEHIND}.+$"},
            ],
            "description": "the client library that produces, alone or in a version as aiokafka==0.12.0",
        },
        **{name: setting.schema() for name, setting in SETTINGS.items()},
    }
    describe(keys["kafka"], anyOf=[version, several(version)])
    trials: Schema = {
        "enum": list(TRIALS),
        "description": "the keys whose trials are made of it; all of them unless they are named",
    }
    keyed = {**axes, "trials": trials}
    grid = {
        "type": "object",
        "properties": {key: {**several(one), "description": one["description"]} for key, one in keyed.items()},
        "required": ["client"],
        "additionalProperties": False,
    }
    describe(keys["sweep"], anyOf=[grid, {"type": "array", "items": grid, "minItems": 1}])
    describe(
        keys["config"],
        type="object",
        properties={name: setting.schema() for name, setting in SETTINGS.items()},
        additionalProperties=False,
    )
    fault = {"enum": [*known.faults, NO_FAULT], "description": "the fault"}
    key = {"enum": list(TRIALS), "description": "the key whose trials it is of"}
    matched = {**axes, "kafka": version, "fault": fault, "trials": key}
    describe(
        keys["exclude"],
        type="array",
        items={
            "type": "object",
            "properties": {
                "because": {"type": "string", "minLength": 1, "description": "the reason, which the report gives"},
                **{axis: {"anyOf": [one, several(one)]} for axis, one in matched.items()},
            },
            "required": ["because"],
            "minProperties": 2,
            "additionalProperties": False,
        },
    )
    parts = schema["$defs"]
    clusters = "; ".join(f"{name}: {kind.summary}" for name, kind in known.clusters.items())
    kind = parts["Cluster"]["properties"]["kind"]
    describe(kind, enum=list(known.clusters), description=f"{kind['description']}; {clusters}")
    for own in (kind.keys.model_json_schema() for kind in known.clusters.values()):
        parts.update(own.pop("$defs", {}))
        parts["Cluster"]["properties"] |= own.get("properties", {})
    parts["Cluster"]["additionalProperties"] = False
    recipes = [{"enum": list(known.faults)}, *(_recipe(fault, parts) for fault in known.faults.values())]
    describe(parts["FaultTrials"]["properties"]["recipes"], type="array", minItems=1, items={"anyOf": recipes})
    describe(parts["PipelineTrials"]["properties"]["recipes"], type="array", items={"anyOf": recipes})
    mode = parts["PipelineTrials"]["properties"]["mode"]
    describe(mode, anyOf=[mode["items"], several(mode["items"])])
    for unused in ("Recipe", "Exclusion", "Grid"):
        del parts[unused]
    return schema


def several(one: Schema) -> Schema:
    """A list of them, none twice."""
    return {"type": "array", "items": one, "minItems": 1, "uniqueItems": True}


def describe(key: Schema, **shape: Any) -> None:
    """Gives a key its shape in place of pydantic's, which does not know the names; its description stays."""
    for word in key.keys() - {"description", "title", "default"}:
        del key[word]
    key.update(shape)


def _recipe(fault: Fault, parts: Schema) -> Schema:
    schema = fault.parameters.model_json_schema()
    parts.update(schema.pop("$defs", {}))
    name = {"const": fault.name, "description": fault.summary}
    return {
        **schema,
        "title": fault.name,
        "description": fault.summary,
        "properties": {"name": name, **schema["properties"]},
        "required": ["name", *schema.get("required", [])],
    }
