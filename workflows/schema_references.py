"""Where the references of a JSON Schema lead."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from workflows.errors import Problem

REFERENCES = ("$ref", "$dynamicRef")
NOWHERE = "leads to no schema; name one that stands here, such as #/$defs/address"
ROUND = "leads back to itself, so that a check would never end; refer to it from `properties` or `items`"

Schema = Mapping[str, Any]
Placed = tuple[str, Schema]  # its path, and the schema

_LISTS = ("allOf", "anyOf", "oneOf")
_SINGLE = ("not", "if", "then", "else")


def reference_problems(schemas: Sequence[Placed]) -> Iterator[Problem]:
    """Yield which references lead nowhere, or to nothing but themselves.

    Args:
        schemas: a valid schema of a document, first, and all within it.
    """
    if any("$id" in schema for _, schema in schemas[1:]):
        return  # what a reference means there depends on the way by which it was reached
    targets = _Targets(schemas)
    for path, schema in schemas:
        for keyword in REFERENCES:
            if keyword in schema and (message := targets.fault(schema, keyword)):
                yield Problem(path=f"{path}.{keyword}", message=message)


class _Targets:
    """What the references of one document mean."""

    def __init__(self, schemas: Sequence[Placed]) -> None:
        document: Any = DRAFT202012.create_resource(schemas[0][1])
        self._resolver = Registry().resolver_with_root(document)
        self._known = {id(schema) for _, schema in schemas}

    def fault(self, schema: Schema, keyword: str) -> str | None:
        target = self._target(schema[keyword])
        if target is None:
            return NOWHERE
        return ROUND if self._comes_back(schema, target) else None

    def _target(self, reference: str) -> Any:
        """Return the schema that is meant, or None where none is."""
        try:
            found = self._resolver.lookup(reference).contents
        except (Unresolvable, ValueError, TypeError):  # a pointer through a list, or a number, raises these
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
                left.extend(self._of_the_same_value(one))
        return False

    def _of_the_same_value(self, schema: Schema) -> Iterator[Any]:
        for name in _LISTS:
            yield from schema.get(name, [])
        yield from (schema[name] for name in _SINGLE if name in schema)
        yield from schema.get("dependentSchemas", {}).values()
        yield from (self._target(schema[name]) for name in REFERENCES if name in schema)
