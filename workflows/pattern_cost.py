"""What a regular expression costs, told from its text.

The library compiles a pattern anew for every match, and matches in time proportional to the text times the places
that the pattern can be in at once. It has no backtracking, but repetitions multiply: `(a{500}){500}` is 14
characters. Grammar: https://docs.rs/regex/latest/regex/#syntax.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

MAX_PATTERN = 2_000  # characters

_COMPILE_SECONDS = 1e-6  # for one state of the compiled pattern
_MATCH_SECONDS = 1e-8  # for one place and one byte of the text
_TOKEN = re.compile(
    r"(?P<wide>\\[wWdDsS]|\\[pP](?:\{[^}]*\}|.))|(?P<escape>\\(?:[xuU]\{[^}]*\}|.))"
    r"|(?P<class>\[\^?\]?(?:\\.|[^\]\\])*+(?:\]|\Z))|(?P<count>\{[^}]*\})|(?P<mark>.)",
    re.DOTALL,
)
_VERBOSE = re.compile(r"\(\?[a-zA-Z-]*x")
_WIDE = re.compile(r"\\[wWdDsSpP]")
_ENDLESS = 10**12  # keeps nested repetitions within what a float can hold
_WIDE_STATES = 200  # of a class that holds letters of all scripts
_CLASS_STATES = 20  # of another class, or of `.`: characters are up to four bytes


class _Cost(NamedTuple):
    places: int
    states: int


def seconds_to_match(pattern: str, text: str) -> float:
    """Return the processor time that matching `pattern` takes at the worst; infinity if that cannot be told."""
    if len(pattern) > MAX_PATTERN or _VERBOSE.search(pattern):  # there, a comment may hold anything
        return float("inf")
    cost = _cost(pattern)
    return cost.states * _COMPILE_SECONDS + cost.places * len(text.encode()) * _MATCH_SECONDS


@lru_cache(maxsize=512)
def _cost(pattern: str) -> _Cost:
    groups: list[list[_Cost]] = [[]]
    for token in _TOKEN.finditer(pattern):
        kind, text = token.lastgroup, token.group()
        if kind == "count":
            _repeat(groups[-1], times=max(map(int, re.findall(r"\d+", text)), default=1))
        elif text == "(":
            groups.append([])
        elif text == ")":
            _close(groups)
        else:
            groups[-1].append(_atom(kind, text))
    return _sum(cost for group in groups for cost in group)


def _atom(kind: str | None, text: str) -> _Cost:
    if kind == "wide" or (kind == "class" and _WIDE.search(text)):
        return _Cost(2, _WIDE_STATES * max(1, len(_WIDE.findall(text))))
    return _Cost(1, _CLASS_STATES if kind == "class" or text == "." else 1)


def _repeat(group: list[_Cost], *, times: int) -> None:
    if group:
        last = group.pop()
        group.append(_Cost(*(min(part * max(times, 1), _ENDLESS) for part in last)))


def _close(groups: list[list[_Cost]]) -> None:
    # A bracket too many stands in a class within a class, or is an error: then all so far counts as one group.
    closed = _sum(groups.pop())
    if not groups:
        groups.append([])
    groups[-1].append(closed)


def _sum(costs: Iterable[_Cost]) -> _Cost:
    listed = list(costs)
    return _Cost(sum(cost.places for cost in listed), sum(cost.states for cost in listed))
