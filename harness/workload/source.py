"""A YAML file as plain data, with the line of every value in it.

Keys stay text as written (YAML reads ``on`` as true), a key that comes twice is a mistake, and so is a value that
is neither text, number, true, false nor nothing: what is left can be checked without surprises.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import yaml

from harness.workload.problems import Place, Problem, WorkloadError

_PLAIN = frozenset(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))

_NUMBERS = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float"))

_MOST_BYTES = 1 << 20  # a hundred times the longest workload there is; a device has no end
_MOST_VALUES = 100_000  # a few aliases of aliases stand for millions
_LONGEST_NUMBER = 100  # characters; more than 64 bits take in any notation
_LARGEST_NUMBER = 2**63 - 1  # Kafka's own largest
_SMALLEST_NUMBER = 1e-9  # of seconds and rates: nothing here is counted in less than a nanosecond


class _Loader(yaml.SafeLoader):
    """YAML 1.1 without dates, and with YAML 1.2's numbers that have an exponent and no point."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(":timestamp")]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+\Z"), list("-+0123456789")
)


class Source:
    """A file's ``data``, the ``problems`` of its YAML, and where its values stand."""

    def __init__(self, path: Path) -> None:
        """Reads the file. Raises ``WorkloadError`` when it cannot be read, or is no YAML."""
        self.path = path
        self.problems: list[Problem] = []
        self._values = 0
        try:
            self._loader = _Loader(_read_bytes(path).decode("utf-8-sig"))
            self._root = self._loader.get_single_node()
            self.data = None if self._root is None else self._read(self._root, (), ())
        except OSError as error:
            raise WorkloadError([f"{path}: cannot be read: {error.strerror}"]) from None
        except UnicodeDecodeError as error:
            raise WorkloadError([f"{path}: is not UTF-8 text: byte {error.start} is {error.reason}"]) from None
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark
            where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
            raise WorkloadError([f"{path}{where}: is not YAML: {error.problem}"]) from None
        except yaml.YAMLError as error:
            raise WorkloadError([f"{path}: is not YAML: {str(error).splitlines()[0]}"]) from None
        except RecursionError:
            raise WorkloadError([f"{path}: is nested too deeply"]) from None

    def line(self, place: Place) -> int:
        """The line, counted from 1, of a key or a list's item; of the nearest one around it when it is absent."""
        node, line = self._root, 1
        for part in place:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == part), None)
                if pair is None:
                    break
                key, node = pair
                line = key.start_mark.line + 1
            elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
                node = node.value[part]
                line = node.start_mark.line + 1
            else:
                break
        return line

    def refusal(self, problems: list[Problem]) -> WorkloadError:
        """All of these problems, each with its place, in the order of the file."""
        in_order = sorted(problems, key=lambda problem: self.line(problem.place))
        return WorkloadError(f"{self.path}:{self.line(problem.place)}: {problem}" for problem in in_order)

    def _read(self, node: yaml.Node, place: Place, around: tuple[yaml.Node, ...]) -> object:
        if node in around:
            self._problem(place, "this alias stands for something that contains it")
            return None
        self._values += 1
        if self._values > _MOST_VALUES:
            raise WorkloadError([f"{self.path}: has more than {_MOST_VALUES:,} values"])
        if node.tag not in _PLAIN:
            self._problem(place, f"the tag {node.tag} has no meaning here")
            return None
        around = (*around, node)
        if isinstance(node, yaml.SequenceNode):
            return [self._read(item, (*place, index), around) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, place, around)
        return self._read_scalar(node, place)

    def _read_mapping(self, node: yaml.MappingNode, place: Place, around: tuple[yaml.Node, ...]) -> dict[str, object]:
        data: dict[str, object] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self._problem(place, f"the key in line {line} is not text")
            elif key.value in data:
                self._problem((*place, key.value), f"is here twice, in lines {lines[key.value]} and {line}")
            else:
                lines[key.value] = line
                data[key.value] = self._read(value, (*place, key.value), around)
        return data

    def _read_scalar(self, node: yaml.Node, place: Place) -> object:
        if node.tag in _NUMBERS and len(node.value) > _LONGEST_NUMBER:
            self._problem(place, f"is a number of {len(node.value):,} characters; at most {_LONGEST_NUMBER}")
            return None
        try:
            value: object = self._loader.construct_object(node)
        except (ValueError, LookupError):
            self._problem(place, f"this is no {node.tag.rpartition(':')[2]}")
            return None
        if isinstance(value, int | float) and (wrong := _no_number(value)):
            self._problem(place, wrong)
            return None
        return value

    def _problem(self, place: Place, message: str) -> None:
        self.problems.append(Problem(place, message))


def _read_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise WorkloadError([f"{path}: has more than {_MOST_BYTES:,} bytes"])
    return content


def _no_number(value: float) -> str:
    """Why nothing can be reckoned with it; empty if it is a number like others."""
    if not math.isfinite(value):
        return "is not a finite number"
    if abs(value) > _LARGEST_NUMBER:
        return f"is too large a number; at most {_LARGEST_NUMBER}"
    if 0 < abs(value) < _SMALLEST_NUMBER:
        return f"is too small a number; 0, or at least {_SMALLEST_NUMBER:g}"
    return ""
