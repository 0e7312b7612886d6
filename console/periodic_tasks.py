"""The pages of django-celery-beat in our theme: ordinary periodic tasks, and our own sweeps."""

from typing import Any

from django.contrib import admin
from django_celery_beat import admin as beat_admin
from django_celery_beat import models as beat
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from organizations.theme import ModelAdmin

for model in (
    beat.PeriodicTask,
    beat.IntervalSchedule,
    beat.CrontabSchedule,
    beat.SolarSchedule,
    beat.ClockedSchedule,
):
    admin.site.unregister(model)


class TaskSelect(UnfoldAdminSelectWidget, beat_admin.TaskSelectWidget):  # type: ignore[misc]
    """Names of registered tasks."""


class PeriodicTaskForm(beat_admin.PeriodicTaskForm):  # type: ignore[misc]
    """The stock form with the theme's fields."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "task" in self.fields:  # nobody edits what they may only view
            self.fields["task"].widget = UnfoldAdminTextInputWidget()
            self.fields["regtask"].widget = TaskSelect()


@admin.register(beat.PeriodicTask)
class PeriodicTaskAdmin(beat_admin.PeriodicTaskAdmin, ModelAdmin):  # type: ignore[misc]
    """Ordinary tasks of django-celery-beat, and our own sweeps."""

    form = PeriodicTaskForm
    change_list_template = None  # theirs only warns of another scheduler


@admin.register(beat.IntervalSchedule)
class IntervalScheduleAdmin(beat_admin.IntervalScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Intervals of periodic tasks."""


@admin.register(beat.CrontabSchedule)
class CrontabScheduleAdmin(beat_admin.CrontabScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Crontabs of periodic tasks."""


@admin.register(beat.SolarSchedule)
class SolarScheduleAdmin(beat_admin.SolarScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Solar times of periodic tasks."""


@admin.register(beat.ClockedSchedule)
class ClockedScheduleAdmin(beat_admin.ClockedScheduleAdmin, ModelAdmin):  # type: ignore[misc]
    """Single instants of periodic tasks."""
