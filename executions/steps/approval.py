"""`approval`: ask a person, and wait for the answer without holding a worker."""

from typing import Any

from executions.rules.outcomes import Completed, Failed, Outcome, Waiting
from executions.steps.call import Call
from workflows.definition import ApprovalStep
from workflows.duration import format_duration
from workflows.templates import as_text

MAX_MESSAGE = 10_000  # characters of what a person is asked


def run(step: ApprovalStep, call: Call) -> Outcome:
    """Ask, or say what follows when nobody has answered in time; `executions.approvals` takes the answers.

    While it waits, its row keeps `{"message": str, "form": {JSON Schema}}` as its output.
    """
    if call.resume_at is None:
        message = as_text(step.render(call.variables)["message"])
        asked = {"message": message[:MAX_MESSAGE], "form": step.form}
        until = call.now + step.deadline if step.deadline is not None else None
        return Waiting(until, waits_for="approval", kept=asked)
    if call.resume_at > call.now:
        return Waiting(call.resume_at, waits_for="approval", kept=call.kept)
    return _unanswered(step, call)


def _unanswered(step: ApprovalStep, call: Call) -> Outcome:
    within = format_duration(step.deadline) if step.deadline is not None else ""
    if step.on_deadline == "fail":
        error = f"nobody answered within {within}"
        question = {"message": asked_in(call.kept)}
        return Failed(error=error, error_class="NotAnswered", timed_out=True, output=question)
    approved, message = step.on_deadline == "approve", asked_in(call.kept)
    return decision_of(step, approved=approved, message=message, by="", at=call.now.isoformat(), expired=True)


def asked_in(kept: Any) -> str:
    """Return the message in what a row keeps, or in its output; nothing for a cancelled one."""
    return str(kept.get("message", "")) if isinstance(kept, dict) else ""


def decision_of(
    step: ApprovalStep,
    *,
    approved: bool,
    message: str,
    by: str,
    at: str,
    note: str = "",
    form: dict[str, object] | None = None,
    expired: bool = False,
) -> Outcome:
    """Return what a decision is for the step: its output, of a failure too where a rejection is one."""
    output = {
        "approved": approved,
        "message": message,
        "by": by,
        "at": at,
        "note": note,
        "form": form or {},
        "expired": expired,
    }
    if not approved and step.on_reject == "fail":
        who = f"rejected by {by}" if by else "rejected: nobody answered in time"
        error = f"{who}: {note}" if note else who
        return Failed(error=error, error_class="Rejected", is_final=True, output=output)
    return Completed(output)
