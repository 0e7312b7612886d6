"""What a person may do to a schedule: by their role, and by the state that it is in."""

from typing import Any

from django.http import HttpRequest

from organizations.buttons import ButtonsAdmin
from organizations.scoped_admin import ScopedAdmin
from schedules.states import MOVES, ScheduleState


class SchedulePermissions(ButtonsAdmin, ScopedAdmin):
    """The permissions that the buttons and pages of a schedule name."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the person may edit it; an archived one nobody may."""
        is_archived = obj is not None and obj.state == ScheduleState.ARCHIVED
        return not is_archived and super().has_change_permission(request, obj)

    def has_trigger_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become(ScheduleState.ARCHIVED, request, obj)

    def has_backfill_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_trigger_permission(request, obj)

    def has_pause_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become(ScheduleState.PAUSED, request, obj)

    def has_disable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._can_become(ScheduleState.DISABLED, request, obj)

    def has_resume_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_in({ScheduleState.PAUSED, ScheduleState.ERROR}, request, obj)

    def has_enable_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_in({ScheduleState.DISABLED}, request, obj)

    def has_skip_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_in({ScheduleState.ACTIVE}, request, obj)

    def has_unskip_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        schedule = self.row_of(request, obj)
        has_some = schedule is None or bool(schedule.skip_times)
        return has_some and self.has_trigger_permission(request, obj)

    def has_rollback_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        schedule = self.row_of(request, obj)
        has_some = schedule is None or schedule.version > 1
        return has_some and self.has_change_permission(request, schedule)

    def has_archive_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.has_trigger_permission(request, obj) and self.has_edit_permission(request, obj)

    def has_purge_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_archived = self._is_in({ScheduleState.ARCHIVED}, request, obj)
        return is_archived and self.has_administer_permission(request, obj)

    def _can_become(self, state: ScheduleState, request: HttpRequest, obj: Any) -> bool:
        schedule = self.row_of(request, obj)
        can = schedule is None or state in MOVES[ScheduleState(schedule.state)]
        return can and self.has_operate_permission(request, obj)

    def _is_in(self, states: set[ScheduleState], request: HttpRequest, obj: Any) -> bool:
        schedule = self.row_of(request, obj)
        is_there = schedule is None or schedule.state in states
        return is_there and self.has_operate_permission(request, obj)
