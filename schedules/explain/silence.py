"""Times that were looked at and of which nothing is recorded."""

from datetime import datetime
from uuid import UUID

from schedules import timetable
from schedules.explain.answer import Outcome, Verdict
from schedules.explain.collecting import Facts
from schedules.explain.periods import Period
from schedules.explain.records import last_of_rules
from schedules.misfire import MADE_ALL
from schedules.models import Calendar
from schedules.reasons import Reason

PAST_LIMIT = Verdict(Outcome.SKIPPED, Reason.LIMIT, MADE_ALL)
UNACCOUNTED = Verdict(Outcome.UNACCOUNTED)


class Silence:
    """Judges what has no records. Reads only where there is such a time, once for each period."""

    def __init__(self, schedule_id: UUID) -> None:
        self._schedule_id = schedule_id
        self._last: dict[int, datetime | None] = {}
        self._changed: dict[int, datetime | None] = {}

    def of(self, one: Facts) -> Verdict | None:
        """Return what is to be said of a time, or None if it was none after all."""
        period, fire_at = one.period, one.fire.fire_at
        if period is None or self._was_no_time(period, fire_at):
            return None
        return PAST_LIMIT if self._is_past_limit(period, fire_at) else UNACCOUNTED

    def _was_no_time(self, period: Period, fire_at: datetime) -> bool:
        if timetable.follows_its_runs(period.settings):
            return True
        # Only because of spread may a time from before the period be one of it; then it has its record.
        if fire_at <= period.start:
            return True
        changed_at = self._calendars_changed(period)
        return changed_at is not None and fire_at <= changed_at

    def _calendars_changed(self, period: Period) -> datetime | None:
        """Return when a calendar of the period was changed last: calendars keep no versions."""
        if not period.settings.calendars:
            return None
        if period.version not in self._changed:
            changed = Calendar.objects.filter(pk__in=period.settings.calendars, version__gt=1)
            self._changed[period.version] = max(changed.values_list("updated_at", flat=True), default=None)
        return self._changed[period.version]

    def _is_past_limit(self, period: Period, fire_at: datetime) -> bool:
        """Return whether the rules had made all their starts: they have done nothing since."""
        if period.settings.max_executions is None:
            return False
        if period.version not in self._last:
            self._last[period.version] = last_of_rules(self._schedule_id, until=period.end)
        last = self._last[period.version]
        return last is not None and last < fire_at
