"""Rows of django-celery-beat, and the command that imports them."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any, TypeAlias

import pytest
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from organizations.models import Organization
from schedules.importing import command

AUTUMN = datetime(2026, 10, 1, 12, tzinfo=UTC)  # 90 days from here hold the end of summer time
WINTER = datetime(2027, 1, 15, 12, tzinfo=UTC)  # and from here its beginning

MakeRow: TypeAlias = Callable[..., PeriodicTask]
RunImport: TypeAlias = Callable[..., tuple[int, str]]

DEFAULTS = {
    "organization": None,
    "apply": False,
    "disable_old": False,
    "prefix": "",
    "only": None,
    "days": 90,
    "all": False,
    "json": False,
}


@pytest.fixture
def crontab_row(db: None) -> MakeRow:
    """Make a row of a crontab written as cron writes it."""

    def make(
        expression: str, *, zone: str = "Europe/Berlin", name: str = "report", **more: Any
    ) -> PeriodicTask:
        minute, hour, day, month, weekday = expression.split()
        crontab = CrontabSchedule.objects.create(
            minute=minute,
            hour=hour,
            day_of_month=day,
            month_of_year=month,
            day_of_week=weekday,
            timezone=zone,
        )
        return PeriodicTask.objects.create(name=name, task="reports.build", crontab=crontab, **more)

    return make


@pytest.fixture
def interval_row(db: None) -> MakeRow:
    """Make a row that runs every so many units."""

    def make(every: int, period: str, *, last: datetime | None = None, **more: Any) -> PeriodicTask:
        interval = IntervalSchedule.objects.create(every=every, period=period)
        row = PeriodicTask.objects.create(name="tick", task="reports.tick", interval=interval, **more)
        # Saving would overwrite it.
        PeriodicTask.objects.filter(pk=row.pk).update(last_run_at=last)
        return row

    return make


@pytest.fixture
def run_import(organization: Organization) -> RunImport:
    """Run the subcommand, and return its exit code and what it printed."""

    def run(source: str = "periodic-tasks", *, now: datetime = AUTUMN, **options: Any) -> tuple[int, str]:
        stdout = StringIO()
        code = command.run({**DEFAULTS, "source": source, **options}, stdout=stdout, now=now)
        return code, stdout.getvalue()

    return run
