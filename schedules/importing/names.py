"""Names that fit, made of names that may be anything. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from schedules.importing.entry import Entry

LONGEST = 100  # characters, of a workflow's name


def named(entries: Iterable[Entry], *, prefix: str = "") -> Iterator[Entry]:
    """Yield the entries with their slugs; of those that would share one, the later get `-2`, `-3`, …"""
    taken: set[str] = set()
    for entry in entries:
        slug = _free(fitting(prefix + entry.name), taken)
        taken.add(slug)
        yield replace(entry, slug=slug)


def fitting(name: str) -> str:
    """Return `name` in lower-case letters, digits, `-` and `_`, beginning with a letter."""
    text = re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")
    if not text or not text[0].isalpha() or text == "schema":
        text = f"task-{text}".rstrip("-")
    return text[:LONGEST].rstrip("-_")


def _free(slug: str, taken: set[str]) -> str:
    number, found = 1, slug
    while found in taken:
        number += 1
        ending = f"-{number}"
        found = slug[: LONGEST - len(ending)] + ending
    return found
