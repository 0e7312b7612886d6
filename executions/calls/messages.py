"""The keyword arguments of each call."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE


class Call(BaseModel):
    """What every call may name."""

    model_config = ConfigDict(extra="forbid", strict=True)

    organization: str | None = None
    """Slug; may be left out with an API key, and while there is only one."""
    api_key: str | None = Field(default=None, repr=False)


class StartCall(Call):
    """The arguments of `executions.start`."""

    workflow: str
    """Name of the workflow."""
    input: dict[str, Any] = {}
    idempotency_key: str | None = None
    priority: int = DEFAULT_PRIORITY
    """0 to 9, 9 first."""
    queue: str = DEFAULT_QUEUE


class ExecutionCall(Call):
    """The arguments of `executions.cancel` and `executions.status`."""

    execution: Annotated[UUID, Field(strict=False)]
    """Id of the execution."""
