"""How an answer reaches the caller: as the result of its Celery task, where the caller looks for it."""

from functools import cached_property
from typing import Any

import structlog
from celery import Celery, Task
from celery.backends.base import Backend
from celery.backends.redis import RedisBackend
from celery.backends.rpc import RPCBackend
from kombu.exceptions import OperationalError
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

log = structlog.get_logger(__name__)

KEPT_SECONDS = 300  # for a caller that looks late; it may ask again, so a day would only fill Redis
ONCE: dict[str, int | float] = {"max_retries": 0}  # Celery's own policy keeps a slot for 20 seconds


class Forgiving:
    """Gives up an answer that cannot be delivered: what was asked for is done, and asking again is safe."""

    def store_result(self, task_id: str, result: Any, state: str, *args: Any, **kwargs: Any) -> Any:
        """Deliver the answer, at most once and within about a second."""
        try:
            return super().store_result(task_id, result, state, *args, **kwargs)  # type: ignore[misc]
        except (RedisError, OperationalError) as error:
            log.warning("answer not delivered", task_id=task_id, error=str(error))
            return result


class InRedis(Forgiving, RedisBackend):
    """Answers where a caller looks whose result backend is the Redis of the broker."""

    retry_policy = ONCE
    connparams: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.connparams.update(
            socket_connect_timeout=0.5,
            socket_timeout=0.5,
            retry=Retry(
                NoBackoff(), 1
            ),  # redis-py 8 would wait for seconds; one try more heals a dead connection
        )


class ByMessage(Forgiving, RPCBackend):
    """Answers to the reply queue of a caller whose result backend is `rpc://`; without one they vanish."""

    retry_policy = ONCE


class Answering(Task):  # type: ignore[type-arg]
    """A task that answers its caller, unless that sent `ignore_result=True`; see `Request` for what it hides."""

    abstract = True
    acks_late = reject_on_worker_lost = True  # a call of a worker that dies is delivered again
    ignore_result = False
    Request = "executions.calls.hiding:Request"

    @cached_property
    def backend(self) -> Backend:
        """Return where answers go. All other tasks keep Celery's default here: nowhere."""
        return backend_for(self.app)


def backend_for(app: Celery) -> Backend:
    """Return the backend in which the callers of a broker find their answers."""
    url = str(app.conf.broker_url)
    if not url.startswith(("redis://", "rediss://")):
        return ByMessage(app=app, expires=KEPT_SECONDS)
    if url.startswith("rediss://") and "ssl_cert_reqs" not in url:  # which only the backend insists on
        url += ("&" if "?" in url else "?") + "ssl_cert_reqs=required"
    return InRedis(app=app, url=url, expires=KEPT_SECONDS)
