"""The versions of a schedule's settings: a page."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse

from organizations.display import NOTHING, moment, pretty
from schedules.admin.layout import LABELS
from schedules.admin.subpage import rendered, schedule_at
from schedules.models import Calendar, Schedule
from schedules.versions import FiresChanged
from schedules.versions.services import Change, versions, with_changes
from workflows.duration import format_duration
from workflows.models import Workflow

ON_A_PAGE = 25


@dataclass(frozen=True, slots=True)
class Shown:
    """A setting that a version changed, as text."""

    label: str
    before: str
    after: str


def versions_page(pages: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Show who changed which settings when, and why."""
    schedule = schedule_at(pages, request, object_id)
    part = Paginator(versions(schedule), ON_A_PAGE).get_page(request.GET.get("p"))
    found = with_changes(schedule, list(part.object_list))
    names = _names(schedule)
    rows = [(version.row, [_shown(change, names) for change in version.changes]) for version in found]
    return rendered(
        pages,
        request,
        schedule,
        name="versions",
        rows=rows,
        part=part,
        may_roll_back=pages.has_rollback_permission(request, schedule),
    )


def moved(changed: FiresChanged) -> str:
    """Return in a sentence how an edit changed the fires ahead; "" where it did not."""
    gone, new = len(changed.removed), len(changed.added)
    if changed.more:
        return f"{gone + new + changed.more} fires changed until {moment(changed.until)}."
    if not gone and not new:
        return ""
    return f"Until {moment(changed.until)}, {gone} fires fall away and {new} are new."


def _names(schedule: Schedule) -> dict[UUID, str]:
    """Return the names of what settings may point to."""
    own = {"organization_id": schedule.organization_id}
    workflows = Workflow.objects.filter(**own).values_list("pk", "name")
    return dict(workflows) | dict(Calendar.objects.filter(**own).values_list("pk", "name"))


def _shown(change: Change, names: dict[UUID, str]) -> Shown:
    label = LABELS.get(change.field, change.field.replace("_", " ").capitalize())
    return Shown(label, _text(change.before, names), _text(change.after, names))


def _text(value: Any, names: dict[UUID, str]) -> str:
    match value:
        case None | "" | []:
            return NOTHING
        case UUID():
            return names.get(value, str(value))
        case [UUID(), *_]:
            return ", ".join(_text(one, names) for one in value)
    return _WRITTEN.get(type(value), str)(value)


_WRITTEN: dict[type, Callable[[Any], str]] = {
    timedelta: format_duration,
    datetime: moment,
    list: pretty,
    dict: pretty,
}
