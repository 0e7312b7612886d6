"""The helper of other applications, without a worker: what it sends, and what it says without an answer."""

import json
import pickle
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import kombu
import pytest
from celery import Celery

import horarium

EXECUTION = "01997b6c-0000-7000-8000-000000000000"


@pytest.fixture(autouse=True)
def _empty_broker() -> None:
    """Forget what other tests sent: the broker is this process's memory."""
    with kombu.Connection("memory://") as connection:
        queue = horarium.CALLS(connection.channel())
        queue.declare()
        queue.purge()


@pytest.fixture
def shop() -> Iterator[Celery]:
    """An application that publishes, has no result backend, and puts its messages elsewhere by itself."""
    with Celery("shop", broker="memory://", set_as_current=False) as app:
        app.conf.update(task_create_missing_queues=False, task_serializer="yaml")
        yield app


def sent(app: Celery) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the headers and the keyword arguments of the message in the queue of calls."""
    with app.connection_for_read() as connection:
        message = horarium.CALLS(connection.channel()).get(no_ack=True)
    assert message
    return message.headers, json.loads(message.body or "")[1]


def test_a_start_says_what_is_given_and_nothing_else(shop: Celery) -> None:
    client = horarium.Client(shop, organization="acme", api_key="hor_secret")

    client.start("invoice", input={"order": 7}, idempotency_key="order-7")

    headers, arguments = sent(shop)
    who = {"organization": "acme", "api_key": "hor_secret"}
    assert headers["task"] == "executions.start"
    assert arguments == who | {"workflow": "invoice", "input": {"order": 7}, "idempotency_key": "order-7"}


def test_an_event_says_what_is_given_and_nothing_else(shop: Celery) -> None:
    at = datetime(2026, 11, 20, 12, tzinfo=UTC)

    horarium.Client(shop).publish("order.paid", {"order": 7}, id="7", source="/shop", time=at)

    headers, arguments = sent(shop)
    assert headers["task"] == "triggers.publish"
    assert arguments == {
        "type": "order.paid",
        "data": {"order": 7},
        "id": "7",
        "source": "/shop",
        "time": "2026-11-20T12:00:00+00:00",
    }


def test_what_celery_shows_of_a_call_does_not_hold_the_key(shop: Celery) -> None:
    horarium.Client(shop, api_key="hor_secret").cancel(EXECUTION)

    headers, _ = sent(shop)

    assert "hor_secret" not in str(headers)


def test_without_a_result_backend_a_call_asks_for_no_answer_and_none_can_be_read(shop: Celery) -> None:
    call = horarium.Client(shop).start("invoice")

    assert sent(shop)[0]["ignore_result"]
    with pytest.raises(RuntimeError, match="result backend"):
        call.id()


def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    with Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False) as shop:
        client = horarium.Client(shop)

        with pytest.raises(TimeoutError, match=r"no answer within 0\.05 s"):
            client.start("invoice").id(timeout=0.05)
        with pytest.raises(TimeoutError, match="not ended in time"):
            client.result(EXECUTION, timeout=0.05)


def test_a_question_that_nobody_took_does_not_stay_in_the_broker_for_ever() -> None:
    with Celery("shop", broker="memory://", backend="cache+memory://", set_as_current=False) as shop:
        with pytest.raises(TimeoutError):
            horarium.Client(shop).status(EXECUTION, timeout=0.05)

        assert sent(shop)[0]["expires"]


def test_what_it_raises_survives_the_way_between_processes() -> None:
    error = {"code": "invalid", "message": "input.n: no", "fields": [{"path": "input.n", "message": "no"}]}
    status = {"id": EXECUTION, "state": "failed", "error": "ValueError: no", "output": None}

    refused, failed = (
        pickle.loads(pickle.dumps(raised))
        for raised in (horarium.Refused(error), horarium.ExecutionFailed(status))
    )

    assert (str(refused), refused.code, refused.fields) == ("input.n: no", "invalid", error["fields"])
    assert str(failed) == f"execution {EXECUTION} failed: ValueError: no"
