"""The file: its format, its source, the calendars and the schedules that there shall be."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from schedules.as_code import yaml_text
from schedules.as_code.errors import InvalidFile
from workflows.errors import Problem

FORMAT = 1
MAX_SCHEDULES = 5_000
MAX_CALENDARS = 500
KEYS = ("horarium", "source", "calendars", "schedules")
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")
SOURCE_HELP = "name the owner in 1 to 100 letters, digits, `.`, `_`, `/` or `-`, a letter or digit first"


@dataclass(frozen=True, slots=True)
class Written:
    """A calendar or a schedule as the file has it.

    Attributes:
        path: where it stands, such as `schedules.nightly`.
        settings: plain values, without the name and, for a schedule, without `enabled`.
    """

    path: str
    name: str
    settings: dict[str, Any]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """A file that has been read; what its settings mean is judged against an organization."""

    source: str
    calendars: tuple[Written, ...]
    schedules: tuple[Written, ...]


def read(text: str, *, source: str = "", otherwise: str = "") -> Document:
    """Read a file.

    Args:
        source: who owns the schedules, as the caller says; the file may not say another.
        otherwise: who owns them if neither says.

    Raises:
        InvalidFile: naming the place of every problem that shows without an organization.
    """
    data = yaml_text.read(text)
    if not isinstance(data, dict) or isinstance(data.get("horarium"), bool) or data.get("horarium") != FORMAT:
        message = f"a file begins with `horarium: {FORMAT}`, which names its format"
        raise InvalidFile([Problem(path="horarium", message=message)])
    calendars = list(_read(data.get("calendars"), path="calendars", most=MAX_CALENDARS))
    schedules = list(_read(data.get("schedules"), path="schedules", most=MAX_SCHEDULES))
    owner = data.get("source", source or otherwise)
    problems = [*_unknown_keys(data), *_source_problems(owner, asked=source)]
    problems += [item for item in (*calendars, *schedules) if not isinstance(item, Written)]
    if problems:
        raise InvalidFile(problems)
    return Document(owner, _kept(calendars), _kept(schedules))


def _kept(items: list[Written | Problem]) -> tuple[Written, ...]:
    return tuple(item for item in items if isinstance(item, Written))


def _unknown_keys(data: dict[str, Any]) -> Iterator[Problem]:
    for key in data:
        if key not in KEYS:
            message = f"there is no such key; a file has {', '.join(KEYS)}"
            yield Problem(path=yaml_text.shown((key,)), message=message)


def _source_problems(owner: object, *, asked: str) -> Iterator[Problem]:
    if not isinstance(owner, str) or not SOURCE.fullmatch(owner):
        yield Problem(path="source", message=SOURCE_HELP)
    elif asked and asked != owner:
        yield Problem(path="source", message=f"the file says {owner}, and --source {asked}; give one of them")


def _read(data: Any, *, path: str, most: int) -> Iterator[Written | Problem]:
    """Yield what a mapping by name holds, or a list of mappings that have a `name`, and what is wrong."""
    if data is None:
        return
    if not isinstance(data, dict | list):
        message = "write a mapping from names to settings, or a list of settings with a `name`"
        yield Problem(path=path, message=message)
    elif len(data) > most:
        message = f"{len(data):,} are too many; write at most {most:,}, and others in a file of their own"
        yield Problem(path=path, message=message)
    elif isinstance(data, dict):
        for name, settings in data.items():
            yield _of_mapping(settings, name=name, path=yaml_text.shown((path, name)))
    else:
        yield from _of_list(data, path=path)


def _of_mapping(settings: Any, *, name: str, path: str) -> Written | Problem:
    if not isinstance(settings, dict):
        return Problem(path=path, message="write a mapping of settings")
    if "name" in settings:
        return Problem(path=f"{path}.name", message="the name is the key; leave this out")
    return _one(settings, name=name, path=path)


def _of_list(data: list[Any], *, path: str) -> Iterator[Written | Problem]:
    seen: set[str] = set()
    for number, settings in enumerate(data):
        here = f"{path}[{number}]"
        name = settings.get("name") if isinstance(settings, dict) else None
        if not isinstance(name, str):
            yield Problem(path=here, message="write a mapping of settings, with a `name` that is text")
        elif name in seen:
            yield Problem(path=f"{here}.name", message=f"{name[:100]!r} stands there twice")
        else:
            seen.add(name)
            yield _one({key: settings[key] for key in settings if key != "name"}, name=name, path=here)


def _one(settings: dict[str, Any], *, name: str, path: str) -> Written | Problem:
    enabled = settings.get("enabled", True)
    if path.startswith("calendars") or "enabled" not in settings:
        return Written(path, name, settings)
    if not isinstance(enabled, bool):
        return Problem(path=f"{path}.enabled", message="write true or false")
    return Written(path, name, {key: settings[key] for key in settings if key != "enabled"}, enabled)
