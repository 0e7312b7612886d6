"""Expressions: CEL, bare in conditions and as `${{ … }}` in values.

CEL has no clock, no network and no unbounded loop, but the library has no cost limit either, copies a whole
list to append to it, and holds the interpreter's lock meanwhile. So what an expression may cost is bounded: the
length of its text and how deep its loops nest when it is compiled; how long a list it loops over, and how much
it reads how often, before it runs; what its loops collect, what its patterns are matched against and the
processor's time while it runs.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeAlias

import cel

from workflows import payload, syntax
from workflows.errors import ExpressionError, NotPlain, UnknownVariable
from workflows.expression_budget import STEP, Budget, Meter
from workflows.syntax import Path, Reference

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
MAX_LOOPS = 20  # in one expression; compiling a hundred takes 0.1 s
MAX_LOOP = {1: 1_000, 2: 200}  # longest list by nesting of loops

References: TypeAlias = frozenset[Reference]
Tree: TypeAlias = dict[str, "Tree | None"]  # of the keys that are read; None: all below

_TOO_MUCH = "too much to read; write out the keys of what it needs, or read large values less often"
_ERROR = re.compile(r"^(?:.*: )?ERROR: <input>:(\d+:\d+): (.*)$", re.MULTILINE)
# What the parser says of its own classes; an error in the words of the language mostly follows.
_INTERNAL = re.compile(r"\bOtherError\b|\bParseError\b|Context\w*`")
_LATER = {"index"}  # stored definitions may call a loop's element so; they are older than the variable


@dataclass(frozen=True, slots=True)
class Expression:
    """One compiled expression; safe to share between threads."""

    source: str
    _program: cel.Program = field(repr=False, compare=False)
    _paths: frozenset[Path] = field(repr=False, compare=False)
    _nesting: int = field(repr=False, compare=False)
    _reads: int = field(repr=False, compare=False)
    _text_growth: float = field(repr=False, compare=False)
    _list_growth: float = field(repr=False, compare=False)

    def references(self) -> References:
        """Return what it reads: `{("input", "url"), ("steps", "fetch"), ("event", None)}`.

        None stands for the whole variable, or for a key that is computed.
        """
        return frozenset((path[0], path[1] if len(path) > 1 else None) for path in self._paths)

    def paths(self) -> frozenset[Path]:
        """Return what it reads as far down as the keys are written out: `{("steps", "fetch", "output")}`."""
        return self._paths

    def run(self, context: "Context") -> Any:
        """Return the result on `context` as a plain JSON value.

        Raises:
            ExpressionError: it failed on these values, or would have been too expensive.
        """
        self._check_cost(context)
        result = self._execute(context)
        try:
            if isinstance(result, str | list | dict):
                payload.measure(
                    result, max_items=context.meter.budget.values, max_text=context.meter.budget.text
                )
            return payload.as_plain(result)
        except NotPlain as error:
            raise ExpressionError(self.source, f"the result cannot be kept: {error.reason}") from None

    def _check_cost(self, context: "Context") -> None:
        size, budget = context.size, context.meter.budget
        longest = max(size.width, len(self.source) // 2) * self._list_growth
        if self._nesting and longest > MAX_LOOP[self._nesting]:
            limit = f"{MAX_LOOP[self._nesting]:,} entries at nesting {self._nesting}"
            raise ExpressionError(
                self.source, f"too much to loop over: at most {limit}, less where lists are added"
            )
        if (size.text + len(self.source)) * self._text_growth > budget.added_text:
            raise ExpressionError(
                self.source, "too much text to add up; give it less, or split the expression"
            )
        if size.weight * self._reads > budget.work:
            raise ExpressionError(self.source, _TOO_MUCH)

    def _execute(self, context: "Context") -> Any:
        meter = context.meter
        meter.start(reads=self._reads)
        try:
            result = None if meter.exceeded else self._program.execute(context.values)
        except (ArithmeticError, LookupError, RuntimeError, TypeError, ValueError) as error:
            meter.error = meter.error or error
        finally:
            meter.stop()
        if meter.exceeded or meter.error:  # `||`, `&&` and exists() pass over errors
            raise ExpressionError(self.source, meter.exceeded or self._reason(meter.error))
        return result

    def _reason(self, error: Exception | None) -> str:
        if any(path[0] == "secrets" for path in self._paths):
            return f"failed with {type(error).__name__}; the detail is withheld because it reads secrets"
        if isinstance(error, KeyError):
            return f"there is no {error.args[0]!r:.200}; test for it with has(…)"
        return str(error).partition("\n")[0][:300]


@dataclass(frozen=True, slots=True)
class Context:
    """Variables converted once, for any number of expressions that read no more than `bind` was told.

    Unlike an expression, it belongs to one thread. All evaluations on it share one budget, until `renew`.
    """

    values: cel.Context
    size: payload.Size
    meter: Meter

    def renew(self) -> None:
        """Give the evaluations to come the whole budget again."""
        self.meter.renew()


def bind(variables: Mapping[str, Any], read: Iterable[Path | Reference], *, budget: Budget = STEP) -> Context:
    """Return a context with the part of `variables` that is `read`; the rest costs nothing.

    Args:
        variables: plain JSON values and aware datetimes by name; a path to a missing name fails only where the
            expression reads it.
        read: `Expression.paths` of all that shall run, or, coarser, their references.

    Raises:
        ExpressionError: what is read is too large or holds a value that CEL does not know.
    """
    selected = _part(variables, _tree(frozenset(read)))
    meter = Meter(budget)
    try:
        size = payload.measure(selected, max_items=budget.values, max_text=budget.text)
        return Context(cel.Context(selected, meter.functions), size, meter)
    except NotPlain as error:
        raise ExpressionError(", ".join(sorted(selected)), error.reason) from None
    except (TypeError, ValueError, OverflowError):
        reason = "a variable holds a value that is neither JSON nor a time"
        raise ExpressionError(", ".join(sorted(selected)), reason) from None


def evaluate(expression: Expression, variables: Mapping[str, Any], *, budget: Budget = STEP) -> Any:
    """Return the result of `expression` on `variables` as a plain JSON value.

    Raises:
        ExpressionError: it failed on these values, or would have been too expensive.
    """
    return expression.run(bind(variables, expression.paths(), budget=budget))


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

    if len(loops) > MAX_LOOPS:
        raise ExpressionError(
            source, f"too much to loop: {len(loops)} loops; at most {MAX_LOOPS} are allowed"
        )
    _check_names(source, program, bound={loop.variable for loop in loops if loop.variable})
    metered = syntax.metered(source)
    texts, lists = syntax.additions(source)
    return Expression(
        source,
        program if metered == source else _parse(metered),
        syntax.paths(source),
        nesting,
        syntax.reads(source),
        _text_growth=_growth(texts, stages=len(loops) + 1),
        _list_growth=_growth(lists, stages=len(loops) + 1),
    )


def _parse(source: str) -> cel.Program:
    try:
        return cel.compile(source)
    except ValueError as error:
        reason = _wrong_at(str(error).replace(source, "", 1))
        raise ExpressionError(source, f"not a CEL expression, at line:column {reason}") from None


def _wrong_at(report: str) -> str:
    """Return where the parser stopped, and why; what it says of its own insides is left out."""
    found = _ERROR.findall(report) or [("1:1", report)]
    place, reason = next((one for one in found if not _INTERNAL.search(one[1])), found[0])
    if "Recursion limit" in found[0][1]:
        place, reason = found[0][0], "nested too deep; write it with fewer brackets"
    elif _INTERNAL.search(reason):
        reason = "it ends too early, or something is missing here"
    return f"{place}: {reason.partition(' expecting ')[0][:200]}"


def _check_names(source: str, program: cel.Program, *, bound: set[str]) -> None:
    if shadowed := sorted(bound & VARIABLES - _LATER):
        raise ExpressionError(source, f"a loop may not call its element {shadowed[0]!r}, which is a variable")
    if unknown := sorted(set(program.variables()) - bound - VARIABLES):
        raise UnknownVariable(source, unknown[0], known=VARIABLES)
    named = {name for name in program.functions() if name.lstrip(".").isidentifier()}  # not operators: `_+_`
    if unknown := sorted(named - FUNCTIONS):
        raise ExpressionError(source, f"unknown function {unknown[0]!r}")


def _growth(additions: int, *, stages: int) -> float:
    """Return how much longer than its parts a text or list can get by so many `+`.

    Every `+` at most adds what one stage was given; over several stages that multiplies, most when they share
    the additions evenly.
    """
    return float((1 + additions / stages) ** stages)


@lru_cache(maxsize=4096)
def _tree(read: frozenset[Path | Reference]) -> Tree:
    tree: Tree = {}
    for path in sorted((tuple(key for key in path if key is not None) for path in read), key=len):
        node = tree
        for key in path[:-1]:
            below = node.setdefault(key, {})
            if below is None:  # a shorter path reads all of it
                break
            node = below
        else:
            node[path[-1]] = None
    return tree


def _part(value: Any, tree: Tree | None) -> Any:
    if tree is None or not isinstance(value, Mapping):
        return value
    return {key: _part(value[key], below) for key, below in tree.items() if key in value}
