"""A `task` step: a Celery task that knows nothing of us, called as it is."""

import traceback
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import celery
import pytest
from celery import Task, current_app, current_task, shared_task
from celery.exceptions import Ignore, Reject, Retry
from celery.result import AsyncResult, EagerResult

from executions.rules.outcomes import Completed, Failed, Outcome
from executions.steps import task as task_step
from tests.executions.calls import EXECUTION, NOON, STEP_RUN, call
from workflows.definition import TaskStep
from workflows.duration import LONGEST

AnyTask = Any
RETRY_DELAY = timedelta(seconds=7)


class Flaky(Exception):
    """What goes wrong in these tests. Pickle cannot bring it back: it needs two arguments."""

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what}: {why}")


class Told(Task):
    """A base class that keeps what it is told."""

    abstract = True
    told: list[str] = []  # emptied by a fixture

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self.told.append("called")
        return super().__call__(*args, **kwargs)

    def before_start(self, *_: Any) -> None:
        self.told.append("before_start")

    def on_success(self, *_: Any) -> None:
        self.told.append("on_success")
        raise RuntimeError("after the fact")

    def on_failure(self, error: Exception, *_: Any) -> None:
        self.told.append(f"on_failure {type(error).__name__}")

    def on_retry(self, error: Exception, *_: Any) -> None:
        self.told.append(f"on_retry {type(error).__name__}")

    def after_return(self, state: str, *_: Any) -> None:
        self.told.append(f"after_return {state}")


@shared_task(name="tests.task_step", bind=True)
def plain(self: AnyTask, code: str, *args: Any, **kwargs: Any) -> Any:
    return CODE[code](self, *args, **kwargs)


@shared_task(name="tests.task_step.impatient", bind=True, default_retry_delay=7, soft_time_limit=9)
def impatient(self: AnyTask) -> None:
    raise self.retry()


@shared_task(name="tests.task_step.auto", autoretry_for=(Flaky,), retry_backoff=2, retry_jitter=False)
def auto() -> None:
    raise Flaky("the shop", "closed")


@shared_task(name="tests.task_step.expects", throws=(Flaky,))
def expects() -> None:
    raise Flaky("the shop", "closed")


@shared_task(name="tests.task_step.told", base=Told, bind=True)
def telling(self: AnyTask, code: str) -> Any:
    return CODE[code](self)


def fail(*_: Any) -> None:
    raise Flaky("the shop", "closed")


def retry(self: AnyTask, **options: Any) -> None:
    try:
        fail()
    except Flaky as error:
        raise self.retry(exc=error, **options) from None


def retry_without_reason(self: AnyTask) -> None:
    try:
        fail()
    except Flaky:
        raise self.retry(countdown=5)  # noqa: B904 - as people write it


def return_a_retry(self: AnyTask) -> Any:
    return self.retry(exc=Flaky("the shop", "closed"), countdown=5, throw=False)


def raise_retry(_: AnyTask) -> None:
    raise Retry(exc=Flaky("the shop", "closed"), when=NOON + timedelta(minutes=2))


def raise_(error: Exception) -> Callable[..., None]:
    def code(*_: Any) -> None:
        raise error

    return code


def describe(self: AnyTask, *args: Any, **kwargs: Any) -> dict[str, Any]:
    request = self.request
    names = ("id", "root_id", "retries", "called_directly", "timelimit", "delivery_info")
    facts = {name: getattr(request, name) for name in names}
    is_current = current_task.name == self.name and current_task.request.id == request.id
    return {**facts, "args": args, "kwargs": kwargs, "is_current": is_current}


CODE: dict[str, Callable[..., Any]] = {
    "describe": describe,
    "fail": fail,
    "retry": retry,
    "retry without reason": retry_without_reason,
    "return a retry": return_a_retry,
    "raise retry": raise_retry,
    "ignore": raise_(Ignore()),
    "reject": raise_(Reject("broken for good")),
    "requeue": raise_(Reject("not now", requeue=True)),
    "return 1": lambda _: 1,
    "return a handle": lambda _: AsyncResult("a", app=current_app),
    "return an eager handle": lambda _: EagerResult("a", 1, "SUCCESS"),
    "replace": lambda self: self.replace(plain.si("return 1")),
    "update state": lambda self: self.update_state(state="PROGRESS", meta={"current": 1, "total": 4}),
}


@pytest.fixture(autouse=True)
def _told() -> None:
    Told.told.clear()


@pytest.fixture(autouse=True)
def _no_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        pytest.fail("it published a message")

    monkeypatch.setattr(celery.app.base.Celery, "send_task", refuse)


def run(task: str = "tests.task_step", *args: Any, **changes: Any) -> Outcome:
    """Run an attempt of a step with this task."""
    settings = {"kwargs": changes.pop("kwargs", {}), **changes.pop("settings", {})}
    step = TaskStep(id="only", kind="task", task=task, args=list(args), **settings)
    return task_step.run(step, call(**changes))


def failed(*args: Any, **changes: Any) -> Failed:
    outcome = run(*args, **changes)
    assert isinstance(outcome, Failed)
    return outcome


def test_a_task_finds_a_request_as_in_a_worker() -> None:
    outcome = run("tests.task_step", "describe", 1, kwargs={"b": 2}, failures=2, crashes=1, queue="slow")

    assert outcome == Completed(
        {
            "id": str(STEP_RUN),
            "root_id": str(EXECUTION),
            "retries": 2,
            "called_directly": False,
            "timelimit": (300.0, None),
            "delivery_info": {"exchange": "", "routing_key": "slow", "redelivered": True},
            "args": (1,),
            "kwargs": {"b": 2},
            "is_current": True,
        }
    )


def test_nothing_of_the_request_is_left_behind() -> None:
    run("tests.task_step", "fail")

    assert plain.request_stack.top is None
    assert not current_task


def test_what_a_task_raises_is_named_with_its_bases() -> None:
    outcome = failed("tests.task_step", "fail")

    assert outcome.error == "Flaky: the shop: closed"
    assert outcome.error_classes == (f"{__name__}.Flaky", "builtins.Exception")
    assert "in fail" in outcome.traceback
    assert not outcome.is_final


@pytest.mark.parametrize(
    ("code", "delay"),
    [("retry without reason", 5), ("return a retry", 5), ("raise retry", 120)],
)
def test_a_retry_fails_with_the_original_exception_and_the_delay(code: str, delay: int) -> None:
    outcome = failed("tests.task_step", code)

    assert (outcome.error_class, outcome.is_final) == (f"{__name__}.Flaky", False)
    assert outcome.retry_in == timedelta(seconds=delay)


@pytest.mark.parametrize(
    ("options", "delay"),
    [
        ({}, None),
        ({"countdown": 0}, timedelta(0)),
        ({"countdown": -3}, timedelta(0)),
        ({"countdown": 1e300}, LONGEST),
        ({"countdown": 2.5, "max_retries": 99}, timedelta(seconds=2.5)),
    ],
)
def test_only_a_delay_that_the_task_names_wins_over_the_policy(
    options: dict[str, Any], delay: timedelta | None
) -> None:
    assert failed("tests.task_step", "retry", kwargs=options).retry_in == delay


def test_the_default_delay_of_a_task_is_one_that_it_names() -> None:
    assert failed("tests.task_step.impatient").retry_in == RETRY_DELAY


@pytest.mark.parametrize(("failures", "delay"), [(0, 2), (2, 8)])
def test_autoretry_fails_with_its_exception_and_a_growing_delay(failures: int, delay: int) -> None:
    outcome = failed("tests.task_step.auto", failures=failures)

    assert (outcome.error_class, outcome.error) == (f"{__name__}.Flaky", "Flaky: the shop: closed")
    assert outcome.retry_in == timedelta(seconds=delay)


@pytest.mark.parametrize("code", ["retry", "retry without reason"])
def test_a_task_past_its_own_number_of_retries_fails_with_the_same_exception(code: str) -> None:
    outcome = failed("tests.task_step", code, failures=3)

    assert (outcome.error_class, outcome.is_final, outcome.retry_in) == (f"{__name__}.Flaky", False, None)


def test_a_retry_with_other_arguments_is_refused_for_good() -> None:
    outcome = failed("tests.task_step", "retry", kwargs={"kwargs": {"page": 2}})

    assert outcome.is_final
    assert "with other arguments" in outcome.error


def test_a_task_that_ignores_itself_completes_without_output() -> None:
    assert run("tests.task_step", "ignore") == Completed(None)


@pytest.mark.parametrize(("code", "is_final"), [("reject", True), ("requeue", False)])
def test_a_rejected_task_fails_for_good_unless_it_is_requeued(code: str, is_final: bool) -> None:
    outcome = failed("tests.task_step", code)

    assert (outcome.error_class, outcome.is_final) == ("celery.exceptions.Reject", is_final)


def test_an_error_that_a_task_expects_has_no_traceback() -> None:
    assert failed("tests.task_step.expects").traceback == ""


@pytest.mark.parametrize("code", ["return a handle", "return an eager handle"])
def test_the_handle_of_another_task_is_no_output(code: str) -> None:
    assert "return a value" in failed("tests.task_step", code).error


def test_a_task_that_replaces_itself_gives_the_other_ones_result() -> None:
    assert run("tests.task_step", "replace") == Completed(1)


def test_a_task_may_update_its_state_without_a_result_backend() -> None:
    assert run("tests.task_step", "update state") == Completed(None)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("return 1", ["on_success", "after_return SUCCESS"]),
        ("fail", ["on_failure Flaky", "after_return FAILURE"]),
        ("retry", ["on_retry Flaky"]),
        ("ignore", []),
    ],
)
def test_the_methods_of_a_task_are_called_as_in_a_worker(code: str, told: list[str]) -> None:
    run("tests.task_step.told", code)

    assert Told.told == ["before_start", "called", *told]


def test_a_method_that_fails_after_the_fact_changes_nothing() -> None:
    assert run("tests.task_step.told", "return 1") == Completed(1)


@pytest.mark.parametrize(
    ("settings", "soft"),
    [({}, 9), ({"soft_timeout": "3s"}, 3), ({"timeout": "9s"}, None)],
)
def test_the_tasks_own_soft_limit_counts_where_the_step_has_none(
    settings: dict[str, Any], soft: float | None
) -> None:
    step = TaskStep(id="only", kind="task", task="tests.task_step.impatient", **settings)

    expected = None if soft is None else timedelta(seconds=soft)
    assert task_step.soft_timeout_of(step) == expected


@pytest.mark.parametrize(
    ("task", "error_class"), [("tests.nobody", "NotRegistered"), ("console.anything", "NotRegistered")]
)
def test_a_task_that_no_worker_has_is_a_failure(task: str, error_class: str) -> None:
    assert failed(task).error_class == error_class


def test_an_item_has_an_idempotency_key_of_its_own() -> None:
    keys = [call(item_index=index, attempt=attempt).idempotency_key for index, attempt in [(-1, 1), (7, 2)]]

    assert keys == [f"{EXECUTION}:only", f"{EXECUTION}:only:7"]


def test_the_trace_of_a_retry_is_that_of_the_original_exception() -> None:
    try:
        fail()
    except Flaky as error:
        line = traceback.extract_tb(error.__traceback__)[-1].lineno

    assert f"line {line}, in fail" in failed("tests.task_step", "retry").traceback
