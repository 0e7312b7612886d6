"""From text to data: YAML or JSON, without the traps of either."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

import yaml
from yaml.constructor import ConstructorError

from workflows.errors import InvalidDefinition, Problem
from workflows.plain import MAX_DEPTH

MAX_BYTES = 256 * 1024
TOO_LARGE = f"larger than {MAX_BYTES // 1024} kB"
TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"

SCALARS = [
    (f"tag:yaml.org,2002:{name}", re.compile(rf"^(?:{pattern})$"), list(first))
    for name, pattern, first in (
        ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
        ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
        ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", "-+."),
    )
]
"""What a plain scalar means by YAML 1.2's core schema: tag, pattern, first characters."""

_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # seven times faster where libyaml is there


def read(text: str) -> dict[str, Any]:
    """Return the mapping that `text` holds, as YAML or JSON.

    Raises:
        InvalidDefinition: too large, not YAML or JSON, a key twice, NaN, or something else than a mapping.
    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        refuse(TOO_LARGE)
    return as_mapping(_json(text) if text.lstrip().startswith("{") else _yaml(text))


def as_mapping(data: Any) -> dict[str, Any]:
    """Return `data` as a dict.

    Raises:
        InvalidDefinition: it is not a mapping.
    """
    if not isinstance(data, Mapping):
        refuse("a definition is a mapping with `steps`")
    return dict(data)


def refuse(message: str) -> NoReturn:
    """Raise InvalidDefinition about the document as a whole."""
    raise InvalidDefinition([Problem(path="", message=message)])


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        refuse(TOO_DEEP)
    except json.JSONDecodeError:
        return _yaml(text)  # a YAML document may begin with a brace too, and its messages serve both
    except ValueError as error:
        refuse(str(error))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        raise ValueError(_twice(key for key, _ in pairs))
    return mapping


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _yaml(text: str) -> Any:
    try:
        _check_depth(text)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader, made stricter
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        refuse(f"{where}{error.problem}")
    except (yaml.YAMLError, ValueError) as error:
        refuse(f"not YAML: {error}")


def _check_depth(text: str) -> None:
    """Refuse what is nested too deep, before libyaml's loader recurses over it and ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=_Base):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ValueError(TOO_DEEP)


def _twice(keys: Iterable[Any]) -> str:
    again, _ = Counter(keys).most_common(1)[0]
    return f"the key {again!r:.80} stands there twice"


class _Loader(_Base):  # type: ignore[misc]
    """SafeLoader with the scalars of YAML 1.2's core schema, without merge keys, that refuses a key twice.

    By YAML 1.1 `no` is false, `10:30` is 630 and `2026-11-20` a date, none of which its author meant; merge
    keys grow exponentially through aliases.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        pass

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        if len(mapping) < len(node.value):
            problem = _twice(self.construct_object(key, deep=True) for key, _ in node.value)
            raise ConstructorError(None, None, problem, node.start_mark)
        return mapping

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        text: str = self.construct_scalar(node)
        if len(text) > 20:
            raise ConstructorError(None, None, "an integer beyond 64 bits; put it in quotes", node.start_mark)
        return int(text, 0) if text.startswith(("0x", "0o")) else int(text)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
for _scalar in SCALARS:
    _Loader.add_implicit_resolver(*_scalar)
