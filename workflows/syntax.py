"""What the text of a CEL expression tells: its variables, its loops, where it ends in a template.

The parser of the library tells the names of variables but neither their second level (`steps.fetch`) nor the
nesting of macros, so the tokens are read here once more. Grammar: cel-spec, doc/langdef.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

Reference: TypeAlias = tuple[
    str, str | None
]  # ("steps", "fetch"); None: the whole variable, or a computed key

Path: TypeAlias = tuple[str, ...]  # ("steps", "fetch", "output"): all that stands below it is read

MACROS = frozenset({"all", "exists", "exists_one", "existsOne", "filter", "map"})

_STRINGS = {
    "raw": r"""(?:[rR][bB]?|[bB][rR])(?:\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}|"[^"\n]*"|'[^'\n]*')""",
    "string": r"""[bB]?(?:\"{3}(?:\\[\s\S]|[^\\])*?\"{3}|'{3}(?:\\[\s\S]|[^\\])*?'{3}"""
    r"""|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
}
_TOKEN = re.compile(
    rf"(?P<space>\s+|//[^\n]*)|(?P<raw>{_STRINGS['raw']})|(?P<string>{_STRINGS['string']})"
    r"|(?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[\s\S])"
)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_CONSTANTS = frozenset({"true", "false", "null", "in"})
_MAKING = frozenset("[{+")  # with these a value can become larger than what was given
_MAX_PATH = 16  # bounds a recursion; deeper, all is taken as read
_SLOW = {"duration": 60, "matches": 4}  # what they read costs so many times more
_PLAIN_KEY = re.compile(r"""(["'])([A-Za-z0-9_.-]*)\1""")


@dataclass(frozen=True, slots=True)
class Token:
    """One token; `start` and `end` are offsets into the source."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Macro:
    """One loop (`list.map(x, …)`): its name, the name it binds, how deep in loops it stands.

    `first` and `body` are the offsets of what is evaluated first and last for every element; two places only
    in `list.map(x, condition, value)`.
    """

    name: str
    variable: str | None
    depth: int
    first: tuple[int, int]
    body: tuple[int, int]


def tokens(source: str, *, start: int = 0) -> Iterator[Token]:
    """Yield the tokens of `source` from offset `start`, without white space and comments."""
    for match in _TOKEN.finditer(source, start):
        kind = match.lastgroup or "mark"
        if kind != "space":
            yield Token(kind, match.group(), match.start(), match.end())


def closing(text: str, start: int) -> int | None:
    """Return the offset of the `}}` that closes the expression which begins at `start`, or None.

    A `}}` inside a text literal or of a map literal does not count.
    """
    open_braces = 0
    for token in tokens(text, start=start):
        if token.text == "{":
            open_braces += 1
        elif token.text == "}" and open_braces:
            open_braces -= 1
        elif token.text == "}" and text.startswith("}}", token.start):
            return token.start
    return None


def paths(source: str) -> frozenset[Path]:
    """Return which parts of its variables `source` reads, as far down as their keys are written out."""
    found = list(tokens(source))
    bound = {macro.variable for macro in macros(source)}
    roots = (
        index for index, token in enumerate(found) if _is_variable(found, index) and token.text not in bound
    )
    return frozenset(_path(found, index) for index in roots)


def reads(source: str) -> int:
    """Return how many times one pass over `source` may touch the whole of a value.

    The library copies what it reads a member or an element of.
    """
    found = list(tokens(source))
    called = {index for index in range(len(found)) if _text_at(found, index + 1) == "("}
    slow = sum(_SLOW.get(found[index].text, 0) for index in called)
    return slow + sum(
        token.text == "[" or (token.kind == "name" and token.text not in _CONSTANTS and index not in called)
        for index, token in enumerate(found)
    )


def parts_of_steps(source: str) -> frozenset[str]:
    """Return what `source` reads of steps: of `steps.fetch.output` it is `output`."""
    found = list(tokens(source))
    roots = (
        index for index, token in enumerate(found) if token.text == "steps" and _is_variable(found, index)
    )
    named = (index for index in roots if _key_after(found, index) is not None)
    parts = (_key_after(found, index + (2 if found[index + 1].text == "." else 3)) for index in named)
    return frozenset(part for part in parts if part is not None)


def macros(source: str) -> tuple[Macro, ...]:
    """Return the loops in `source`, inner ones first; it is known to parse."""
    found = list(tokens(source))
    result: list[Macro] = []
    opened: list[_Opened] = []
    for index, token in enumerate(found):
        if token.text in _OPENING:
            opened.append(_Opened(index, _begins_loop(found, index)))
        elif token.text == "," and opened:
            opened[-1].commas.append(token.start)
        elif token.text in _CLOSING and opened:
            depth = sum(bracket.loop for bracket in opened)
            last = opened.pop()
            result += [_macro(found, last, depth=depth, end=token.start)] if last.loop else []
    return tuple(result)


def metered(source: str) -> str:
    """Return `source` with its costly places passed through functions that the caller provides.

    `_turn(…)` is asked before every turn of a loop, `_collect(value)` before a `map` or `filter` keeps a value:
    where one answers false, the index error that is written there ends the evaluation. (An error from them
    would not do: the library logs each.) `_matches` stands for `matches`. Where the source can make values,
    `_turn` is given the element, which may be larger than all that the expression was given.
    """
    found = list(tokens(source))
    measured = any(token.text in _MAKING for token in found)
    parts = [
        (token.start, "_")
        for index, token in enumerate(found)
        if token.text == "matches" and _text_at(found, index + 1) == "("
    ]
    for loop in macros(source):
        parts += _guards(loop, element=loop.variable if measured and loop.variable else "")
    for offset, text in sorted(parts, key=lambda part: part[0], reverse=True):
        source = source[:offset] + text + source[offset:]
    return source


def _guards(loop: Macro, *, element: str) -> list[tuple[int, str]]:
    asked = f"_collect({loop.variable})" if loop.name == "filter" else f"_turn({element})"
    before, after = f" {asked} ? (", ") : [false][1]"
    if loop.name != "map":
        return [(loop.body[0], before), (loop.body[1], after)]

    keep = "].filter(_v, _collect(_v))[0]"
    if loop.first == loop.body:
        return [(loop.body[0], " [" + before), (loop.body[1], after + keep)]
    return [(loop.first[0], before), (loop.first[1], after), (loop.body[0], " ["), (loop.body[1], keep)]


def additions(source: str) -> tuple[int, int]:
    """Return how many `+` in `source` may join texts, and how many may join lists."""
    found = list(tokens(source))
    signs = [index for index, token in enumerate(found) if token.text == "+"]
    beside = [
        {found[index + step].kind for step in (-1, 1) if 0 <= index + step < len(found)} for index in signs
    ]
    texts = sum("number" not in kinds for kinds in beside)
    lists = sum(kinds.isdisjoint({"number", "string", "raw"}) for kinds in beside)
    return texts, lists


@dataclass(slots=True)
class _Opened:
    index: int
    loop: bool
    commas: list[int] = field(default_factory=list)  # offsets of those directly within


def _begins_loop(found: list[Token], index: int) -> bool:
    return (
        found[index].text == "("
        and _text_at(found, index - 1) in MACROS
        and _text_at(found, index - 2) == "."
    )


def _macro(found: list[Token], opened: _Opened, *, depth: int, end: int) -> Macro:
    name = found[opened.index - 1].text
    commas = [*(opened.commas or [found[opened.index].start]), end]
    first, body = (commas[0] + 1, commas[1]), (commas[-2] + 1, end)
    return Macro(name, _name_at(found, opened.index + 1), depth, first, body)


def _is_variable(found: list[Token], index: int) -> bool:
    token = found[index]
    if token.kind != "name" or token.text in _CONSTANTS or _text_at(found, index - 1) == ".":
        return False
    return _text_at(found, index + 1) != "("


def _path(found: list[Token], index: int) -> Path:
    path = [found[index].text]
    while len(path) < _MAX_PATH and (key := _key_after(found, index)) is not None:
        path.append(key)
        index += 2 if found[index + 1].text == "." else 3
    return tuple(path)


def _key_after(found: list[Token], index: int) -> str | None:
    after = _text_at(found, index + 1)
    if after == ".":
        return None if _text_at(found, index + 3) == "(" else _name_at(found, index + 2)
    if after == "[" and _text_at(found, index + 3) == "]":
        match = _PLAIN_KEY.fullmatch(_text_at(found, index + 2))
        return match.group(2) if match else None
    return None


def _text_at(found: list[Token], index: int) -> str:
    return found[index].text if 0 <= index < len(found) else ""


def _name_at(found: list[Token], index: int) -> str | None:
    return found[index].text if index < len(found) and found[index].kind == "name" else None
