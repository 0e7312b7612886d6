"""From YAML to plain values, strictly, without recursion, and no larger in memory than on disk."""

import math
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from schedules.as_code.errors import InvalidFile
from workflows.errors import NotPlain, Problem, dotted
from workflows.plain import MAX_DEPTH, check_text
from workflows.reading import SCALARS

MAX_BYTES = 1_000_000
MAX_WEIGHT = 2 * MAX_BYTES  # characters and values, with every alias written out: stops alias bombs
LONGEST_INTEGER = 20  # characters; enough for 64 bits
SHOWN = 100  # characters of a key that a message repeats
SHOWN_PARTS = 12  # of a path

_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # seven times faster where libyaml is there
_Key = str | int


def read(text: str) -> Any:
    """Return what a YAML document of at most `MAX_BYTES` means by YAML 1.2's core schema.

    Plain `no` is text and `10:30` is text. Aliases are followed; merge keys and tags are not.

    Raises:
        InvalidFile: not YAML, too large, nested too deep, a key twice, or a value that JSON has not.
    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        refuse((), f"larger than {MAX_BYTES:,} bytes; divide it, each part with a source of its own")
    builder = _Builder()
    try:
        for event in yaml.parse(text, Loader=_Parser):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        refuse((), f"{_place(error.problem_mark)}{error.problem}")
    except yaml.YAMLError as error:
        refuse((), f"not YAML: {error}")
    return builder.document


def refuse(path: tuple[_Key, ...], message: str) -> NoReturn:
    """Raise InvalidFile about one place."""
    raise InvalidFile([Problem(path=shown(path), message=message)])


def shown(path: tuple[_Key, ...]) -> str:
    """Return a path as messages have it; long keys and deep paths are cut."""
    return dotted(part[:SHOWN] if isinstance(part, str) else part for part in path[:SHOWN_PARTS])


def _place(mark: Any) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""


@dataclass(slots=True)
class _Open:
    """A mapping or list whose end has not come.

    Attributes:
        began: weight of the document before it.
    """

    path: tuple[_Key, ...]
    value: Any
    anchor: str | None
    began: int
    key: str | None = None


class _Builder:
    """Takes the events of a parser and builds the document that they describe."""

    def __init__(self) -> None:
        self.document: Any = None
        self._documents = 0
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._weight = 0

    def take(self, event: Any) -> None:
        """Take the next event."""
        if isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "a second document begins; write one")
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end(event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            self._refuse(event, f"no value above has the anchor &{event.anchor[:SHOWN]}")
        value, weight = self._anchors[event.anchor]
        self._weigh(weight)
        self._put(value, event)

    def _scalar(self, event: Any) -> None:
        began = self._weight
        self._weigh(len(event.value) + 1)
        value = self._meaning(event)
        self._remember(event.anchor, value, began=began)
        self._put(value, event)

    def _begin(self, event: Any) -> None:
        if event.tag is not None:
            self._refuse(event, f"tags such as {event.tag[:SHOWN]} are not read; leave it out")
        if self._awaits_key():
            self._refuse(event, "a key is text, not a list or a mapping")
        if len(self._open) >= MAX_DEPTH:
            self._refuse(event, f"nested deeper than {MAX_DEPTH} levels")
        value: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._open.append(_Open(self._path(), value, event.anchor, self._weight))
        self._weigh(1)

    def _end(self, event: Any) -> None:
        closed = self._open.pop()
        self._remember(closed.anchor, closed.value, began=closed.began)
        self._put(closed.value, event)

    def _put(self, value: Any, event: Any) -> None:
        if not self._open:
            self.document = value
        elif isinstance(self._open[-1].value, list):
            self._open[-1].value.append(value)
        elif self._awaits_key():
            self._open[-1].key = self._checked_key(value, event)
        else:
            self._open[-1].value[self._open[-1].key] = value
            self._open[-1].key = None

    def _meaning(self, event: Any) -> Any:
        """Return the value of a scalar: text where it is quoted, else what the core schema says."""
        if event.tag not in {None, "!"}:
            self._refuse(event, f"tags such as {event.tag[:SHOWN]} are not read; leave it out")
        text: str = event.value
        try:
            check_text(text)
            return _plain(text) if event.implicit[0] else text
        except (NotPlain, ValueError) as error:
            self._refuse(event, str(error))

    def _checked_key(self, key: Any, event: Any) -> str:
        if not isinstance(key, str):
            self._refuse(event, f"a key is text; put {event.value[:SHOWN]} in quotes")
        if key == "<<" and event.implicit[0]:
            self._refuse(event, "merge keys are not read; write the settings out")
        if key in self._open[-1].value:
            self._refuse(event, f"the key {key[:SHOWN]!r} stands there twice")
        return key

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].key is None and isinstance(self._open[-1].value, dict)

    def _path(self) -> tuple[_Key, ...]:
        if not self._open or self._awaits_key():
            return self._open[-1].path if self._open else ()
        parent = self._open[-1]
        return (*parent.path, len(parent.value) if parent.key is None else parent.key)

    def _weigh(self, weight: int) -> None:
        self._weight += weight
        if self._weight > MAX_WEIGHT:
            refuse((), f"larger than {MAX_WEIGHT:,} characters once its aliases are written out")

    def _remember(self, anchor: str | None, value: Any, *, began: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = value, self._weight - began

    def _refuse(self, event: Any, message: str) -> NoReturn:
        refuse(self._path(), f"{_place(event.start_mark)}{message}")


def _plain(text: str) -> Any:
    """Return what an unquoted scalar means.

    Raises:
        ValueError: a number that JSON or the database has not.
    """
    tag = next((tag for tag, pattern, _ in SCALARS if pattern.match(text)), "")
    match tag.rpartition(":")[2]:
        case "bool":
            return text.lower() == "true"
        case "null":
            return None
        case "int":
            return _integer(text)
        case "float":
            return _number(text)
    return text


def _integer(text: str) -> int:
    if len(text) > LONGEST_INTEGER:
        raise ValueError("an integer beyond 64 bits; put it in quotes")
    return int(text, 0) if text.startswith(("0x", "0o")) else int(text)


def _number(text: str) -> float:
    digits = text.lower()
    number = math.inf if digits.endswith(("inf", "nan")) else float(digits)
    if not math.isfinite(number):
        raise ValueError(f"{text[:SHOWN]} is no number that JSON has; put it in quotes")
    return number
