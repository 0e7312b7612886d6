"""`workflow`: an execution of another workflow."""

from typing import Any, Literal

from pydantic import Field

from workflows.steps.body import Body


class WorkflowBody(Body):
    """Start another workflow of the organization and wait for its end. Output: its output.

    `timeout` bounds the start; the other workflow has a `timeout` of its own.
    """

    TEMPLATES = ("input",)

    kind: Literal["workflow"]
    workflow: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,99}$")
    """Its name."""
    input: dict[str, Any] = {}
