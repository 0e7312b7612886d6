"""Rows of django-celery-beat's `PeriodicTask`."""

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from celery import Celery, current_app
from django_celery_beat.models import PeriodicTask

from schedules.importing import entry, options
from schedules.importing.entry import Call, Entry, Reading
from schedules.importing.errors import Refused
from schedules.importing.translation import Phase, Translation, translated, translated_sun, zone_of

KINDS = ("interval", "crontab", "solar", "clocked")
ROUTING = ("queue", "exchange", "routing_key", "priority")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the rows are in this database."""


def read(_options: Mapping[str, Any], *, now: datetime) -> Reading:
    """Read every row, in the order of creation."""
    rows = PeriodicTask.objects.select_related(*KINDS).order_by("pk")
    left_out = [row for row in rows if options.PLATFORMS.match(row.task)]
    return Reading(
        entries=tuple(_entry(row, now=now, app=current_app) for row in rows if row not in left_out),
        left_out=tuple(f"{row.name} ({row.task}): a task of the platform's own" for row in left_out),
    )


def _entry(row: PeriodicTask, *, now: datetime, app: Celery) -> Entry:
    read_so_far = Entry(source=f"periodic task {row.pk}", name=row.name, row=row.pk)
    try:
        return _filled(read_so_far, row, now=now, app=app)
    except Refused as refusal:
        return read_so_far.refused(str(refusal))


def _filled(found: Entry, row: PeriodicTask, *, now: datetime, app: Celery) -> Entry:
    if row.one_off and row.total_run_count:
        raise Refused("is one-off and has run; delete it, or clear its run count")
    call = Call(
        row.task,
        options.escaped(_json(row, "args", empty="[]")),
        options.escaped(_json(row, "kwargs", empty="{}")),
    )
    when = _translated(row, Phase(now=now, zone=zone_of(app.timezone), last=_last(row), start=row.start_time))
    how, notes = options.settings_of(_message(row), app=app)
    bounds = _bounds(row, now=now)
    old = entry.bounded(when.old, start=bounds.get("start_at"), end=bounds.get("end_at"))
    one_off = {"max_executions": 1} if row.one_off and not row.clocked else {}
    return replace(
        found,
        call=call,
        settings={**when.settings, **how, **bounds, **one_off, "description": row.description},
        old=entry.once(old, now=now) if row.one_off else old,
        notes=when.notes + notes,
        paused="" if row.enabled else "was disabled in django-celery-beat",
    )


def _json(row: PeriodicTask, column: str, *, empty: str) -> Any:
    try:
        value = json.loads(getattr(row, column) or empty)
    except ValueError:
        value = None
    if type(value) is not type(json.loads(empty)):
        raise Refused(f"its {column} are not JSON such as {empty}; correct the row")
    return value


def _last(row: PeriodicTask) -> datetime | None:
    """Return from when beat counts: the last run, or for a row that never ran its last change."""
    # A disabled row has forgotten its last run; one with a start time has its first run then.
    if row.last_run_at is None and (row.start_time is not None or not row.enabled):
        return None
    last: datetime | None = row.last_run_at or row.date_changed
    return last


def _translated(row: PeriodicTask, phase: Phase) -> Translation:
    if row.solar:
        place = {"latitude": float(row.solar.latitude), "longitude": float(row.solar.longitude)}
        return translated_sun(row.solar.event, **place, phase=phase)
    if row.scheduler is None:
        raise Refused("has no schedule, so beat never runs it; delete it, or give it one")
    return translated(_built(lambda: row.schedule), phase=phase)


def _built(build: Callable[[], object]) -> object:
    try:
        return build()
    except (ValueError, TypeError) as error:
        raise Refused(
            f"Celery cannot read its schedule, so beat never runs it ({error}); correct it"
        ) from error


def _message(row: PeriodicTask) -> dict[str, Any]:
    headers = _json(row, "headers", empty="{}")
    routing = {name: getattr(row, name) for name in ROUTING}
    return {**routing, "headers": headers, "expires": row.expire_seconds}


def _bounds(row: PeriodicTask, *, now: datetime) -> dict[str, datetime]:
    bounds = {}
    if row.start_time is not None and row.start_time > now:
        bounds["start_at"] = row.start_time
    if row.expires is not None:
        if row.expires <= now:
            raise Refused(f"expired on {row.expires.isoformat()}; delete it, or move its expiry")
        bounds["end_at"] = row.expires - timedelta.resolution  # beat does not fire at that instant
    return bounds
