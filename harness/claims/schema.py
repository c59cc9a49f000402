"""The JSON Schema of a file of claims, for editors: its arms know what a workload's own schema knows."""

from __future__ import annotations

from harness import workload
from harness.claims.model import OF_THE_ARM, Claims
from harness.workload import Known, installed
from harness.workload.schema import Schema, describe, several


def json_schema(known: Known | None = None) -> Schema:
    """JSON Schema (draft 2020-12). ``known`` is what an arm can name; by default what is installed."""
    known = known or installed()
    of_workload = workload.json_schema(known)
    recipes = of_workload["$defs"].pop("FaultTrials")["properties"]["recipes"]
    for key in OF_THE_ARM:
        del of_workload["$defs"]["PipelineTrials"]["properties"][key]
    for unused in ("Cluster", "Performance"):
        del of_workload["$defs"][unused]
    schema = Claims.model_json_schema()
    schema["$schema"] = of_workload["$schema"]
    schema["$defs"] |= of_workload["$defs"]
    describe(schema["properties"]["kafka"], enum=list(known.kafka))
    describe(schema["properties"]["limits"], **{"$ref": "#/$defs/Limits"})
    arm = schema["$defs"]["Arm"]
    grid: Schema = of_workload["properties"]["sweep"]["anyOf"][0]
    one: list[Schema] = grid["properties"]["client"]["items"]["anyOf"]
    describe(arm["properties"]["client"], anyOf=[*one, several({"anyOf": one})])
    config = of_workload["properties"]["config"]
    describe(
        arm["properties"]["config"], **{key: config[key] for key in ("type", "properties", "additionalProperties")}
    )
    describe(arm["properties"]["fault"], **recipes["items"])
    describe(arm["properties"]["load"], **{"$ref": "#/$defs/Load"})
    describe(arm["properties"]["pipeline"], **{"$ref": "#/$defs/PipelineTrials"})
    arm["anyOf"] = [{"required": [key]} for key in ("fault", "load", "pipeline")]
    arm["not"] = {"anyOf": [{"required": ["load", key]} for key in ("fault", "pipeline")]}
    return schema
