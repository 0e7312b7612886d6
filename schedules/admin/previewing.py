"""What the settings in the form would do, shown before they are saved."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

import clock
from schedules.admin.form import ScheduleForm
from schedules.admin.subpage import schedule_at
from schedules.models import Schedule
from schedules.preview import Preview, preview

COUNT = 10  # fires
UNNAMED = "unnamed"


class PreviewedForm(ScheduleForm):
    """The form of a schedule, asked only what it would do; a name may be missing yet."""

    found: Preview | None = None

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["name"].required = False

    def clean_name(self) -> str:
        """Return the name, or one that stands for it."""
        return self.cleaned_data["name"] or UNNAMED

    def write(self) -> Schedule:
        """Find out what it would do, and write nothing."""
        organization = self.instance.organization if not self.is_new else self.cleaned_data["organization"]
        of = None if self.is_new else self.instance
        self.found = preview(organization, now=clock.now(), count=COUNT, of=of, **self.settings())
        schedule: Schedule = self.instance
        return schedule


def preview_fragment(pages: Any, request: HttpRequest, object_id: str | None = None) -> HttpResponse:
    """Show the next times of what the form says, or what is wrong with it. Writes nothing."""
    schedule = schedule_at(pages, request, object_id) if object_id else None
    may = pages.has_change_permission(request, schedule) if schedule else pages.has_add_permission(request)
    if not may:
        raise PermissionDenied
    form_class = pages.get_form(request, schedule, change=schedule is not None, form=PreviewedForm)
    form = form_class(request.POST, instance=schedule)
    found = form.found if form.is_valid() else None
    return render(
        request, "schedules/preview.html", {"form": form, "found": found, "zone": form.data.get("timezone")}
    )
