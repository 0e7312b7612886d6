"""Filters, expressions and the mapping to the workflow's input."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from events.patterns import MAX_PATH
from workflows.errors import ExpressionError, NotPlain, Problem, UnknownVariable, dotted
from workflows.expression_budget import TRIGGER
from workflows.expressions import Expression, References, compile_expression, evaluate
from workflows.plain import check_plain
from workflows.templates import OPENING, compile_template

MAX_FILTERS = 20
MAX_VALUE = 1_000  # bytes of a filter's value, as JSON
MAX_INPUT = 20_000  # bytes of a mapping, as JSON
INPUT_HELP = "write null for the event's data, an object, or one ${{ expression }} that gives an object"
FILTERS_HELP = (
    f"write an object of at most {MAX_FILTERS} entries from paths such as data.kind to their values"
)
PATH_HELP = (
    "write a path such as data.order.kind, or one of id, type, source, subject, time or an extension attribute; "
    f"{MAX_PATH} characters at most"
)
DELIVERY_HELP = (
    "write a path such as data.order.kind or headers.x-event, or one of id, type, source, subject, time; "
    f"{MAX_PATH} characters at most"
)
DEEP = frozenset({"data"})  # what of an event has parts
DEEP_OF_DELIVERY = frozenset({"data", "headers"})
OF_DELIVERY = DEEP_OF_DELIVERY | {"id", "type", "source", "subject", "time"}
HEADER = "headers."

EXAMPLE = "an expression such as event.data.total > 100"

Place: TypeAlias = tuple[str | int, ...]

_ATTRIBUTE = re.compile(r"[a-z0-9_]+")


def filter_problems(filters: object, *, of_delivery: bool = False) -> Iterator[Problem]:
    """Yield what is wrong with `filters`, a map from dotted paths to the values that must be there.

    Args:
        of_delivery: they are a webhook's: there are headers, and no extension attributes.
    """
    if not isinstance(filters, dict) or len(filters) > MAX_FILTERS:
        yield Problem(path="filters", message=FILTERS_HELP)
        return
    for path, value in filters.items():
        if wrong := _path_problem(path, of_delivery=of_delivery):
            yield Problem(path=dotted([str(path)], start="filters"), message=wrong)
        else:
            yield from _too_large(value, MAX_VALUE, path=dotted([path], start="filters"))


def _path_problem(path: object, *, of_delivery: bool) -> str:
    help_ = DELIVERY_HELP if of_delivery else PATH_HELP
    if not isinstance(path, str) or len(path) > MAX_PATH or not path.isprintable():
        return help_
    first, *rest = path.split(".")
    is_known = first in OF_DELIVERY if of_delivery else _ATTRIBUTE.fullmatch(first)
    if not is_known or not all(rest) or (rest and first not in (DEEP_OF_DELIVERY if of_delivery else DEEP)):
        return help_
    if of_delivery and path.startswith(HEADER) and path != path.lower():
        return f"headers are there by their names in lower case; write {path.lower()}"
    return ""


def expression_problems(field: str, source: object) -> Iterator[Problem]:
    """Yield what is wrong with an expression over `event`; empty is none."""
    if not isinstance(source, str):
        yield Problem(path=field, message=f"write {EXAMPLE}")
    elif source:
        try:
            expression = compile_expression(source)
            references = expression.references()
            yield from _reads_too_much(field, references)
            if not references:
                yield from _constant_problems(field, expression)
        except ExpressionError as error:
            yield Problem(path=field, message=_only_event(error))


def _constant_problems(field: str, expression: Expression) -> Iterator[Problem]:
    """Yield why an expression that reads nothing is of no use: what it gives for one event it gives for all.

    Raises:
        ExpressionError: it fails, whatever comes.
    """
    result = evaluate(expression, {}, budget=TRIGGER)
    if field == "condition" and not isinstance(result, bool):
        yield Problem(path=field, message=f"is never true, whatever comes; write {EXAMPLE}")


def input_problems(template: Any) -> Iterator[Problem]:
    """Yield what is wrong with how the input is made of the event."""
    if template is None:
        return
    if not isinstance(template, Mapping) and not (isinstance(template, str) and OPENING in template):
        yield Problem(path="input", message=INPUT_HELP)
        return
    if problems := list(_too_large(template, MAX_INPUT, path="input")):
        yield from problems
        return
    for path, text in _filled(template):
        try:
            yield from _reads_too_much(dotted(path, start="input"), compile_template(text).references)
        except ExpressionError as error:
            yield Problem(path=dotted(path, start="input"), message=_only_event(error))
        else:
            if text is template and compile_template(text).is_text:
                yield Problem(path="input", message=f"gives text; {INPUT_HELP}")


def _filled(value: Any, path: Place = ()) -> Iterator[tuple[Place, str]]:
    """Yield every text of a mapping that holds an expression, with its place."""
    if isinstance(value, str) and OPENING in value:
        yield path, value
    elif isinstance(value, Mapping):
        for name, part in value.items():
            yield from _filled(part, (*path, name))
    elif isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _filled(part, (*path, number))


def _only_event(error: ExpressionError) -> str:
    """Return what is wrong with an expression, in which of all variables only `event` can be read."""
    if isinstance(error, UnknownVariable):
        error = ExpressionError(error.source, f"unknown variable {error.name!r}; only `event` is there")
    return str(error)


def _reads_too_much(field: str, references: References) -> Iterator[Problem]:
    if others := sorted({root for root, _ in references} - {"event"}):
        yield Problem(path=field, message=f"reads {', '.join(others)}; only `event` is there")


def _too_large(value: Any, most: int, *, path: str) -> Iterator[Problem]:
    """Yield why a value cannot be kept."""
    try:
        check_plain(value, max_text=most)
    except NotPlain as error:
        yield Problem(path=dotted(error.path, start=path), message=error.reason)
        return
    size = len(json.dumps(value, ensure_ascii=False).encode())
    if size > most:
        yield Problem(path=path, message=f"is {size:,} bytes as JSON; write {most:,} at most")
