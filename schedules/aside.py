"""Rows set aside: those that cannot be read, evaluated or sent. Each is logged once, and the others go on."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)

REFUSED_SECONDS = 240.0  # below the five minutes after which the stock scheduler reads all rows again


class Row(Protocol):
    """What is told of a row; a `PeriodicTask` or a part of one."""

    pk: int
    name: str
    date_changed: datetime


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is set aside, and which of its versions."""

    reason: str
    changed_at: datetime


class Aside:
    """The rows that one beat cannot use.

    The thread that sends writes here as well: every step is one of a dict's own.
    """

    def __init__(self) -> None:
        self._faults: dict[int, Fault] = {}
        self._refused_until: dict[int, float] = {}  # monotonic seconds

    def put(self, row: Row, *, error: Exception) -> None:
        """Set a row aside. A fault that is known of this version of it is not logged again."""
        fault = Fault(reason=f"{type(error).__name__}: {error}", changed_at=row.date_changed)
        if self._faults.get(row.pk) != fault:
            self._faults[row.pk] = fault
            log.error("periodic task set aside", periodic_task_id=row.pk, name=row.name, reason=fault.reason)

    def refuse(self, row: Row, *, error: Exception) -> None:
        """Set a row aside that could not be sent. It looks sound, so it has to be held until it is changed."""
        self.put(row, error=error)
        self._refused_until[row.pk] = time.monotonic() + REFUSED_SECONDS

    def holds(self, row: Row) -> bool:
        """Return whether a row that could not be sent is still the same, and was tried a short time ago."""
        fault = self._faults.get(row.pk)
        is_same = fault is not None and fault.changed_at == row.date_changed
        return is_same and time.monotonic() < self._refused_until.get(row.pk, 0.0)
