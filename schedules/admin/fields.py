"""Form fields for lengths of time, instants and calendars, written as people write them."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminTextInputWidget

from organizations.strict import YEARS
from organizations.theme import Line
from schedules.models import Calendar
from workflows.duration import format_duration, parse_duration


class Span(Line):
    """A length of time such as `1h30m`; nothing written is None."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        return format_duration(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        """Return the duration."""
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_duration(text)
        except ValueError as error:
            message = str(error)
            raise ValidationError(f"{message[0].upper()}{message[1:]}.") from None


class Seconds(Span):
    """The same as a number of seconds, as rules hold it."""

    def prepare_value(self, value: Any) -> Any:
        """Return the text to edit."""
        return super().prepare_value(parse_duration(value) if isinstance(value, int | float) else value)

    def to_python(self, value: Any) -> Any:
        """Return the seconds."""
        length = super().to_python(value)
        if length is None:
            return None
        seconds = length.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds


class _LocalTimeInput(UnfoldAdminTextInputWidget):  # type: ignore[misc]
    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1", "class": "max-w-64"})


class Instant(forms.Field):
    """An instant, picked on the wall clock of `zone`; written with an offset it means itself.

    Of a time that the clock shows twice the first is meant, of one that it skips the instant
    that the clock then shows an hour later: an offset says it exactly.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=_LocalTimeInput(), **options)
        self.zone = ZoneInfo("UTC")

    def prepare_value(self, value: Any) -> Any:
        """Return the text that the browser's picker reads."""
        try:
            at = self.to_python(value)
        except ValidationError:
            return value
        return at.astimezone(self.zone).replace(tzinfo=None).isoformat(timespec="seconds") if at else ""

    def to_python(self, value: Any) -> Any:
        """Return the instant in UTC; None for nothing written."""
        if value in self.empty_values or isinstance(value, datetime):
            return value or None
        try:
            at = datetime.fromisoformat(str(value).strip())
        except ValueError:
            raise ValidationError("Write a time in ISO 8601, such as 2026-12-01T09:00:00.") from None
        if at.year not in YEARS:
            raise ValidationError(f"The year must be from {YEARS[0]} to {YEARS[-1]}.")
        return (at if at.tzinfo else at.replace(tzinfo=self.zone)).astimezone(UTC)


class CalendarsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not subscriptable when run
    """Some calendars by their ids, those that were chosen before first and in their order."""

    def __init__(self, **options: Any) -> None:
        queryset = Calendar.objects.none()
        super().__init__(queryset, widget=UnfoldAdminCheckboxSelectMultipleWidget(), **options)

    def clean(self, value: Any) -> list[UUID]:  # type: ignore[override]
        """Return the ids."""
        chosen = {calendar.pk for calendar in super().clean(value)}
        before = [UUID(str(calendar_id)) for calendar_id in _listed(self.initial)]
        kept = [calendar_id for calendar_id in before if calendar_id in chosen]
        return [*kept, *sorted(chosen - set(kept))]


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, Iterable) else ()
