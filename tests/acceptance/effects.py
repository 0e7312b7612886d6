"""The lines that attempts leave in a file outside of the database: `execution step item attempt begin|end`.

A line is appended by one write and is on the disk before the attempt goes on, so it cannot be lost, mixed with
another or taken back, whatever becomes of the process that wrote it.
"""

import os
from pathlib import Path
from typing import NamedTuple

WHOLE = -1  # item of a step that has none


class Attempted(NamedTuple):
    """One attempt of one step, or of one item of it."""

    execution: str
    step: str
    item: int
    attempt: int

    @classmethod
    def of(cls, idempotency_key: str, attempt: int) -> "Attempted":
        """Return the attempt that a step's code learns of itself."""
        execution, step, *item = idempotency_key.split(":")
        return cls(execution, step, int(item[0]) if item else WHOLE, attempt)


class Line(NamedTuple):
    """What an attempt wrote: that it has begun, or that it has had its effect."""

    by: Attempted
    what: str


def note(path: str, by: Attempted, what: str) -> None:
    """Append a line."""
    line = " ".join(map(str, (*by, what)))
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, f"{line}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(path: Path) -> list[Line]:
    """Return all lines, in the order in which they were written; none where there is no file yet."""
    lines = path.read_text().splitlines() if path.exists() else []
    return [_line(*line.split()) for line in lines]


def _line(execution: str, step: str, item: str, attempt: str, what: str) -> Line:
    return Line(Attempted(execution, step, int(item), int(attempt)), what)
