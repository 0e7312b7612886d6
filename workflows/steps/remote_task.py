"""`remote_task`: a task of another Celery application, by name."""

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from workflows.steps.body import Body
from workflows.steps.model import Timeout
from workflows.steps.task import TaskName

OURS = "horarium"  # the broker queues of ours begin so


def _not_ours(queue: str) -> str:
    if queue.startswith(OURS):
        raise ValueError(f"{queue!r} is Horarium's own; name a queue of the other application")
    return queue


class RemoteTaskBody(Body):
    """Send a task by its name to the Celery queue of another application. Output: what it returned."""

    TEMPLATES = ("args", "kwargs")

    kind: Literal["remote_task"]
    task: TaskName
    broker_queue: Annotated[str, Field(pattern=r"^[\w.:-]+$", max_length=255), AfterValidator(_not_ours)]
    """The Celery queue that the other application consumes."""
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    timeout: Timeout = timedelta(hours=1)
    """How long one attempt waits for the answer."""
