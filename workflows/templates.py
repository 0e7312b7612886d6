"""Values with holes: JSON in which texts may hold `${{ expression }}`."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from workflows import syntax
from workflows.errors import ExpressionError
from workflows.expression_budget import STEP, Budget
from workflows.expressions import Context, Expression, References, bind, compile_expression
from workflows.syntax import Path

OPENING = "${{"


class Node(Protocol):
    """One node of the tree that a value compiles to."""

    def fill(self, context: Context) -> Any:
        """Return its value on `context`."""


@dataclass(frozen=True, slots=True)
class Template:
    """A value compiled once and rendered often; safe to share between threads.

    Attributes:
        expressions: those in it, in document order.
        references: all that they read, see `Expression.references`.
    """

    _root: Node
    expressions: tuple[Expression, ...]
    references: References
    _paths: frozenset[Path]

    @property
    def is_text(self) -> bool:
        """Return whether it renders to a text, whatever its expressions give."""
        return isinstance(self._root, _Text)

    def render(self, variables: Mapping[str, Any], *, budget: Budget = STEP) -> Any:
        """Return the value with every `${{ … }}` filled in from `variables`; lists and dicts are new ones.

        A text that is exactly one expression becomes the result with its type; elsewhere results become text:
        null as nothing, lists and maps as compact JSON with sorted keys.

        Raises:
            ExpressionError: an expression failed on these variables, or all together exceeded `budget`.
        """
        return self._root.fill(bind(variables, self._paths, budget=budget))


def compile_template(value: Any) -> Template:
    """Return the JSON `value` compiled. Keys are taken as they stand.

    Raises:
        ExpressionError: an expression in it does not compile, or is not closed.
    """
    expressions: list[Expression] = []
    root = _compile(value, expressions)
    references = frozenset().union(*(expression.references() for expression in expressions))
    paths = frozenset().union(*(expression.paths() for expression in expressions))
    return Template(root, tuple(expressions), references, paths)


@dataclass(frozen=True, slots=True)
class _Constant:
    value: Any

    def fill(self, context: Context) -> Any:  # noqa: ARG002 - a node like the others
        return self.value


@dataclass(frozen=True, slots=True)
class _Whole:
    expression: Expression

    def fill(self, context: Context) -> Any:
        return self.expression.run(context)


@dataclass(frozen=True, slots=True)
class _Text:
    parts: tuple[str | Expression, ...]

    def fill(self, context: Context) -> str:
        return "".join(part if isinstance(part, str) else as_text(part.run(context)) for part in self.parts)


@dataclass(frozen=True, slots=True)
class _List:
    nodes: tuple[Node, ...]

    def fill(self, context: Context) -> list[Any]:
        return [node.fill(context) for node in self.nodes]


@dataclass(frozen=True, slots=True)
class _Map:
    nodes: tuple[tuple[str, Node], ...]

    def fill(self, context: Context) -> dict[str, Any]:
        return {key: node.fill(context) for key, node in self.nodes}


def _compile(value: Any, expressions: list[Expression]) -> Node:
    if isinstance(value, dict):
        return _Map(tuple((key, _compile(child, expressions)) for key, child in value.items()))
    if isinstance(value, list | tuple):
        return _List(tuple(_compile(child, expressions) for child in value))
    if isinstance(value, str) and OPENING in value:
        parts = _split(value)
        expressions.extend(part for part in parts if isinstance(part, Expression))
        return _Whole(parts[0]) if len(parts) == 1 and isinstance(parts[0], Expression) else _Text(parts)
    return _Constant(value)


def _split(text: str) -> tuple[str | Expression, ...]:
    parts: list[str | Expression] = []
    rest = 0
    while (opening := text.find(OPENING, rest)) >= 0:
        start = opening + len(OPENING)
        end = syntax.closing(text, start)
        if end is None:
            raise ExpressionError(text[opening:], "${{ is never closed by }}")
        parts += [text[rest:opening], compile_expression(text[start:end].strip())]
        rest = end + 2
    parts.append(text[rest:])
    return tuple(part for part in parts if part != "")


def as_text(value: Any) -> str:
    """Return what `value`, plain JSON, becomes within a text: null nothing, lists and maps compact JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    # CEL forgets the order of keys; sorted, the same values always give the same text.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
