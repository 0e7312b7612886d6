"""`wait`: go on after a duration or at an instant, without holding a worker."""

from executions.outcomes import Completed, Outcome, Waiting
from executions.steps.call import Call
from workflows.definition import WaitStep
from workflows.steps import parse_instant


def run(step: WaitStep, call: Call) -> Outcome:
    """Ask to wait, or complete where the wait is over. Output: `{"until": "…"}`."""
    until = call.resume_at
    if until is None:
        until = (
            call.now + step.duration if step.duration else parse_instant(step.render(call.variables)["until"])
        )
    if until > call.now:
        return Waiting(until)
    return Completed({"until": until.isoformat()})
