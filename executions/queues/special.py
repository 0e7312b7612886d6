"""The queues with settings, as each process remembers them for up to a second.

What is exact is decided by the statements, which read the table; this says
only which of them to use, so that the many queues without settings cost nothing.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from organizations.statements import executed

FRESH_SECONDS = 1.0

Key = tuple[UUID, str]  # organization and queue


@dataclass(frozen=True, slots=True)
class Setting:
    """What was set for one queue of an organization."""

    is_paused: bool
    max_running: int | None
    max_waiting: int | None


@dataclass(slots=True)
class _Remembered:
    settings: Mapping[Key, Setting]
    limited: Mapping[str, tuple[UUID, ...]]
    at: float  # monotonic seconds


_remembered = _Remembered({}, {}, -FRESH_SECONDS)

_SETTINGS = """
SELECT organization_id, name, paused_at IS NOT NULL, max_running, max_waiting FROM executions_queuesetting
WHERE paused_at IS NOT NULL OR max_running IS NOT NULL OR max_waiting IS NOT NULL
ORDER BY organization_id
"""


def settings() -> Mapping[Key, Setting]:
    """Return the settings of all queues that are paused or limited."""
    return _fresh().settings


def limited(queue: str) -> tuple[UUID, ...]:
    """Return the organizations whose steps in this queue must be claimed under a lock, in order."""
    return _fresh().limited.get(queue, ())


def is_free(organization_id: UUID, queue: str) -> bool:
    """Return whether a step of this queue may follow another on the same slot: nothing holds the queue back."""
    setting = settings().get((organization_id, queue))
    return setting is None or (not setting.is_paused and setting.max_running is None)


def forget() -> None:
    """Read the table again at the next question."""
    _remembered.at = -FRESH_SECONDS


def _fresh() -> _Remembered:
    now = time.monotonic()
    if now - _remembered.at >= FRESH_SECONDS:
        with executed(_SETTINGS) as cursor:
            found = {(row[0], row[1]): Setting(*row[2:]) for row in cursor}
        _remembered.settings, _remembered.limited, _remembered.at = found, _limited(found), now
    return _remembered


def _limited(settings: Mapping[Key, Setting]) -> Mapping[str, tuple[UUID, ...]]:
    limited: dict[str, list[UUID]] = {}
    for (organization_id, queue), setting in settings.items():
        if setting.max_running is not None and not setting.is_paused:
            limited.setdefault(queue, []).append(organization_id)
    return {queue: tuple(sorted(ids)) for queue, ids in limited.items()}
