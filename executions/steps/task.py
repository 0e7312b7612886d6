"""`task`: call a Celery task that is registered in this worker, unchanged."""

from datetime import timedelta

from celery import current_app

from executions.rules.outcomes import Failed, Outcome
from executions.steps import celery_task
from executions.steps.call import Call
from workflows.definition import Step, TaskStep

# Packages whose tasks act for every organization, and so are no steps of any.
PLATFORM = frozenset(
    {"celery", "clock", "console", "events", "executions", "organizations", "schedules", "workflows"}
)


def run(step: TaskStep, call: Call) -> Outcome:
    """Call the task in this process. Output: what it returns, as JSON.

    Its own `retry()` and `autoretry_for` end the attempt as failed with the
    original exception and the wait that they ask for, and send no message; how
    often it is tried is for the step's `retry` to say.
    """
    task = current_app.tasks.get(step.task)
    if task is not None and task.__module__.partition(".")[0] in PLATFORM:
        return Failed(error=f"{step.task!r} is the platform's own and no step", error_class="NotAllowed")
    if task is None:
        return Failed(
            error=f"no task {step.task!r} is registered in this worker", error_class="NotRegistered"
        )
    rendered = step.render(call.variables)
    soft_timeout = soft_timeout_of(step)
    limits = (step.timeout.total_seconds(), soft_timeout.total_seconds() if soft_timeout else None)
    request = celery_task.request_of(task, rendered["args"], rendered["kwargs"], call=call, limits=limits)
    return celery_task.call(task, request, now=call.now)


def soft_timeout_of(step: Step) -> timedelta | None:
    """Return the step's soft timeout, or else the task's own `soft_time_limit` where that ends before `timeout`.

    The task's own `time_limit` counts for nothing: every step has a `timeout`.
    """
    if step.soft_timeout is not None or not isinstance(step, TaskStep):
        return step.soft_timeout
    seconds = getattr(current_app.tasks.get(step.task), "soft_time_limit", None)
    own = timedelta(seconds=seconds) if seconds else None
    return own if own and own < step.timeout else None
