"""The kinds of steps that workers run. A kind is one file here and one row in `RUN`."""

from collections.abc import Callable
from typing import Any

from executions.rules.outcomes import Outcome
from executions.steps import approval, http, remote_task, task, values, wait, workflow
from executions.steps.call import Call

RUN: dict[str, Callable[[Any, Call], Outcome]] = {
    "approval": approval.run,
    "http": http.run,
    "remote_task": remote_task.run,
    "set": values.run,
    "task": task.run,
    "wait": wait.run,
    "workflow": workflow.run,
}

__all__ = ["RUN", "Call"]
