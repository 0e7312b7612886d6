"""What the pages beside a schedule's own have in common."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import unquote
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from organizations.scoped_admin import ScopedAdmin
from schedules.models import Schedule

PAGES = ("explain", "versions", "backfill")


def schedule_at(pages: ScopedAdmin, request: HttpRequest, object_id: str) -> Schedule:
    """Return the schedule that an address names."""
    schedule: Schedule | None = pages.get_object(request, unquote(object_id))
    if schedule is None:
        raise Http404
    return schedule


def rendered(
    pages: Any, request: HttpRequest, schedule: Schedule, *, name: str, **context: Any
) -> HttpResponse:
    """Return the page `schedules/<name>.html` of a schedule, in the console's frame."""
    whole = {
        **pages.admin_site.each_context(request),
        "opts": pages.opts,
        "original": schedule,
        "schedule": schedule,
        "title": f"{schedule.name}: {name}",
        "links": list(_links(pages, request, schedule, name=name)),
        "media": pages.media,
        **context,
    }
    return TemplateResponse(request, f"schedules/{name}.html", whole)


def _links(pages: Any, request: HttpRequest, schedule: Schedule, *, name: str) -> Iterator[dict[str, Any]]:
    yield {"title": "Schedule", "address": pages.page_of(schedule)}
    allowed = {action.path: action.description for action in pages.get_actions_detail(request, schedule.pk)}
    for page in PAGES:
        if page in allowed:
            address = reverse(f"admin:schedules_schedule_{page}", args=[schedule.pk])
            yield {"title": allowed[page], "address": address, "is_here": page == name}
