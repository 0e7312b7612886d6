"""Which settings of a code-owned schedule somebody set by hand since the file was last applied."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise
from typing import Any

from schedules.as_code.authors import by
from schedules.as_code.steps import Difference
from schedules.models import Schedule
from schedules.versions.services import attribute, versions


def drifted(row: Schedule, changed: Iterable[Difference], *, source: str) -> tuple[Difference, ...]:
    """Return the differences, each with who set its present value if that was not the file."""
    listed = tuple(changed)
    newest = versions(row).first() if listed else None
    if newest is None or newest.history_user_id == by(source):
        return listed  # nobody has edited it since
    applied = versions(row).filter(history_user_id=by(source)).first()
    if applied is None:
        return listed
    since = list(versions(row).filter(history_id__gte=applied.history_id))
    return tuple(replace(one, drift=_set_by(one.field, since)) for one in listed)


def _set_by(field: str, since: list[Any]) -> str:
    """Return who set a field, going from the newest version to that of the file; empty if the file did."""
    name = attribute(field)
    for row, earlier in pairwise(since):
        if getattr(row, name) != getattr(earlier, name):
            return f"{row.history_user_id or 'somebody'} in version {row.version}"
    return ""
