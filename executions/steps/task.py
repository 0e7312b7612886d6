"""`task`: call a Celery task that is registered in this worker, unchanged."""

from typing import Any

from celery import current_app

from executions.outcomes import Completed, Failed, Outcome
from executions.steps.call import Call
from workflows.definition import TaskStep

# Packages whose tasks act for every organization, and so are no steps of any.
PLATFORM = frozenset(
    {"celery", "clock", "console", "events", "executions", "organizations", "schedules", "workflows"}
)


def run(step: TaskStep, call: Call) -> Outcome:
    """Call the task in this process. Output: what it returns, as JSON.

    It is called directly, so its own `retry()` and `autoretry_for` raise, and
    count as one of our attempts instead of sending a message of their own.
    """
    task = current_app.tasks.get(step.task)
    if task is not None and task.__module__.partition(".")[0] in PLATFORM:
        return Failed(error=f"{step.task!r} is the platform's own and no step", error_class="NotAllowed")
    if task is None:
        return Failed(
            error=f"no task {step.task!r} is registered in this worker", error_class="NotRegistered"
        )
    rendered = step.render(call.variables)
    result: Any = task(*rendered["args"], **rendered["kwargs"])
    return Completed(result)
