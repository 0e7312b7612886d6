"""Values of an input as the text that stands in a form, and back."""

import json
import re
from collections.abc import Callable
from datetime import date
from enum import StrEnum
from typing import Any, Final

from organizations import strict_json

_INTEGER = re.compile(r"[+-]?[0-9]{1,400}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,400}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_LINE_END = re.compile(r"\r\n|\r|\n")  # str.splitlines ends a line at characters that belong to a text, too


class _LeftOut:
    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Final = _LeftOut()
"""What an empty field means: the property is not given at all."""


class Kind(StrEnum):
    """How a value is written."""

    LINE = "line"  # a text
    TEXT = "text"  # a text of several lines
    DATE = "date"  # a day as the browser's picker gives it
    INTEGER = "integer"
    NUMBER = "number"
    CHECK = "check"  # a box: `true`, or empty for false
    CHOICE = "choice"  # a value of a list, as JSON
    TEXTS = "texts"  # lists, one entry to a line
    INTEGERS = "integers"
    NUMBERS = "numbers"
    JSON = "json"


LISTS = {
    Kind.TEXTS: "one to a line",
    Kind.INTEGERS: "whole numbers, one to a line",
    Kind.NUMBERS: "numbers, one to a line",
}
"""The kinds that are lists, and how one is written."""


def show(kind: Kind, value: Any) -> str:
    """Return the text that stands for `value`.

    Raises:
        TypeError, ValueError: a field of this kind cannot show it.
    """
    return _SHOW[kind](value)


def read(kind: Kind, text: str) -> Any:
    """Return the value that `text` means, LEFT_OUT for an empty one.

    Raises:
        ValueError: it means none; the message tells a person what to write.
    """
    if kind is Kind.CHECK:
        return text == "true"
    return _READ[kind](text) if text.strip() else LEFT_OUT


def _shown_line(value: Any) -> str:
    if not isinstance(value, str) or _LINE_END.search(value):
        raise ValueError("not a line of text")
    return value


def _shown_text(value: Any) -> str:
    # A browser drops the first line end of a text, and turns every other into "\r\n".
    if not isinstance(value, str) or value.startswith("\n") or "\r" in value:
        raise ValueError("not a text")
    return value


def _shown_number(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a number")
    return json.dumps(value)


def _shown_check(value: Any) -> str:
    if not isinstance(value, bool):
        raise TypeError("neither true nor false")
    return "true" if value else ""


def _shown_list(entry: Callable[[Any], str]) -> Callable[[Any], str]:
    def shown(value: Any) -> str:
        if not isinstance(value, list):
            raise TypeError("not a list")
        return "\n".join(map(entry, value))

    return shown


def _indented(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _line(text: str) -> str:
    return text.strip()


def _text(text: str) -> str:
    return _LINE_END.sub("\n", text)


def _date(text: str) -> str:
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValueError("Write a day such as 2026-12-01.") from None


def _integer(text: str) -> int:
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError("Write a whole number.")
    return int(text)


def _number(text: str) -> int | float:
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) == float("inf"):
        raise ValueError("Write a number, such as 2.5.")
    return number


def _list_of(entry: Callable[[str], Any]) -> Callable[[str], list[Any]]:
    def read_list(text: str) -> list[Any]:
        return [entry(line) for line in _LINE_END.split(text) if line.strip()]

    return read_list


def _json(text: str) -> Any:
    try:
        return strict_json.loads(text)
    except strict_json.NotJSON as error:  # which says it
        raise ValueError(f"This is {error}.") from None


_SHOW: dict[Kind, Callable[[Any], str]] = {
    Kind.LINE: _shown_line,
    Kind.TEXT: _shown_text,
    Kind.DATE: _shown_line,
    Kind.INTEGER: _shown_number,
    Kind.NUMBER: _shown_number,
    Kind.CHECK: _shown_check,
    Kind.CHOICE: json.dumps,
    Kind.TEXTS: _shown_list(_shown_line),
    Kind.INTEGERS: _shown_list(_shown_number),
    Kind.NUMBERS: _shown_list(_shown_number),
    Kind.JSON: _indented,
}
_READ: dict[Kind, Callable[[str], Any]] = {
    Kind.LINE: _line,
    Kind.TEXT: _text,
    Kind.DATE: _date,
    Kind.INTEGER: _integer,
    Kind.NUMBER: _number,
    Kind.CHOICE: _json,
    Kind.TEXTS: _list_of(_line),
    Kind.INTEGERS: _list_of(_integer),
    Kind.NUMBERS: _list_of(_number),
    Kind.JSON: _json,
}
