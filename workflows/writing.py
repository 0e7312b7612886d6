"""From data to text: YAML that `reading.read` gives back unchanged."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import yaml

from workflows.reading import SCALARS
from workflows.steps import COMPENSATE, Body

if TYPE_CHECKING:
    from workflows.definition import Definition

LINE = 100  # columns

_FIRST = ("id", "kind", "needs", "if", "for_each", "max_parallel", "fail_when")
_LAST = (*Body.model_fields, COMPENSATE)


def as_written(definition: "Definition") -> str:
    """Return the definition as its author would write it: YAML, without what is default anyway."""
    data = definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    for section in ("steps", "on_failure", "always"):
        if section in data:
            data[section] = [_in_order(step) for step in data[section]]
    return write(data)


def write(data: Mapping[str, Any]) -> str:
    """Return `data`, plain JSON values, as YAML for a person to edit; keys keep their order."""
    text: str = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE)
    return text


def _in_order(step: Mapping[str, Any]) -> dict[str, Any]:
    """Return a step with its name and place first, then what it does, then how it runs."""
    first = [name for name in _FIRST if name in step]
    last = [name for name in _LAST if name in step]
    middle = [name for name in step if name not in first and name not in last]
    ordered = {name: step[name] for name in (*first, *middle, *last)}
    if COMPENSATE in ordered:
        ordered[COMPENSATE] = _in_order(ordered[COMPENSATE])
    return ordered


class _Dumper(yaml.SafeDumper):
    """SafeDumper that also quotes what only YAML 1.2 takes for a number, and writes no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: FBT001, FBT002
        del indentless
        super().increase_indent(flow, indentless=False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if not text.replace("\n", "").isprintable():  # such as U+0085, which other styles read back as a space
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.SequenceNode:
    """Write a short list of plain values on one line."""
    is_short = not any(isinstance(item, dict | list) for item in items) and len(str(items)) < LINE // 2
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=is_short)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(list, _list)
for _scalar in SCALARS:
    _Dumper.add_implicit_resolver(*_scalar)
