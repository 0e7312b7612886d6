"""The options of a Celery message, as settings of a schedule."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from celery import Celery

from executions.services import QUEUE, QUEUE_HELP
from schedules.importing.errors import Refused
from schedules.misfire import CatchUpMode
from schedules.validation import LONGEST_CATCHUP
from workflows.templates import OPENING

PLATFORMS = re.compile(r"(celery|events|executions|schedules)\.|triggers\.(dispatch|publish|sweep)\b")
NOT_CARRIED = ("exchange", "routing_key", "headers", "countdown", "eta", "serializer", "compression", "link")
NO_PLACE = "is not carried over: a step runs on a queue of ours and gets arguments only"
HIGHEST = 9
ESCAPED = '${{ "$" + "{{" }}'  # an expression that gives the two characters that open one


def settings_of(options: Mapping[str, Any], *, app: Celery) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return settings of `schedules.services.create`, and notes on what was changed or left behind.

    Celery starts a run whether or not the last one has ended, and a missed run
    late, once; so does the schedule.

    Args:
        options: of `apply_async`; `expires` is a number of seconds or absent.

    Raises:
        Refused: the queue cannot be one of ours.
    """
    notes = [f"{name}={options[name]!r} {NO_PLACE}" for name in NOT_CARRIED if options.get(name)]
    settings: dict[str, Any] = {"overlap": "allow_all", **_catchup(app)}
    if options.get("queue"):
        settings["queue"] = _queue(str(options["queue"]))
        notes.append(f"needs a worker that serves the queue {settings['queue']} (HORARIUM_WORKER_QUEUES)")
    if options.get("priority") is not None:
        settings["priority"], note = _priority(int(options["priority"]), app=app)
        notes.append(note)
    # A run that no worker has taken by then is dropped.
    if options.get("expires"):
        settings["start_deadline"] = timedelta(seconds=float(options["expires"]))
    return settings, tuple(notes)


def escaped(value: Any) -> Any:
    """Return plain JSON in which nothing is taken for an expression of ours."""
    if isinstance(value, str):
        return value.replace(OPENING, ESCAPED)
    if isinstance(value, list):
        return [escaped(item) for item in value]
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return value


def _catchup(app: Celery) -> dict[str, Any]:
    deadline = app.conf.beat_cron_starting_deadline
    window = LONGEST_CATCHUP if deadline is None else timedelta(seconds=deadline)
    return {"catchup": CatchUpMode.LATEST.value, "catchup_window": min(window, LONGEST_CATCHUP)}


def _queue(name: str) -> str:
    if not QUEUE.fullmatch(name):
        raise Refused(f"its queue {name!r} cannot be one here: {QUEUE_HELP}; rename it, or clear it")
    return name


def _priority(old: int, *, app: Celery) -> tuple[int, str]:
    reversed_ = str(app.conf.broker_url or "").startswith(("redis", "rediss", "sentinel"))
    number = min(old, HIGHEST)
    new = HIGHEST - number if reversed_ else number
    order = "0 is the highest on Redis" if reversed_ else f"{HIGHEST} and more count alike"
    return new, f"priority {old} became {new}: {order}, and here {HIGHEST} runs first"
