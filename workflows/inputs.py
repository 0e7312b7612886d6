"""The input of a workflow: its JSON Schema, and values held against it."""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Protocol

import cel
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

from workflows.errors import InvalidInput, NotPlain, Problem, dotted
from workflows.plain import check_plain
from workflows.schema_references import REFERENCES, reference_problems

MAX_BYTES = 1_000_000
MAX_ERRORS = 20  # a person reads no more at once
MAX_REFERENCES = 20  # a chain of doubled references costs 2 ** (references / 2)

_MATCHES = cel.compile("text.matches(pattern)")
_NAMED_SCHEMAS = ("properties", "$defs", "dependentSchemas")
_NOT_SCHEMAS = ("default", "const", "enum", "examples", "required", "dependentRequired")


class HasInputs(Protocol):
    """What `check_input` needs of a definition."""

    @property
    def inputs(self) -> dict[str, Any]: ...


def check_input(definition: HasInputs, input: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002 - the product's word
    """Return `input` with the defaults of the schema's top level applied, valid by the schema.

    Args:
        input: plain JSON values; at most 1 MB as JSON.

    Raises:
        InvalidInput: it is not; paths are like `input.url`, at most 20 problems are listed.
    """
    return check_value(definition.inputs, input, start="input")


def check_value(schema: Mapping[str, Any], value: Mapping[str, Any], *, start: str) -> dict[str, Any]:
    """Return `value` with the defaults of the schema's top level applied, valid by the schema.

    Args:
        value: plain JSON values; at most 1 MB as JSON.
        start: what it is called in paths, such as `form`.

    Raises:
        InvalidInput: it is not; at most 20 problems are listed.
    """
    _check_size(value, start)
    filled = {**_defaults(schema), **value}
    if problems := [_problem(error, start) for error in islice(_errors(schema, filled), MAX_ERRORS)]:
        raise InvalidInput(problems)
    return filled


def schema_problems(schema: Mapping[str, Any], *, start: str = "inputs") -> Iterator[Problem]:
    """Yield what is wrong with a JSON Schema of an object; paths begin with `start`."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield Problem(path=dotted(error.absolute_path, start=start), message=error.message[:300])
        return

    if schema.get("type", "object") != "object":
        yield Problem(path=f"{start}.type", message="must be object: what is given always is")
    schemas = list(_schemas(schema, start))
    for path, part in schemas:
        yield from _keyword_problems(path, part)
    if sum(name in part for _, part in schemas for name in REFERENCES) > MAX_REFERENCES:
        yield Problem(path=start, message=f"more than {MAX_REFERENCES} $ref")
    elif lost := list(reference_problems(schema, start=start)):
        yield from lost
    else:
        yield from _default_problems(schema, start)


def _check_size(value: Mapping[str, Any], start: str) -> None:
    try:
        check_plain(value, max_text=MAX_BYTES)
    except NotPlain as error:
        raise InvalidInput([Problem(path=dotted(error.path, start=start), message=error.reason)]) from None
    if len(json.dumps(value, ensure_ascii=False).encode()) > MAX_BYTES:
        raise InvalidInput([Problem(path=start, message="larger than 1 MB")])


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {
        name: copy.deepcopy(part["default"])
        for name, part in properties.items()
        if isinstance(part, dict) and "default" in part
    }


def _errors(schema: Mapping[str, Any], value: dict[str, Any]) -> Iterator[ValidationError]:
    if not schema:
        return
    try:
        yield from _validator(json.dumps(schema)).iter_errors(value)
    except Unresolvable as error:
        yield ValidationError(f"the schema refers to {error.ref!r}, which it does not hold")
    except RecursionError:
        yield ValidationError("the schema refers to itself without end")


@lru_cache(maxsize=1024)  # making one takes longer than using it
def _validator(schema: str) -> Any:
    # Without a registry of our own jsonschema would fetch a remote $ref from the network.
    return _Validator(json.loads(schema), registry=Registry(), format_checker=_Validator.FORMAT_CHECKER)


def _problem(error: ValidationError, start: str) -> Problem:
    path = dotted(error.absolute_path, start=start)
    if missing := re.fullmatch(r"'(.*)' is a required property", error.message):
        return Problem(path=f"{path}.{missing.group(1)}", message="is required")
    return Problem(path=path, message=error.message[:300])


def _schemas(schema: Any, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield every schema within `schema`, itself first, with its path."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for key, child in schema.items():
        for name, part in _subschemas(key, child):
            yield from _schemas(part, dotted(name, start=path))


def _subschemas(key: str, child: Any) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if key in _NOT_SCHEMAS:
        return
    if key in _NAMED_SCHEMAS and isinstance(child, dict):
        yield from (((key, name), part) for name, part in child.items())
    elif isinstance(child, list):
        yield from (((key, index), part) for index, part in enumerate(child))
    else:
        yield (key,), child


def _default_problems(schema: Mapping[str, Any], start: str) -> Iterator[Problem]:
    for error in islice(_errors(schema, _defaults(schema)), MAX_ERRORS):
        if error.absolute_path:  # the others are about what has no default
            name, *within = error.absolute_path
            path = dotted(("properties", name, "default", *within), start=start)
            yield Problem(path=path, message=error.message[:300])


def _keyword_problems(path: str, schema: Mapping[str, Any]) -> Iterator[Problem]:
    for keyword in ("$ref", "$dynamicRef"):
        if not str(schema.get(keyword, "#")).startswith("#"):
            yield Problem(path=f"{path}.{keyword}", message="must stay within this schema: begin it with #")
    if "patternProperties" in schema:
        yield Problem(path=f"{path}.patternProperties", message="is not supported; use additionalProperties")
    if "pattern" in schema and _search(schema["pattern"], "") is None:
        message = "not a regular expression that takes linear time: no look-around, no back-references"
        yield Problem(path=f"{path}.pattern", message=message)


def _pattern(_: Validator, pattern: str, value: Any, __: Mapping[str, Any]) -> Iterator[ValidationError]:
    """Check `pattern` with the linear engine of CEL: Python's can be made to take for ever."""
    if isinstance(value, str) and not _search(pattern, value):
        yield ValidationError(f"{value[:100]!r} does not match {pattern!r}")


def _search(pattern: str, text: str) -> bool | None:
    """Return whether `pattern` matches within `text`, or None if it is no pattern."""
    try:
        return bool(_MATCHES.execute({"text": text, "pattern": pattern}))
    except (RuntimeError, ValueError):
        return None


_Validator: Any = extend(Draft202012Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]
