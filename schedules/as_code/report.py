"""A plan, or what was applied, for people and for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from schedules.as_code.steps import Action, Plan, Step
from schedules.recurrence import zone_named
from schedules.versions.difference import FiresChanged

LISTED = 3  # removed and added fires of one schedule
LONGEST = 160  # characters of a value
ORDER = (
    (Action.CREATE, "to create", "created"),
    (Action.CHANGE, "to change", "changed"),
    (Action.ENABLE, "to enable", "enabled"),
    (Action.DISABLE, "to disable", "disabled"),
    (Action.ARCHIVE, "to archive", "archived"),
    (Action.ORPHAN, "orphaned", "orphaned"),
    (Action.CONFLICT, "in conflict", "in conflict"),
    (Action.UNCHANGED, "unchanged", "unchanged"),
)


def text_of(plan: Plan, *, applied: bool) -> Iterator[str]:
    """Yield the lines that tell a person."""
    yield f"Source {plan.source}, organization {plan.organization}"
    for kind, steps in (("calendar", plan.calendars), ("schedule", plan.schedules)):
        for step in steps:
            if step.action is not Action.UNCHANGED or step.note:
                yield ""
                yield f"{kind} {step.name}: {step.action}"
                yield from (f"  {line}" for line in _lines(step))
    yield ""
    yield _summary(plan, applied=applied)
    if plan.changes and not applied:
        yield f"Fingerprint {plan.fingerprint}"


def _lines(step: Step) -> Iterator[str]:
    for one in step.differences:
        drift = f"  (drift: set by {one.drift})" if one.drift else ""
        yield f"{one.field}: {_value(one.before)} → {_value(one.after)}{drift}"
    if step.action is Action.ORPHAN:
        yield "no longer in the file and left as it is; --prune archives it"
    if step.note:
        yield step.note
    if step.schedule is not None and step.next_fires:
        zone = zone_named(step.schedule.timezone)
        yield f"next: {_times(step.next_fires, zone)}"
        if step.fires is not None:
            yield from _fires(step.fires, zone)


def _fires(fires: FiresChanged, zone: ZoneInfo) -> Iterator[str]:
    until = _time(fires.until, zone)
    if not (fires.removed or fires.added):
        yield f"fires until {until}: the same"
    for word, times in (("removed", fires.removed), ("added", fires.added)):
        if times:
            more = f" and {len(times) - LISTED} more" if len(times) > LISTED else ""
            yield f"fires {word} until {until}: {_times(times[:LISTED], zone)}{more}"
    if fires.more:
        yield f"and {fires.more:,} further changes of fires"


def _times(times: Sequence[datetime], zone: ZoneInfo) -> str:
    return ", ".join(_time(at, zone) for at in times)


def _time(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M:%S %Z}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _summary(plan: Plan, *, applied: bool) -> str:
    steps = [step.action for step in (*plan.calendars, *plan.schedules)]
    counts = [(steps.count(action), done if applied else planned) for action, planned, done in ORDER]
    told = ", ".join(f"{count:,} {word}" for count, word in counts if count) or "nothing in the file"
    return told if plan.changes else f"No changes: {told}"


def json_of(plan: Plan, *, applied: bool) -> dict[str, Any]:
    """Return the plan as plain JSON.

    The shape is `{"source": str, "organization": str, "applied": bool, "changes": bool, "fingerprint": str,
    "calendars": [step], "schedules": [step]}`, where a step is `{"name": str, "action": str, "path": str,
    "differences": [{"field": str, "before": …, "after": …, "drift": str}], "note": str}`, for a schedule with
    `"state"`, `"next_fires": [ISO 8601]` and, where they move, `"fires": {"removed": […], "added": […], "more": int,
    "until": ISO 8601}`.
    """
    return {
        "source": plan.source,
        "organization": plan.organization,
        "applied": applied,
        "changes": plan.changes,
        "fingerprint": plan.fingerprint,
        "calendars": [_step(step) for step in plan.calendars],
        "schedules": [{**_step(step), **_times_of(step)} for step in plan.schedules],
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "name": step.name,
        "action": str(step.action),
        "path": step.written.path if step.written else "",
        "differences": [asdict(one) for one in step.differences],
        "note": step.note,
    }


def _times_of(step: Step) -> dict[str, Any]:
    schedule = step.schedule
    if schedule is None:
        return {}
    zone = zone_named(schedule.timezone)
    facts = {"state": str(schedule.state), "next_fires": _iso(step.next_fires, zone)}
    if step.fires is None:
        return facts
    removed, added = _iso(step.fires.removed, zone), _iso(step.fires.added, zone)
    until = step.fires.until.astimezone(zone).isoformat()
    return {**facts, "fires": {"removed": removed, "added": added, "more": step.fires.more, "until": until}}


def _iso(times: Sequence[datetime], zone: ZoneInfo) -> list[str]:
    return [at.astimezone(zone).isoformat() for at in times]
