"""Says pydantic's errors in this project's words."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from harness.words import listed, options
from harness.workload.foreign import FOREIGN
from harness.workload.problems import Place, Problem, quote, suggestion
from harness.workload.settings import SETTINGS

Sections = Mapping[tuple[str, ...], type[BaseModel]]
"""The model of each mapping in a file, by the keys that lead to it."""

_MISTAKES = "mistakes"
_SAYS = {
    "int_type": "{value} is not a whole number",
    "int_parsing": "{value} is not a whole number",
    "int_from_float": "{value} is not a whole number",
    "float_type": "{value} is not a number",
    "float_parsing": "{value} is not a number",
    "bool_type": "{value} is neither true nor false",
    "bool_parsing": "{value} is neither true nor false",
    "string_type": "{value} is not text",
    "literal_error": "{value} is not {expected}",
    "greater_than": "{value} is too small; it has to be more than {gt}",
    "greater_than_equal": "{value} is too small; at least {ge}",
    "less_than": "{value} is too large; it has to be less than {lt}",
    "less_than_equal": "{value} is too large; at most {le}",
    "too_short": "needs at least {min_length}",
    "model_type": "{value} is not a mapping",
    "tuple_type": "{value} is not a list",
    "value_error": "{error}",
    "extra_forbidden": "unknown key",
}


def refuse(problems: list[Problem]) -> None:
    """For a validator: raises all these problems, their places counted from the value it validates; none: passes."""
    if problems:
        raise PydanticCustomError(_MISTAKES, "several mistakes", {"problems": problems})


def explain(error: ValidationError, sections: Sections) -> list[Problem]:
    """Everything that pydantic found, a problem each."""
    problems = []
    every = error.errors(include_url=False)
    for found in every:
        place = tuple(part for part in found["loc"] if part != "[key]")  # what is wrong is a key, not its value
        if found["type"] == "too_short" and any(
            place == other["loc"][: len(place)] for other in every if other != found
        ):
            continue  # there is something, and what is wrong with it is said
        if found["type"] == _MISTAKES:
            within = found["ctx"]["problems"]
            problems += [Problem((*place, *problem.place), problem.message) for problem in within]
        elif found["type"] == "value_error" and hasattr(found["ctx"]["error"], "problems"):
            problems += [Problem(place, message) for message in found["ctx"]["error"].problems]
        else:
            problems.append(Problem(place, _say(found, sections)))
    return problems


def _is_around(place: Place, every: list[ErrorDetails]) -> bool:
    """Whether something is wrong within it."""
    return any(len(each["loc"]) > len(place) and each["loc"][: len(place)] == place for each in every)


def unknown_key(key: str, known: Mapping[str, object] | list[str], sections: Sections | None = None) -> str:
    """What to say of a key that means nothing where it is: what it is called here, where it belongs, what is near."""
    if key in FOREIGN:
        return f"unknown key: {FOREIGN[key]}"
    near = suggestion(key, known)
    if near:
        return f"unknown key{near}"
    elsewhere = [".".join(keys) for keys, model in (sections or {}).items() if keys and key in model.model_fields]
    if elsewhere:
        return f"unknown key here: it belongs in {listed(elsewhere, 'or')}"
    if key in SETTINGS:
        return "unknown key here: it belongs in sweep or config"
    return f"unknown key; known are {options(known)}"


def _say(found: ErrorDetails, sections: Sections) -> str:
    place = found["loc"]
    model = sections.get(tuple(part for part in place[:-1] if isinstance(part, str)))
    if model is not None and found["type"] == "missing":
        return f"is missing: {model.model_fields[str(place[-1])].description}"
    if model is not None and found["type"] == "extra_forbidden":
        return unknown_key(str(place[-1]), list(model.model_fields), sections)
    says = _SAYS.get(found["type"])
    if says is None:
        return f"{quote(found['input'])}: {found['msg']}"
    bounds = {key: int(x) if isinstance(x, float) and x.is_integer() else x for key, x in found.get("ctx", {}).items()}
    return says.format(value=quote(found["input"]), **bounds)
