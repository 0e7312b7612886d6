"""`task`: a Celery task that is registered in the workers."""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field

from workflows.steps.body import Body

_PLATFORM = frozenset({"celery", "events", "executions", "schedules"})


def _not_the_platforms(task: str) -> str:
    if task.partition(".")[0] in _PLATFORM:
        raise ValueError(f"{task!r} is the platform's own task and no step; name one of your application's")
    return task


TaskName: TypeAlias = Annotated[str, Field(pattern=r"^[\w.-]+$", max_length=255)]


class TaskBody(Body):
    """Call a Celery task that is registered in the worker. Output: what it returns."""

    TEMPLATES = ("args", "kwargs")

    kind: Literal["task"]
    task: Annotated[TaskName, AfterValidator(_not_the_platforms)]
    args: list[Any] = []
    kwargs: dict[str, Any] = {}
    external: bool = False
    """The task is registered only in the workers: neither its name nor its arguments are checked on save."""
