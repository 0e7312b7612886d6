"""`wait`: go on after a duration, at an instant or when something has happened, without holding a worker."""

from datetime import datetime
from typing import Any

from executions.rules.outcomes import Completed, Failed, Outcome, Waiting
from executions.steps import event
from executions.steps.call import Call
from workflows.definition import WaitStep
from workflows.duration import LONGEST
from workflows.steps import parse_instant


def run(step: WaitStep, call: Call) -> Outcome:
    """Ask to wait, or complete where the wait is over. Output: `{"until": "…"}`, or the event."""
    if step.event is not None:
        return event.run(step.event, call)
    rendered = None if call.resume_at else step.render(call.variables)["until"]
    try:
        until = call.resume_at or _until(step, rendered, now=call.now)
    except ValueError as error:
        return Failed(error=str(error), error_class="InvalidWait")
    if until > call.now:
        return Waiting(until)
    return Completed({"until": until.isoformat()})


def _until(step: WaitStep, rendered: Any, *, now: datetime) -> datetime:
    if step.duration is not None:
        return now + step.duration
    until = parse_instant(rendered)
    if until - now > LONGEST:
        raise ValueError(f"`until` lies more than {LONGEST.days} days ahead")
    return until
