"""Horarium from inside a step, and from other applications: one module that needs Celery and nothing else.

Inside a `task` step:

    import horarium

    for done, order in enumerate(orders):
        horarium.progress(done / len(orders), f"order {order}")
        charge(order, idempotency_key=f"{horarium.idempotency_key()}:{order}")
        horarium.heartbeat()

Outside of a step, such as in a test or in a worker of another application,
`progress`, `extend` and `heartbeat` do nothing, and the others return None.

In another application, on Horarium's broker:

    client = horarium.Client(app, api_key="hor_…")
    call = client.start("invoice", input={"order": 7}, idempotency_key="order-7")
    output = client.result(call.id(), timeout=60)
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from celery.exceptions import TimeoutError as NotInTime
from kombu import Exchange, Queue

if TYPE_CHECKING:
    from celery import Celery
    from celery.result import AsyncResult

CALLS = Queue("horarium-calls", Exchange("horarium-calls"), routing_key="horarium-calls")
TASKS = {"publish": "triggers.publish"}  # all other calls are named as tasks of `executions`
ANSWER_SECONDS = 10.0  # how long a call waits for its answer unless told otherwise
SKEW_SECONDS = 60.0  # between the clocks of two machines: a question dies that much after who asked gave up
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between two looks at an execution that has not ended


class StepHandle(Protocol):
    """What the worker gives the code of the step that it runs."""

    @property
    def execution_id(self) -> str:
        """Return the id of the execution."""

    @property
    def attempt(self) -> int:
        """Return the number of the attempt, from 1."""

    @property
    def idempotency_key(self) -> str:
        """Return the name of the effect, the same in every attempt."""

    def progress(self, fraction: float, note: str) -> None:
        """Note how far the step is; never waits."""

    def extend(self, seconds: float | None) -> None:
        """Let the attempt run for `seconds`, or for its whole timeout, from now."""


current_step: "ContextVar[StepHandle | None]" = ContextVar("horarium_step", default=None)


def progress(fraction: float, note: str = "") -> None:
    """Show how far the step is: a fraction from 0 to 1, and a few words (200 characters are kept).

    Cheap enough for every turn of a loop: at most one a second is written, and the last one always.
    """
    step = current_step.get()
    if step is not None:
        step.progress(fraction, note)


def extend(seconds: float) -> None:
    """Let this attempt run for `seconds` from now, where its timeout would come sooner; never shortens it.

    Raises:
        ValueError: `seconds` is negative or more than a day.
    """
    step = current_step.get()
    if step is not None:
        step.extend(seconds)


def heartbeat() -> None:
    """Say that the step goes on: its timeout starts over.

    With a call in each turn of a loop the step's `timeout` bounds one turn instead of the whole attempt.
    """
    step = current_step.get()
    if step is not None:
        step.extend(None)


def idempotency_key() -> str | None:
    """Return the name of this step's effect: the same in every attempt, different for every item."""
    step = current_step.get()
    return None if step is None else step.idempotency_key


def attempt() -> int | None:
    """Return the number of this attempt, from 1."""
    step = current_step.get()
    return None if step is None else step.attempt


def execution_id() -> str | None:
    """Return the id of the execution that this step belongs to."""
    step = current_step.get()
    return None if step is None else step.execution_id


class Refused(Exception):
    """Horarium will not do what the call asks; the caller must change it.

    Attributes:
        code: one word for programs, such as `invalid`, `not_found`, `role_too_low`; those of the REST API.
        fields: `[{"path": "input.order", "message": "…"}]`.
    """

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error)  # from its arguments Celery makes it anew in another process
        self.code: str = error["code"]
        self.fields: list[dict[str, str]] = error["fields"]

    def __str__(self) -> str:
        return str(self.args[0]["message"])


class ExecutionFailed(Exception):
    """The execution ended without completing; `status` says all that is known, with its steps."""

    def __init__(self, status: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status

    def __str__(self) -> str:
        return f"execution {self.status['id']} {self.status['state']}: {self.status['error']}".removesuffix(
            ": "
        )


class Call:
    """One call that was sent. Reading its answer is optional, and needs a result backend."""

    def __init__(self, sent: "AsyncResult[Any]") -> None:
        self._sent = sent
        self._answer: dict[str, Any] | None = None

    def answer(self, timeout: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Wait for the answer and return it.

        Raises:
            Refused: the call asks for what cannot be done.
            TimeoutError: no answer within `timeout` seconds. The call is not lost: it waits in the broker.
        """
        if self._answer is None:
            self._answer = self._read(timeout)
        if not self._answer["ok"]:
            raise Refused(self._answer["error"])
        return self._answer

    def id(self, timeout: float = ANSWER_SECONDS) -> str:
        """Wait for the answer and return the id of the execution; see `answer`."""
        execution_id: str = self.answer(timeout)["id"]
        return execution_id

    def _read(self, timeout: float) -> dict[str, Any]:
        if self._sent.ignored:
            raise RuntimeError(
                "there is nowhere to read answers: give the Celery application a result backend"
            )
        try:
            # Allowed within a task, too: it waits for workers of Horarium's, not for its own.
            answer: dict[str, Any] = self._sent.get(timeout=timeout, disable_sync_subtasks=False)
        except NotInTime:
            raise TimeoutError(f"no answer within {timeout:g} s") from None
        self._sent.forget()
        return answer


class Client:
    """Calls Horarium through the broker that both share.

    Args:
        app: a Celery application whose broker is Horarium's. To read answers its
            result backend is the same address: Redis, or `rpc://` with RabbitMQ.
        organization: slug; may be left out with an API key, and while there is only one.
        api_key: shows whose call it is. Who may read the broker can read it there.
    """

    def __init__(self, app: "Celery", *, organization: str | None = None, api_key: str | None = None) -> None:
        self._app = app
        self._who = {"organization": organization, "api_key": api_key}

    def start(
        self,
        workflow: str,
        *,
        input: Mapping[str, Any] | None = None,  # noqa: A002 - the word of the API
        idempotency_key: str | None = None,
        priority: int | None = None,
        queue: str | None = None,
    ) -> Call:
        """Start a workflow. The same `idempotency_key` never starts two executions, however often it is sent."""
        return self._send(
            "start",
            workflow=workflow,
            input=input,
            idempotency_key=idempotency_key,
            priority=priority,
            queue=queue,
        )

    def cancel(self, execution: str | UUID) -> Call:
        """Request the end of an execution. Safe to repeat."""
        return self._send("cancel", execution=str(execution))

    def status(self, execution: str | UUID, *, timeout: float = ANSWER_SECONDS) -> dict[str, Any]:
        """Return where an execution is: `state`, `output`, `error`, `steps` and more.

        Raises:
            Refused, TimeoutError: as `Call.answer`.
        """
        return self._send("status", expires=timeout + SKEW_SECONDS, execution=str(execution)).answer(timeout)

    def result(self, execution: str | UUID, *, timeout: float) -> Any:
        """Wait until an execution has ended, and return its output.

        Raises:
            ExecutionFailed: it ended without completing.
            Refused: as `Call.answer`.
            TimeoutError: it has not ended within `timeout` seconds, or nobody answers.
        """
        until = time.monotonic() + timeout
        pause = FIRST_PAUSE
        while not (status := self._look(execution, _left(until))).get("finished_at"):
            time.sleep(min(pause, _left(until)))
            pause = min(pause * 1.5, LONGEST_PAUSE)
        if status["state"] != "completed":
            raise ExecutionFailed(status)
        return status["output"]

    def publish(
        self,
        type: str,  # noqa: A002 - the words of CloudEvents
        data: Any = None,
        *,
        source: str | None = None,
        id: str | None = None,  # noqa: A002
        subject: str | None = None,
        time: datetime | None = None,
    ) -> Call:
        """Tell that something happened. The same `id` of one `source` is recorded once, however often it is sent.

        Args:
            data: any JSON, 256 kB at most.
            source: a URI reference; `celery` unless given.
            time: when it happened, aware.

        Returns:
            A call whose `answer()` holds the `id` that the event has in the log.
        """
        at = time.isoformat() if time else None
        return self._send("publish", type=type, data=data, source=source, id=id, subject=subject, time=at)

    def _look(self, execution: str | UUID, left: float) -> dict[str, Any]:
        try:
            return self.status(execution, timeout=min(left, ANSWER_SECONDS))
        except TimeoutError:  # a broker may lose a question; ask again
            return {}

    def _send(self, call: str, *, expires: float | None = None, **arguments: Any) -> Call:
        known = {name: value for name, value in (self._who | arguments).items() if value is not None}
        sent = self._app.send_task(
            TASKS.get(call, f"executions.{call}"),
            kwargs=known,
            queue=CALLS,  # type: ignore[arg-type] # a whole queue needs nothing of the application's own routing
            serializer="json",
            expires=expires,
            ignore_result=self._app.backend.as_uri() == "disabled://",
            add_to_parent=False,
            argsrepr="()",  # Celery shows these in logs and events
            kwargsrepr="(hidden)",
        )
        return Call(sent)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the execution has not ended in time")
    return left
