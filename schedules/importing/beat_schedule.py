"""Entries of `beat_schedule` in the settings of the Celery application that runs here."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

from celery import Celery, current_app
from celery.schedules import maybe_schedule

from schedules.importing import options
from schedules.importing.entry import Call, Entry, Reading
from schedules.importing.errors import Refused
from schedules.importing.translation import Phase, translated, zone_of

BY_HAND = "take the imported entries out of beat_schedule: settings cannot be switched off from here"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: the settings are those of this project."""


def read(_options: Mapping[str, Any], *, now: datetime) -> Reading:
    """Read `beat_schedule`, in its order."""
    return read_entries(current_app.conf.beat_schedule, now=now, app=current_app)


def read_entries(found: Mapping[str, Mapping[str, Any]], *, now: datetime, app: Celery) -> Reading:
    """Read entries shaped as those of `beat_schedule`."""
    own = {name for name, data in found.items() if options.PLATFORMS.match(str(data.get("task", "")))}
    return Reading(
        entries=tuple(
            _entry(name, data, now=now, app=app) for name, data in found.items() if name not in own
        ),
        left_out=tuple(
            f"{name} ({found[name]['task']}): a task of the platform's own" for name in found if name in own
        ),
        by_hand=BY_HAND,
    )


def _entry(name: str, data: Mapping[str, Any], *, now: datetime, app: Celery) -> Entry:
    read_so_far = Entry(source=f"beat_schedule: {name}", name=name)
    try:
        return _filled(read_so_far, data, now=now, app=app)
    except Refused as refusal:
        return read_so_far.refused(str(refusal))


def _filled(found: Entry, data: Mapping[str, Any], *, now: datetime, app: Celery) -> Entry:
    if not data.get("task"):
        raise Refused("names no task; add 'task'")
    call = Call(
        data["task"],
        options.escaped(_plain(list(data.get("args") or ()), "args")),
        options.escaped(_plain(dict(data.get("kwargs") or {}), "kwargs")),
    )
    schedule = maybe_schedule(cast(Any, data.get("schedule")), bool(data.get("relative")), app=app)
    when = translated(schedule, phase=Phase(now=now, zone=zone_of(app.timezone)))
    how, notes = options.settings_of(_message(data), app=app)
    return replace(
        found, call=call, settings={**when.settings, **how}, old=when.old, notes=when.notes + notes
    )


def _plain(value: Any, column: str) -> Any:
    try:
        return json.loads(json.dumps(value))
    except (TypeError, ValueError) as error:
        raise Refused(
            f"its {column} are not plain JSON ({error}); compute such values in the task instead"
        ) from error


def _message(data: Mapping[str, Any]) -> dict[str, Any]:
    message = dict(data.get("options") or {})
    expires = message.pop("expires", None) or message.pop("expire_seconds", None)
    if isinstance(expires, timedelta):
        expires = expires.total_seconds()
    if isinstance(expires, datetime):
        raise Refused("expires at a fixed instant; write a number of seconds, or import it with an end")
    return {**message, "expires": expires}
