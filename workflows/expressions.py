"""Expressions: CEL, bare in conditions and as `${{ … }}` in values.

CEL has no clock, no network and no unbounded loop, but the library has no cost limit either, copies a whole
list to append to it, and holds the interpreter's lock meanwhile. So what an expression may cost is bounded: the
length of its text and how deep its loops nest when it is compiled, how long a list it loops over before it runs,
and how much its loops collect while it runs.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import cel

from workflows import payload, syntax
from workflows.errors import ExpressionError, NotPlain
from workflows.syntax import Reference

VARIABLES = frozenset({"input", "steps", "execution", "schedule", "event", "item", "index", "secrets"})
FUNCTIONS = frozenset(
    {
        *("size", "contains", "startsWith", "endsWith", "matches"),
        *("string", "int", "uint", "double", "bytes", "timestamp", "duration", "type", "dyn"),
        *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
        *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
    }
)

MAX_SOURCE = 2_000  # bytes
MAX_NESTING = 2  # loops within loops: each level multiplies the time by the length of a list
MAX_LOOP = {1: 1_000, 2: 200}  # longest list by nesting of loops; with the next line, a second at most
MAX_COLLECTED = payload.Size(items=10_000, width=0, text=1_000_000)  # by all loops of one evaluation
MAX_TEXT = 16_000_000  # characters that a chain of `+` may make of the texts it is given

References: TypeAlias = frozenset[Reference]

_METER = "_collect"
_LATER = {"index"}  # stored definitions may call a loop's element so; they are older than the variable
_COLLECTED = "its loops collect too much; loop over less, or keep less of each element"


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression; safe to share between threads."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)
    _references: References = field(repr=False, compare=False)
    _nesting: int = field(repr=False, compare=False)
    _text_growth: float = field(repr=False, compare=False)
    _list_growth: float = field(repr=False, compare=False)

    def references(self) -> References:
        """Return what it reads: `{("input", "url"), ("steps", "fetch"), ("event", None)}`.

        None stands for the whole variable, or for a key that is computed.
        """
        return self._references

    def run(self, context: "Context") -> Any:
        """Return the result on `context` as a plain JSON value.

        Raises:
            ExpressionError: it failed on these values, or would have been too expensive.
        """
        self._check_cost(context.size)
        context.meter.reset()
        try:
            result = self._program.execute(context.values)
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            reason = _COLLECTED if context.meter.exhausted else self._reason(error)
            raise ExpressionError(self.source, reason) from None
        if context.meter.exhausted:  # `||`, `&&` and exists() pass over errors
            raise ExpressionError(self.source, _COLLECTED)
        return self._plain(result)

    def _plain(self, result: Any) -> Any:
        try:
            return payload.as_plain(result)
        except NotPlain as error:
            raise ExpressionError(self.source, f"the result cannot be kept: {error.reason}") from None

    def _check_cost(self, size: payload.Size) -> None:
        longest = max(size.width, len(self.source) // 2) * self._list_growth
        if self._nesting and longest > MAX_LOOP[self._nesting]:
            limit = f"{MAX_LOOP[self._nesting]:,} entries at nesting {self._nesting}"
            raise ExpressionError(
                self.source, f"too much to loop over: at most {limit}, less where lists are added"
            )
        if (size.text + len(self.source)) * self._text_growth > MAX_TEXT:
            raise ExpressionError(
                self.source, "too much text to add up; give it less, or split the expression"
            )

    def _reason(self, error: Exception) -> str:
        if any(root == "secrets" for root, _ in self._references):
            return f"failed with {type(error).__name__}; the detail is withheld because it reads secrets"
        if isinstance(error, KeyError):
            return f"there is no {error.args[0]!r}; test for it with has(…)"
        return str(error).partition("\n")[0][:300]


class Meter:
    """Counts what the loops of one evaluation collect."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begin another evaluation."""
        self.items = self.text = 0
        self.exhausted = False

    def __call__(self, value: Any) -> bool:
        """Count `value`, which may be a whole list; return whether the loop may go on."""
        try:
            size = payload.measure(value)
        except NotPlain:
            self.exhausted = True
            return False
        self.items += size.items
        self.text += size.text
        self.exhausted |= self.items > MAX_COLLECTED.items or self.text > MAX_COLLECTED.text
        return not self.exhausted


@dataclass(frozen=True, slots=True)
class Context:
    """Variables converted once, for any number of expressions that read no more than `bind` was told.

    Unlike an expression, it belongs to one thread.
    """

    values: cel.Context
    size: payload.Size
    meter: Meter


def bind(variables: Mapping[str, Any], references: Iterable[Reference]) -> Context:
    """Return a context with the part of `variables` that `references` name; the rest costs nothing.

    Args:
        variables: plain JSON values and aware datetimes by name; a reference to a missing name fails only
            where the expression reads it.

    Raises:
        ExpressionError: what is referred to is too large or holds a value that CEL does not know.
    """
    selected = _select(variables, references)
    meter = Meter()
    try:
        size = payload.measure(selected)
        return Context(cel.Context(selected, {_METER: meter}), size, meter)
    except NotPlain as error:
        raise ExpressionError(", ".join(sorted(selected)), error.reason) from None
    except (TypeError, ValueError, OverflowError):
        reason = "a variable holds a value that is neither JSON nor a time"
        raise ExpressionError(", ".join(sorted(selected)), reason) from None


def evaluate(expression: Expression, variables: Mapping[str, Any]) -> Any:
    """Return the result of `expression` on `variables` as a plain JSON value.

    Raises:
        ExpressionError: it failed on these values, or would have been too expensive.
    """
    return expression.run(bind(variables, expression.references()))


@lru_cache(maxsize=4096)  # 1 % of a compilation; a worker sees the same few hundred expressions all day
def compile_expression(source: str) -> Expression:
    """Return `source`, compiled and checked.

    Raises:
        ExpressionError: too long, a syntax error, an unknown variable or function, or loops nested too deep.
    """
    if len(source.encode(errors="replace")) > MAX_SOURCE:
        raise ExpressionError(source, f"longer than {MAX_SOURCE:,} bytes")
    program = _parse(source)
    loops = syntax.macros(source)
    nesting = max((loop.depth for loop in loops), default=0)
    if nesting > MAX_NESTING:
        raise ExpressionError(source, f"loops nested {nesting} deep; at most {MAX_NESTING} are allowed")

    _check_names(source, program, bound={loop.variable for loop in loops if loop.variable})
    if loops:
        program = cel.compile(syntax.metered(source, meter=_METER))
    texts, lists = syntax.additions(source)
    return Expression(
        source,
        program,
        syntax.references(source),
        nesting,
        _text_growth=_growth(texts, stages=len(loops) + 1),
        _list_growth=_growth(lists, stages=len(loops) + 1),
    )


def _parse(source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except ValueError as error:
        detail = str(error).partition("ERROR: <input>:")[2] or str(error)
        reason = detail.partition("\n")[0].partition(" expecting ")[0][:200]
        raise ExpressionError(source, f"not a CEL expression, at line:column {reason}") from None


def _check_names(source: str, program: cel.Program, *, bound: set[str]) -> None:
    if shadowed := sorted(bound & VARIABLES - _LATER):
        raise ExpressionError(source, f"a loop may not call its element {shadowed[0]!r}, which is a variable")
    if unknown := sorted(set(program.variables()) - bound - VARIABLES):
        known = ", ".join(sorted(VARIABLES))
        raise ExpressionError(source, f"unknown variable {unknown[0]!r}; there are {known}")
    named = {name for name in program.functions() if name.lstrip(".").isidentifier()}  # not operators: `_+_`
    if unknown := sorted(named - FUNCTIONS):
        raise ExpressionError(source, f"unknown function {unknown[0]!r}")


def _growth(additions: int, *, stages: int) -> float:
    """Return how much longer than its parts a text or list can get by so many `+`.

    Every `+` at most adds what one stage was given; over several stages that multiplies, most when they share
    the additions evenly.
    """
    return float((1 + additions / stages) ** stages)


def _select(variables: Mapping[str, Any], references: Iterable[Reference]) -> dict[str, Any]:
    wanted: dict[str, set[str] | None] = {}
    for root, key in references:
        keys = wanted.setdefault(root, set())
        if key is None or keys is None:
            wanted[root] = None
        else:
            keys.add(key)
    return {root: _part(variables[root], keys) for root, keys in wanted.items() if root in variables}


def _part(value: Any, keys: set[str] | None) -> Any:
    if keys is None or not isinstance(value, Mapping):
        return value
    return {key: value[key] for key in keys if key in value}
