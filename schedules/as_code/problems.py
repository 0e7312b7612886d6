"""Everything that is wrong with a file, told at once and by its place in the file."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from schedules.as_code.errors import InvalidFile
from schedules.errors import InvalidSchedule
from workflows.errors import Problem

Item = TypeVar("Item")
Made = TypeVar("Made")


def gathered(make: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
    """Return what `make` makes of each item.

    Raises:
        InvalidFile: with the problems of all items.
    """
    made: list[Made] = []
    problems: list[Problem] = []
    for item in items:
        try:
            made.append(make(item))
        except InvalidFile as error:
            problems += error.errors
    if problems:
        raise InvalidFile(problems)
    return made


@contextmanager
def below(path: str) -> Iterator[None]:
    """Let what a service refuses name its place below `path`."""
    try:
        yield
    except InvalidSchedule as error:
        raise InvalidFile(
            Problem(path=f"{path}.{one['path']}", message=one["message"]) for one in error.errors
        ) from None
