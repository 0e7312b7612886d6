"""Filters, expressions and the mapping to the workflow's input."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from events.patterns import MAX_PATH
from workflows.errors import ExpressionError, NotPlain, Problem, dotted
from workflows.expressions import References, compile_expression
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
DEEP = frozenset({"data"})  # what of an event has parts

_ATTRIBUTE = re.compile(r"[a-z0-9_]+")


def filter_problems(filters: object, *, deep: Collection[str] = DEEP) -> Iterator[Problem]:
    """Yield what is wrong with `filters`, a map from dotted paths to the values that must be there.

    Args:
        deep: the parts of the event within which a path may go on.
    """
    if not isinstance(filters, dict) or len(filters) > MAX_FILTERS:
        yield Problem(path="filters", message=FILTERS_HELP)
        return
    for path, value in filters.items():
        if not isinstance(path, str) or not _is_path(path, deep):
            yield Problem(path=dotted([str(path)], start="filters"), message=PATH_HELP)
        elif problem := _too_large(value, MAX_VALUE):
            yield Problem(path=dotted([path], start="filters"), message=problem)


def _is_path(path: str, deep: Collection[str]) -> bool:
    if len(path) > MAX_PATH or not path.isprintable():
        return False
    first, *rest = path.split(".")
    return bool(_ATTRIBUTE.fullmatch(first)) and all(rest) and (not rest or first in deep)


def expression_problems(field: str, source: object) -> Iterator[Problem]:
    """Yield what is wrong with an expression over `event`; empty is none."""
    if not isinstance(source, str):
        yield Problem(path=field, message="write an expression such as event.data.total > 100")
    elif source:
        try:
            yield from _reads_too_much(field, compile_expression(source).references())
        except ExpressionError as error:
            yield Problem(path=field, message=str(error))


def input_problems(template: Any) -> Iterator[Problem]:
    """Yield what is wrong with how the input is made of the event."""
    if template is None:
        return
    if not isinstance(template, Mapping) and not (isinstance(template, str) and OPENING in template):
        yield Problem(path="input", message=INPUT_HELP)
        return
    if problem := _too_large(template, MAX_INPUT):
        yield Problem(path="input", message=problem)
        return
    try:
        compiled = compile_template(template)
    except ExpressionError as error:
        yield Problem(path="input", message=str(error))
        return
    yield from _reads_too_much("input", compiled.references)
    if compiled.is_text:
        yield Problem(path="input", message=f"gives text; {INPUT_HELP}")


def _reads_too_much(field: str, references: References) -> Iterator[Problem]:
    if others := sorted({root for root, _ in references} - {"event"}):
        yield Problem(path=field, message=f"reads {', '.join(others)}; only `event` is there")


def _too_large(value: Any, most: int) -> str:
    """Return why a value cannot be kept, or ""."""
    try:
        check_plain(value, max_text=most)
    except NotPlain as error:
        return f"{dotted(error.path)}: {error.reason}".removeprefix(": ")
    size = len(json.dumps(value, ensure_ascii=False).encode())
    return "" if size <= most else f"is {size:,} bytes as JSON; write {most:,} at most"
