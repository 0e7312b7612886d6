"""The fields of a whole input."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workflows.input_form.field import InputField, input_field

MAX_FIELDS = 100  # nobody fills in more; such an input is one field of JSON


@dataclass(frozen=True, slots=True)
class InputForm:
    """How a person writes an input.

    Attributes:
        fields: what is required first, in the order of `required`; JSON objects are stored without one.
        takes_more: whether properties without a field may be given, as one JSON object.
        more: those to begin with.
        lost: names in the earlier input that the schema takes no more.
    """

    fields: tuple[InputField, ...]
    takes_more: bool
    more: dict[str, Any]
    lost: tuple[str, ...]

    def at(self, path: str) -> str | None:
        """Return the property that a path such as `input.order.lines[0].sku` is about, None for no field."""
        about = [field.name for field in self.fields if _is_within(path, f"input.{field.name}")]
        return max(about, key=len, default=None)


def input_form(schema: Mapping[str, Any], *, given: Mapping[str, Any] | None = None) -> InputForm:
    """Return the fields for inputs that fit `schema`.

    Args:
        schema: of an object, as `schema_problems` accepts it.
        given: an earlier input to begin with, in place of the defaults.
    """
    given, required = given or {}, schema.get("required", [])
    declared = {name: part for name, part in schema.get("properties", {}).items() if part is not False}
    own = _with_field(declared)
    takes_more = _takes_others(schema) or len(own) < len(declared)
    others = {name: value for name, value in given.items() if name not in own}
    more = {**_begun(declared, required, without=own), **others}
    return InputForm(
        tuple(
            input_field(name, declared[name], is_required=name in required, given=given)
            for name in dict.fromkeys([*required, *declared])
            if name in own
        ),
        takes_more,
        more if takes_more else {},
        () if takes_more else tuple(others),
    )


def _is_within(path: str, start: str) -> bool:
    return path.startswith(start) and path[len(start) : len(start) + 1] in {"", ".", "["}


def _with_field(declared: Iterable[str]) -> set[str]:
    """Return the properties that get a field: not names which a browser could change, nor too many."""
    names = {name for name in declared if name.isprintable()}
    return names if len(names) <= MAX_FIELDS else set()


def _takes_others(schema: Mapping[str, Any]) -> bool:
    return all(schema.get(word) is not False for word in ("additionalProperties", "unevaluatedProperties"))


def _begun(declared: Mapping[str, Any], required: Iterable[str], *, without: set[str]) -> dict[str, Any]:
    """Return the defaults, and null for what must be given, of the properties that have no field."""
    defaults = {
        name: part["default"]
        for name, part in declared.items()
        if isinstance(part, Mapping) and "default" in part
    }
    begun = {**dict.fromkeys(required), **defaults}
    return {name: value for name, value in begun.items() if name not in without}
