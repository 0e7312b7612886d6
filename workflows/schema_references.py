"""Where the references of a JSON Schema lead."""

from collections.abc import Iterator, Mapping
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from workflows.errors import Problem, dotted

REFERENCES = ("$ref", "$dynamicRef")
NOWHERE = "leads to no schema; name one that stands here, such as #/$defs/address"
ROUND = "leads back to itself, so that a check would never end; refer to it from `properties` or `items`"

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

# Keywords that hold schemas by which a value itself is checked, and those for its parts or for none.
_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")
_NAMED = ("dependentSchemas",)
_LISTS_OF_PARTS = ("prefixItems",)
_SINGLE_OF_PARTS = (
    "items",
    "contains",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
_NAMED_OF_PARTS = ("$defs", "definitions", "properties", "patternProperties")


def reference_problems(schema: Schema, *, start: str) -> Iterator[Problem]:
    """Yield which references of a valid schema lead nowhere, or to nothing but themselves.

    What stands below a keyword that JSON Schema does not know was not checked, and is no schema.
    """
    schemas = list(_schemas(schema, ()))
    if any("$id" in part for _, part in schemas[1:]):
        return  # what a reference means there depends on the way by which it was reached
    targets = _Targets(schema, {id(part) for _, part in schemas})
    for path, part in schemas:
        for keyword in REFERENCES:
            if keyword in part and (message := targets.fault(part, keyword)):
                yield Problem(path=dotted((*path, keyword), start=start), message=message)


def _schemas(schema: Any, path: Path) -> Iterator[tuple[Path, Schema]]:
    if not isinstance(schema, Mapping):
        return
    yield path, schema
    inner = [*_of_the_same_value(schema), *_of_its_parts(schema)]
    for where, part in inner:
        yield from _schemas(part, (*path, *where))


def _of_the_same_value(schema: Schema) -> Iterator[tuple[Path, Any]]:
    return _below(schema, lists=_LISTS, single=_SINGLE, named=_NAMED)


def _of_its_parts(schema: Schema) -> Iterator[tuple[Path, Any]]:
    return _below(schema, lists=_LISTS_OF_PARTS, single=_SINGLE_OF_PARTS, named=_NAMED_OF_PARTS)


def _below(
    schema: Schema, *, lists: tuple[str, ...], single: tuple[str, ...], named: tuple[str, ...]
) -> Iterator[tuple[Path, Any]]:
    for key in lists:
        yield from (((key, index), part) for index, part in enumerate(schema.get(key, [])))
    yield from (((key,), schema[key]) for key in single if key in schema)
    for key in named:
        yield from (((key, name), part) for name, part in schema.get(key, {}).items())


class _Targets:
    """What the references of one schema mean."""

    def __init__(self, schema: Schema, known: set[int]) -> None:
        document: Any = DRAFT202012.create_resource(schema)
        self._resolver = Registry().resolver_with_root(document)
        self._known = known

    def fault(self, schema: Schema, keyword: str) -> str | None:
        target = self._target(schema[keyword])
        if target is None:
            return NOWHERE
        return ROUND if self._comes_back(schema, target) else None

    def _target(self, reference: str) -> Any:
        """Return the schema that is meant, or None where none is."""
        try:
            found = self._resolver.lookup(reference).contents
        except (Unresolvable, ValueError, TypeError):  # a pointer through a list or a number raises these
            return None
        return found if isinstance(found, bool) or id(found) in self._known else None

    def _comes_back(self, schema: Schema, target: Any) -> bool:
        """Return whether a value that is held against `target` is so held against `schema`."""
        left, seen = [target], set[int]()
        while left:
            one = left.pop()
            if one is schema:
                return True
            if isinstance(one, Mapping) and id(one) not in seen:
                seen.add(id(one))
                left.extend(part for _, part in _of_the_same_value(one))
                left.extend(self._target(one[keyword]) for keyword in REFERENCES if keyword in one)
        return False
