"""Why a schedule fired, or did not, or will: a page."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse

from organizations.scoped_admin import ScopedAdmin
from schedules.admin.dialogs import set_zone
from schedules.admin.fields import Instant
from schedules.admin.subpage import rendered, schedule_at
from schedules.explain import Explanation, explain, explain_range
from schedules.models import Schedule

DAY = timedelta(days=1)
LISTED = 100  # times on one page


class ExplainForm(forms.Form):
    """One instant, or a range with both ends; nothing is the day before and the day after."""

    at = Instant(required=False, label="At")
    from_at = Instant(required=False, label="or from")
    to_at = Instant(required=False, label="to")

    def __init__(self, schedule: Schedule, **options: Any) -> None:
        super().__init__(**options)
        for field in self.fields.values():
            set_zone(field, schedule)

    def clean(self) -> dict[str, Any]:
        """Refuse a range that ends before it begins."""
        data = self.cleaned_data
        if data.get("from_at") and data.get("to_at") and data["to_at"] < data["from_at"]:
            self.add_error("to_at", "Write a time that does not lie before the start of the range.")
        return data


def explain_page(pages: ScopedAdmin, request: HttpRequest, object_id: str, *, now: datetime) -> HttpResponse:
    """Show what became of each time that was asked for, or will, and why."""
    schedule = schedule_at(pages, request, object_id)
    form = ExplainForm(schedule, data=request.GET)
    found = _explained(schedule, form.cleaned_data, now=now) if form.is_valid() else Explanation([])
    return rendered(pages, request, schedule, name="explain", form=form, explanation=found)


def _explained(schedule: Schedule, asked: dict[str, Any], *, now: datetime) -> Explanation:
    if asked["at"]:
        return Explanation([explain(schedule, at=asked["at"], now=now)])
    from_at, to_at = asked["from_at"], asked["to_at"]
    if from_at is None:
        from_at = (to_at or now) - DAY
    if to_at is None:
        to_at = max(from_at, now) + DAY
    return explain_range(schedule, from_at=from_at, to_at=to_at, now=now, limit=LISTED)
