"""What people may do to a schedule from its page."""

from datetime import datetime
from typing import Any

from django.urls import reverse

from executions.admin.executions import page_of
from organizations.buttons import Button
from schedules import services
from schedules.admin import dialogs
from schedules.models import Schedule


def _enable(schedule: Schedule, *, by: str, now: datetime) -> Schedule:
    return services.resume(schedule, by=by, now=now)


def _rollback(schedule: Schedule, *, by: str, now: datetime, to: int, based_on: int | None) -> Schedule:
    return services.rollback(schedule, to=to, now=now, by=by, based_on=based_on)


def _list(_: Any) -> str:
    return reverse("admin:schedules_schedule_changelist")


BUTTONS = {
    "trigger": Button(
        title="Trigger now",
        ask="Its workflow starts once, now; its own times stay as they are.",
        icon="play_arrow",
        may="trigger",
        service=services.trigger,
        done="Triggered; this is the execution",
        form=dialogs.TriggerForm,
        blame="input",
        then=lambda started: page_of(started.id),
        variant="primary",
    ),
    "pause": Button(
        title="Pause",
        ask="It fires no more until it is resumed; runs by hand and backfills still work.",
        icon="pause",
        may="pause",
        service=services.pause,
        done="Paused",
        form=dialogs.PauseForm,
        blame="until",
    ),
    "resume": Button(
        title="Resume",
        ask="It fires again.",
        icon="resume",
        may="resume",
        service=services.resume,
        done="Resumed",
        form=dialogs.ResumeForm,
        blame="catch_up",
        variant="primary",
    ),
    "enable": Button(
        title="Enable",
        ask="It fires again, from now on.",
        icon="toggle_on",
        may="enable",
        service=_enable,
        done="Enabled",
        variant="primary",
    ),
    "skip_next": Button(
        title="Skip the next time",
        ask="The next time is left out, once; until then it can be put back.",
        icon="skip_next",
        may="skip",
        service=services.skip,
        done="The next time is left out",
    ),
    "unskip": Button(
        title="Put a time back",
        ask="It fires again at a time that was to be left out.",
        icon="undo",
        may="unskip",
        service=services.unskip,
        done="Put back",
        form=dialogs.PutBackForm,
        blame="at",
    ),
    "rollback": Button(
        title="Roll back",
        ask="The schedule gets the settings of an earlier version, as a new version.",
        icon="history",
        may="rollback",
        service=_rollback,
        done="Rolled back",
        form=dialogs.RollbackForm,
        blame="to",
    ),
    "disable": Button(
        title="Disable",
        ask="It is switched off until somebody enables it; runs by hand and backfills still work.",
        icon="toggle_off",
        may="disable",
        service=services.disable,
        done="Disabled",
        form=dialogs.ReasonForm,
    ),
    "archive": Button(
        title="Archive",
        ask="It never fires again; its history stays, and its name becomes free. This cannot be undone.",
        icon="archive",
        may="archive",
        service=services.archive,
        done="Archived",
        variant="danger",
    ),
    "purge": Button(
        title="Purge",
        ask="It is deleted with its versions, skipped times and backfills; its executions stay. "
        "This cannot be undone.",
        icon="delete_forever",
        may="purge",
        service=services.purge,
        done="Purged",
        then=_list,
        variant="danger",
    ),
}
