"""The Celery tasks of this installation, as `checks.TaskRegistry`."""

from collections.abc import Callable
from functools import cache
from typing import Any

import structlog
from celery import current_app

log = structlog.get_logger(__name__)


def find(name: str, /) -> Callable[..., Any] | None:
    """Return what the task of this name calls, or None where this process has none.

    Every process of an installation is told the same modules (`HORARIUM_TASK_MODULES`), so a web process knows
    what its workers know.
    """
    try:
        _import_tasks()
    except Exception as error:  # noqa: BLE001 - of a foreign module; its tasks are then unknown here
        log.warning("modules with tasks cannot be imported", error=f"{type(error).__name__}: {error}")
    task = current_app.tasks.get(name)
    return None if task is None else task.run


@cache
def _import_tasks() -> None:
    """Import the modules as a worker does when it starts; a web process has had no reason to."""
    current_app.loader.import_default_modules()
