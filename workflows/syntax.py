"""What the text of a CEL expression tells: its variables, its loops, where it ends in a template.

The parser of the library tells the names of variables but neither their second level (`steps.fetch`) nor the
nesting of macros, so the tokens are read here once more. Grammar: cel-spec, doc/langdef.md.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

Reference: TypeAlias = tuple[
    str, str | None
]  # ("steps", "fetch"); None: the whole variable, or a computed key

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
    """One loop (`list.map(x, …)`): its name, the name it binds, how deep in loops it stands, where its body does."""

    name: str
    variable: str | None
    depth: int
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


def references(source: str) -> frozenset[Reference]:
    """Return which variables `source` reads, with the key directly below each where it is written out."""
    found = list(tokens(source))
    bound = {macro.variable for macro in macros(source)}
    roots = (
        index for index, token in enumerate(found) if _is_variable(found, index) and token.text not in bound
    )
    return frozenset((found[index].text, _key_after(found, index)) for index in roots)


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
            opened[-1].comma = token.end
        elif token.text in _CLOSING and opened:
            depth = sum(bracket.loop for bracket in opened)
            last = opened.pop()
            result += [_macro(found, last, depth=depth, end=token.start)] if last.loop else []
    return tuple(result)


def metered(source: str, *, meter: str) -> str:
    """Return `source` with every value that a `map` or `filter` collects passed to the function `meter` first.

    Where that answers false, the index error that is written there ends the evaluation. (An error from `meter`
    itself would not do: the library logs each.)
    """
    parts: list[tuple[int, str]] = []
    for loop in macros(source):
        if loop.name == "map":
            parts += [(loop.body[0], " ["), (loop.body[1], f"].filter(_v, {meter}(_v))[0]")]
        elif loop.name == "filter":
            parts += [(loop.body[0], f" {meter}({loop.variable}) ? ("), (loop.body[1], ") : [false][1]")]
    for offset, text in sorted(parts, reverse=True):
        source = source[:offset] + text + source[offset:]
    return source


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
    comma: int = 0  # offset behind the last comma directly within


def _begins_loop(found: list[Token], index: int) -> bool:
    return (
        found[index].text == "("
        and _text_at(found, index - 1) in MACROS
        and _text_at(found, index - 2) == "."
    )


def _macro(found: list[Token], opened: _Opened, *, depth: int, end: int) -> Macro:
    name = found[opened.index - 1].text
    return Macro(name, _name_at(found, opened.index + 1), depth, (opened.comma, end))


def _is_variable(found: list[Token], index: int) -> bool:
    token = found[index]
    if token.kind != "name" or token.text in _CONSTANTS or _text_at(found, index - 1) == ".":
        return False
    return _text_at(found, index + 1) != "("


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
