"""From data to text: YAML that `reading.read` gives back unchanged."""

from collections.abc import Mapping
from typing import Any

import yaml

from workflows.reading import SCALARS

LINE = 100  # columns


def write(data: Mapping[str, Any]) -> str:
    """Return `data`, plain JSON values, as YAML for a person to edit; keys keep their order."""
    text: str = yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LINE)
    return text


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
