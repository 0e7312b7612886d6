"""`approval`: a person's yes or no."""

from typing import Any, Literal

from pydantic import Field

from workflows.steps.body import Body
from workflows.steps.model import Deadline


class ApprovalBody(Body):
    """Wait until a person approves or rejects, without holding a worker.

    Output: `{"approved": bool, "by": str, "at": instant, "note": str, "form": {…}, "expired": bool}`.
    """

    TEMPLATES = ("message",)

    kind: Literal["approval"]
    message: str = Field(min_length=1, max_length=10_000)
    """What the person is asked."""
    form: dict[str, Any] = {}
    """JSON Schema (2020-12) of what the person fills in, which is always an object."""
    deadline: Deadline | None = None
    on_deadline: Literal["reject", "approve", "fail"] = "reject"
    """What follows when nobody has answered in time."""
    on_reject: Literal["fail", "continue"] = "fail"
    """`continue` completes the step with `approved` false."""
