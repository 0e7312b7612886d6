"""How answers travel: which tasks give any, where they are put, and what happens when that is away."""

from collections.abc import Iterator
from typing import Any

import pytest
from celery import Celery
from celery.app.task import Context
from django.conf import settings

from executions.calls.answering import KEPT_SECONDS, ByMessage, InRedis, backend_for
from scheduler_project.celery import app

# Of Celery's own code, on redis-py 8.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated setex:DeprecationWarning")

CALLS = {"executions.start", "executions.cancel", "executions.status"}


@pytest.fixture
def backend() -> Iterator[InRedis]:
    """Where callers on Redis look."""
    with Celery("horarium", broker=settings.REDIS_URL, set_as_current=False) as one:
        backend = backend_for(one)
        assert isinstance(backend, InRedis)
        yield backend
        backend.client.flushdb()
        backend.client.close()


def test_no_task_but_a_call_writes_a_result_anywhere() -> None:
    app.loader.import_default_modules()
    ours = {name: task for name, task in app.tasks.items() if name.partition(".")[0] == "executions"}

    answering = {name for name, task in ours.items() if task.backend.as_uri() != "disabled://"}

    assert answering == CALLS
    assert app.tasks["executions.work"].ignore_result


def test_an_ordinary_application_on_the_same_redis_reads_the_answer(backend: InRedis) -> None:
    with Celery("shop", broker=settings.REDIS_URL, backend=settings.REDIS_URL, set_as_current=False) as shop:
        backend.mark_as_done("0191", {"ok": True}, request=Context())

        assert shop.AsyncResult("0191").get(timeout=5) == {"ok": True}
        assert 0 < backend.client.ttl("celery-task-meta-0191") <= KEPT_SECONDS
        shop.backend.client.close()  # type: ignore[attr-defined]


def test_the_first_answer_stands(backend: InRedis) -> None:
    for result in ("created", "replayed"):
        backend.mark_as_done("0191", {"result": result}, request=Context())

    assert backend.get_result("0191") == {"result": "created"}


def test_an_answer_is_given_up_while_redis_is_away() -> None:
    with Celery("horarium", broker="redis://127.0.0.1:1/0", set_as_current=False) as one:
        answer = {"ok": True}

        assert backend_for(one).store_result("0191", answer, "SUCCESS") == answer


def test_redis_over_tls_is_verified_unless_its_address_says_otherwise() -> None:
    with Celery("horarium", broker="rediss://redis:6379/0", set_as_current=False) as one:
        backend = backend_for(one)

    assert isinstance(backend, InRedis)
    assert backend.connparams["ssl_cert_reqs"].name == "CERT_REQUIRED"


def test_over_another_broker_an_answer_goes_to_the_reply_queue_of_the_caller() -> None:
    with Celery("shop", broker="memory://", backend="rpc://", set_as_current=False) as one:
        sent = one.send_task("executions.start", queue="horarium-calls")
        request = Context({"id": sent.id, "reply_to": one.thread_oid, "correlation_id": sent.id})
        backend: Any = backend_for(one)
        assert isinstance(backend, ByMessage)

        backend.mark_as_done(sent.id, {"ok": True}, request=request)

        assert sent.get(timeout=5) == {"ok": True}
