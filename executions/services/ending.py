"""Cancel and terminate: how people and programs end executions."""

from datetime import datetime

from django.db import transaction

from executions import closing, engine
from executions.models import Execution
from executions.queries import Closed
from executions.waiting import children


def cancel(execution: Execution, *, by: str, now: datetime) -> Execution:
    """Request the end of an execution: what nobody runs ends, running steps are interrupted.

    Then finished steps are compensated and `always` steps run; it stays running
    until they have ended. Safe to repeat while it is running.

    Raises:
        IllegalMove: the execution has already ended.
    """
    with transaction.atomic():
        closed = closing.request_cancel(execution.pk, by=by, now=now)
    return _after(execution, closed, now=now)


def terminate(execution: Execution, *, by: str, now: datetime) -> Execution:
    """End an execution at once: a step that still runs is disowned and finds its lease lost.

    Raises:
        IllegalMove: the execution has already ended.
    """
    with transaction.atomic():
        closed = closing.terminate(execution.pk, by=by, now=now)
    return _after(execution, closed, now=now)


def _after(execution: Execution, closed: Closed, *, now: datetime) -> Execution:
    """Pass the end on; the sweeps repeat what is lost between the commit and here."""
    children.cancel_children(execution.pk, now=now)
    engine.after_close(closed, now=now)
    return Execution.objects.get(pk=execution.pk)
