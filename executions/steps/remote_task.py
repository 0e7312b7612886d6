"""`remote_task`: send a task to another Celery application by name; its own worker sends the answer."""

from typing import Any

from celery import current_app
from kombu import Exchange, Queue

from executions.rules.outcomes import Failed, Outcome, Waiting
from executions.steps.call import Call
from executions.waiting.remote import FAILED, SUCCEEDED, RemoteCall, kept_answer
from workflows.definition import RemoteTaskStep
from workflows.duration import format_duration

POOL_SECONDS = 1.0  # to wait for a connection of this process


def run(step: RemoteTaskStep, call: Call) -> Outcome:
    """Send the task and wait for its answer, until the step's timeout. Output: what the task returned.

    The message has the headers `idempotency_key` (the same in every attempt) and
    `horarium_attempt`; its task id is the same for every repeat of one call. An
    answer that has come counts, even where the deadline has passed.
    """
    if call.kept is not None:
        return kept_answer(call.kept)
    if call.resume_at is not None and call.resume_at <= call.now:
        return _overdue(step)
    rendered = step.render(call.variables)
    return _send(step, call, rendered) or Waiting(call.now + step.timeout, waits_for="remote")


def _send(step: RemoteTaskStep, call: Call, rendered: dict[str, Any]) -> Failed | None:
    is_connected = False
    try:
        with current_app.producer_pool.acquire(block=True, timeout=POOL_SECONDS) as producer:
            is_connected = producer.channel is not None  # connects; without it nothing can have been sent
            _publish(step, call, rendered, producer=producer)
    except Exception as error:  # noqa: BLE001 - brokers fail in many ways, and each is a failed attempt
        return Failed(
            error=f"not sent to the queue {step.broker_queue!r}: {str(error) or type(error).__name__}",
            error_class="NotSent",
            was_interrupted=is_connected,
        )
    return None


def _publish(step: RemoteTaskStep, call: Call, rendered: dict[str, Any], *, producer: Any) -> None:
    this = RemoteCall(call.step_run_id, call.failures)
    name = step.broker_queue
    current_app.send_task(
        step.task,
        args=rendered["args"],
        kwargs=rendered["kwargs"],
        task_id=this.task_id,
        root_id=this.task_id,
        queue=Queue(name, Exchange(name), routing_key=name),  # type: ignore[arg-type] # a name would be kept for ever
        declare=[],  # the other application says what its queue is like
        headers={"idempotency_key": call.idempotency_key, "horarium_attempt": call.attempt},
        link=this.callback(SUCCEEDED),
        link_error=this.callback(FAILED),
        expires=step.timeout.total_seconds(),  # nobody would wait for its answer
        serializer="json",
        producer=producer,
        retry=False,
        add_to_parent=False,
    )


def _overdue(step: RemoteTaskStep) -> Failed:
    return Failed(
        error=f"task {step.task!r} did not answer within {format_duration(step.timeout)}",
        error_class="Timeout",
        timed_out=True,
        was_interrupted=True,
    )
