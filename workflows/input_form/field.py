"""The field of one property."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from workflows.input_form.texts import LEFT_OUT, LISTS, Kind, read, show

LONG_TEXT = 200  # characters; where more are allowed there are several lines to write in

_HINTS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "maxItems": "at most {} entries",
    "pattern": "matches {}",
}
_FORMATS = {
    "date-time": "a time such as 2026-12-01T09:00:00Z",
    "uri": "an address",
    "email": "an e-mail address",
}
_LAYOUTS = {Kind.JSON: "JSON", **LISTS}
_OBVIOUS: tuple[Any, ...] = (LEFT_OUT, None, "", [])  # meanings of an empty field that need no word
_NUMBERS = {"integer": Kind.INTEGER, "number": Kind.NUMBER}
_ENTRIES = {"string": Kind.TEXTS, "integer": Kind.INTEGERS, "number": Kind.NUMBERS}


@dataclass(frozen=True, slots=True, kw_only=True)
class InputField:
    """One property of an input.

    Attributes:
        name: of the property.
        help: what the schema says about it, as plain text.
        is_required: whether it must be given; never where the schema has a default.
        empty: what an empty field means, LEFT_OUT mostly.
        text: what stands in the field at first.
        choices: of a choice, what each is as JSON and as people read it.
    """

    name: str
    kind: Kind
    label: str
    help: str
    is_required: bool
    empty: Any
    text: str
    choices: tuple[tuple[str, str], ...]

    def read(self, text: str) -> Any:
        """Return the value that `text` means, or LEFT_OUT.

        Raises:
            ValueError: it means none; the message tells a person what to write.
        """
        value = read(self.kind, text)
        return self.empty if value is LEFT_OUT else value


def input_field(name: str, schema: Any, *, is_required: bool, given: Mapping[str, Any]) -> InputField:
    """Return the field of a property; it begins with what was given earlier, or else with the default.

    It becomes a field of JSON where a simpler one could not give back as it is what it begins with.
    """
    about = _Property(name, schema if isinstance(schema, Mapping) else {}, is_required)
    first = about.first(given)
    kind = next(kind for kind in about.kinds if about.keeps(first, kind))
    return InputField(
        name=name,
        kind=kind,
        label=about.schema.get("title") or name,
        help=" ".join(about.help(kind)),
        is_required=about.is_required,
        empty=about.when_empty(kind),
        text="" if first is LEFT_OUT else show(kind, first),
        choices=about.choices if kind is Kind.CHOICE else (),
    )


class _Property:
    """What the schema of a property means for its field."""

    def __init__(self, name: str, schema: Mapping[str, Any], is_required: bool) -> None:  # noqa: FBT001
        self.name = name
        self.schema = schema
        self.is_required = is_required and "default" not in schema
        types = schema.get("type", ())
        self.types = {types} if isinstance(types, str) else set(types)
        self.is_nullable = "null" in self.types

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return in which ways it may be written, the simplest first."""
        return {Kind.LINE: (Kind.LINE, Kind.TEXT, Kind.JSON)}.get(self.kind, (self.kind, Kind.JSON))

    @cached_property
    def kind(self) -> Kind:
        if self.schema.keys() & {"enum", "const"}:
            return Kind.CHOICE
        match sorted(self.types - {"null"}):
            case ["string"]:
                return self._text_kind
            case ["boolean"]:
                return self._yes_or_no
            case ["array"]:
                return _list_kind(self.schema.get("items"))
            case [single]:
                return _NUMBERS.get(single, Kind.JSON)
        return Kind.JSON

    @property
    def _text_kind(self) -> Kind:
        if self.schema.get("format") == "date":
            return Kind.DATE
        return Kind.TEXT if self.schema.get("maxLength", 0) > LONG_TEXT else Kind.LINE

    @property
    def _yes_or_no(self) -> Kind:
        """Return a box, which always says something, or a choice that may be left open."""
        is_certain = self.is_required or isinstance(self.schema.get("default"), bool)
        return Kind.CHECK if is_certain and not self.is_nullable else Kind.CHOICE

    @cached_property
    def choices(self) -> tuple[tuple[str, str], ...]:
        if not self.schema.keys() & {"enum", "const"}:
            return (("true", "yes"), ("false", "no"))
        values = [self.schema["const"]] if "const" in self.schema else self.schema["enum"]
        return tuple(
            (show(Kind.CHOICE, value), value if isinstance(value, str) else _json(value)) for value in values
        )

    def first(self, given: Mapping[str, Any]) -> Any:
        """Return the value to begin with, LEFT_OUT for an empty field."""
        value = given.get(self.name, self.schema.get("default", LEFT_OUT))
        if value is None and self._meant_when_empty(self.kind) is None:
            return LEFT_OUT
        is_decided = self.is_required and self.kind is Kind.CHOICE and len(self.choices) == 1
        return read(Kind.CHOICE, self.choices[0][0]) if value is LEFT_OUT and is_decided else value

    def keeps(self, value: Any, kind: Kind) -> bool:
        """Return whether a field of this kind that begins with `value` gives it back."""
        if value is LEFT_OUT or kind is Kind.JSON:
            return True
        try:
            text = show(kind, value)
            back = read(kind, text)
        except (TypeError, ValueError):
            return False
        if kind is Kind.CHOICE:
            return text in dict(self.choices)
        meant = self._meant_when_empty(kind) if back is LEFT_OUT else back
        return meant is not LEFT_OUT and _json(meant) == _json(value)

    def when_empty(self, kind: Kind) -> Any:
        """Return the value that an empty field of this kind gives."""
        if not self.is_required:
            return LEFT_OUT
        if kind in LISTS:
            return []
        return None if self.is_nullable and kind is not Kind.JSON else LEFT_OUT

    def _meant_when_empty(self, kind: Kind) -> Any:
        value = self.when_empty(kind)
        return self.schema.get("default", LEFT_OUT) if value is LEFT_OUT else value

    def help(self, kind: Kind) -> Iterator[str]:
        """Yield the sentences below the field."""
        if description := self.schema.get("description", "").strip():
            yield description if description[-1] in ".!?:" else f"{description}."
        if text := ", ".join(self._hints(kind)):
            yield f"{text[0].upper()}{text[1:]}."
        if kind is not Kind.CHECK and (meant := self._meant_when_empty(kind)) not in _OBVIOUS:
            yield f"Left empty: {_json(meant)[:100]}."

    def _hints(self, kind: Kind) -> Iterator[str]:
        if kind in _LAYOUTS:
            yield _LAYOUTS[kind]
        yield from (text.format(self.schema[name]) for name, text in _HINTS.items() if name in self.schema)
        wanted = self.schema.get("format")
        if wanted and kind is not Kind.DATE:
            yield _FORMATS.get(wanted, f"format {wanted}")


def _list_kind(items: Any) -> Kind:
    is_simple = isinstance(items, Mapping) and not items.keys() & {"enum", "const"}
    return _ENTRIES.get(str(items.get("type")), Kind.JSON) if is_simple else Kind.JSON


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
