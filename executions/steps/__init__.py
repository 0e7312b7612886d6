"""The kinds of steps that workers run. A kind is one file here and one row in `RUN`."""

from collections.abc import Callable
from typing import Any

from executions.outcomes import Outcome
from executions.steps import http, task, values, wait
from executions.steps.call import Call

RUN: dict[str, Callable[[Any, Call], Outcome]] = {
    "http": http.run,
    "set": values.run,
    "task": task.run,
    "wait": wait.run,
}

__all__ = ["RUN", "Call"]
