"""`approval`: ask a person, and wait for the answer without holding a worker."""

from executions.outcomes import Completed, Failed, Outcome, Waiting
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
        return Failed(error=error, error_class="NotAnswered", timed_out=True)
    return decision_of(
        step, approved=step.on_deadline == "approve", by="", at=call.now.isoformat(), expired=True
    )


def decision_of(
    step: ApprovalStep,
    *,
    approved: bool,
    by: str,
    at: str,
    note: str = "",
    form: dict[str, object] | None = None,
    expired: bool = False,
) -> Outcome:
    """Return what a decision is for the step: its output, or a failure where a rejection is one."""
    if not approved and step.on_reject == "fail":
        who = f"rejected by {by}" if by else "rejected: nobody answered in time"
        return Failed(error=f"{who}: {note}" if note else who, error_class="Rejected", is_final=True)
    output = {"approved": approved, "by": by, "at": at, "note": note, "form": form or {}, "expired": expired}
    return Completed(output)
