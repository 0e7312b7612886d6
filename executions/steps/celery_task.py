"""Call a Celery task as a worker would that received it in a message, without one.

As in a worker: `self.request`, `current_task`, a custom `__call__`, and the
methods `before_start`, `on_success`, `on_failure`, `on_retry` and
`after_return`. Not sent: Celery's signals.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from billiard.einfo import ExceptionInfo
from celery import Task, states
from celery._state import _task_stack  # type: ignore[attr-defined]  # the stubs leave it out
from celery.app.task import Context
from celery.app.trace import task_has_custom
from celery.exceptions import Ignore, MaxRetriesExceededError, Reject, Retry
from celery.result import ResultBase
from celery.utils.nodenames import gethostname

import horarium
from executions.rules.outcomes import Completed, Failed, Outcome
from executions.running import failures
from executions.steps.call import Call
from workflows.duration import LONGEST

log = structlog.get_logger(__name__)


def request_of(
    task: Any, args: list[Any], kwargs: dict[str, Any], *, call: Call, limits: tuple[float, float | None]
) -> Context:
    """Return what the task finds in `self.request`.

    `id` is the step run's and `root_id` the execution's, both the same in
    every attempt; `retries` counts the attempts that failed; `delivery_info`
    tells the step queue, and as `redelivered` whether an attempt was lost
    with its worker.
    """
    return Context(
        id=str(call.step_run_id),
        root_id=str(call.execution_id),
        correlation_id=str(call.step_run_id),
        task=task.name,
        args=args,
        kwargs=kwargs,
        retries=call.failures,
        called_directly=False,
        is_eager=True,  # or `retry` and `replace` would send a message
        hostname=gethostname(),
        timelimit=limits,
        delivery_info={"exchange": "", "routing_key": call.queue, "redelivered": call.crashes > 0},
        ignore_result=True,
        headers={},
    )


def call(task: Any, request: Context, *, now: datetime) -> Outcome:
    """Call the task and return the outcome.

    `Ignore` completes without output. `Reject` fails for good, or with
    `requeue=True` like any failure. A task that asks to be retried fails with
    the exception for which it asks.
    """
    _report_states(task)
    told = (request.id, request.args, request.kwargs)
    with _current(task, request):
        try:
            task.before_start(*told)
            result = _run(task, request)
        except Ignore:
            return Completed(None)
        except Reject as rejected:
            return _rejected(rejected)
        except Retry as asked:
            _tell(task.on_retry, original(asked), *told, ExceptionInfo())
            return _retried(task, request, asked, now=now)
        except Exception as error:  # noqa: BLE001 - whatever it raises is its outcome
            _tell(task.on_failure, error, *told, ExceptionInfo())
            _tell(task.after_return, states.FAILURE, error, *told, None)
            return _failed(task, error)
        _tell(task.on_success, result, *told)
        _tell(task.after_return, states.SUCCESS, result, *told, None)
    return _completed(result)


@contextmanager
def _current(task: Any, request: Context) -> Iterator[None]:
    _task_stack.push(task)
    task.request_stack.push(request)
    try:
        yield
    finally:
        task.request_stack.pop()
        _task_stack.pop()


def _run(task: Any, request: Any) -> Any:
    # Celery's own `__call__` would put another request on top of this one.
    function = task if task_has_custom(task, "__call__") else task.run
    result = function(*request.args, **request.kwargs)
    if isinstance(result, Retry):  # of `retry(throw=False)`
        raise result
    return result


def _tell(hook: Callable[..., Any], *args: Any) -> None:
    """Call a method of the task that comes after the outcome, and so cannot change it."""
    try:
        hook(*args)
    except Exception:
        log.exception("method of a task failed", method=getattr(hook, "__qualname__", ""))


def _completed(result: Any) -> Outcome:
    if isinstance(result, ResultBase):
        error = (
            "the task returned the handle of another task, which is no output: "
            "return a value, and make the other task a step of its own"
        )
        return Failed(error=error, error_class="InvalidOutput", is_final=True)
    return Completed(result)


def _rejected(rejected: Any) -> Failed:
    return replace(failures.of_exception(rejected), is_final=not rejected.requeue)


def _failed(task: Any, error: Exception) -> Failed:
    # A task that has asked too often fails like one that asks: the number is the step's.
    is_exhausted = isinstance(error, MaxRetriesExceededError)
    failed = failures.of_exception(original(error) if is_exhausted else error)
    return replace(failed, traceback="") if isinstance(error, task.throws) else failed


def _retried(task: Any, request: Any, asked: Any, *, now: datetime) -> Failed:
    if asked.sig is not None and not _has_same_arguments(asked.sig, request):
        error = "the task asked to be retried with other arguments; a step keeps its own"
        return Failed(error=error, error_class="UnsupportedRetry", is_final=True)
    return replace(failures.of_exception(original(asked)), retry_in=_asked_delay(task, asked.when, now=now))


def _has_same_arguments(signature: Any, request: Any) -> bool:
    return list(signature.args) == list(request.args) and dict(signature.kwargs) == dict(request.kwargs)


def original(asked: BaseException) -> BaseException:
    """Return the exception because of which a task asked to be retried, or what it raised to ask."""
    given = [argument for argument in asked.args if isinstance(argument, BaseException)]
    reasons = [*given, asked.__cause__, asked.__context__]
    return next((reason for reason in reasons if reason is not None and reason is not asked), asked)


def _asked_delay(task: Any, when: Any, *, now: datetime) -> timedelta | None:
    """Return the wait that a task asked for, or None where it left that open."""
    if isinstance(when, datetime):
        aware = when if when.tzinfo else when.replace(tzinfo=UTC)
        return min(max(aware - now, timedelta(0)), LONGEST)
    # Celery fills in its three minutes where the task names no delay.
    is_default = when == Task.default_retry_delay == task.default_retry_delay
    if when is None or is_default:
        return None
    return timedelta(seconds=min(max(0.0, float(when)), LONGEST.total_seconds()))


def _report_states(task: Any) -> None:
    """Let `self.update_state` of a step show progress; there is no result backend that would keep it."""
    vars(task).setdefault("update_state", _StateReport(task))


class _StateReport:
    """`Task.update_state`, and within a step `horarium.progress`."""

    def __init__(self, task: Any) -> None:
        self._task = task

    def __call__(
        self, task_id: str | None = None, state: str | None = None, meta: Any = None, **options: Any
    ) -> None:
        if horarium.current_step.get() is None:
            type(self._task).update_state(self._task, task_id, state, meta, **options)
        elif isinstance(meta, dict):
            _report(meta)


def _report(meta: dict[str, Any]) -> None:
    """Show `{"current": number, "total": number, "description": str}`, as most progress bars have it."""
    current, total = meta.get("current"), meta.get("total")
    if isinstance(current, int | float) and isinstance(total, int | float) and total > 0:
        note = meta.get("description") or meta.get("status") or meta.get("message") or ""
        horarium.progress(current / total, str(note))
