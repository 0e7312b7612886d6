"""Whether the platform works: what `/healthz` and `/readyz` answer."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from threading import Thread
from typing import NamedTuple

import redis
import structlog
from django.conf import settings
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from redis.backoff import NoBackoff
from redis.retry import Retry

from executions.models import Pulse

log = structlog.get_logger(__name__)

PATIENCE_SECONDS = 1.0  # for everything together; an orchestrator gives up soon after
OLDEST_PULSE = timedelta(seconds=15)  # a beat passes every second, an idle worker is woken every two

_AGES = "SELECT role, horarium_now() - max(seen_at) FROM executions_pulse GROUP BY role"


class Check(NamedTuple):
    """One thing that must work, and what was found."""

    name: str
    ok: bool
    detail: str


def checks() -> list[Check]:
    """Return what was found of database, redis, beat and worker, after about a second at most."""
    database, redis_server = _asked(_ages), _asked(_ping)
    until = time.monotonic() + PATIENCE_SECONDS
    ages, trouble = _answer(database, until=until)
    _, redis_trouble = _answer(redis_server, until=until)
    return [
        Check("database", not trouble, trouble or "answers"),
        Check("redis", not redis_trouble, redis_trouble or "answers"),
        *(_pulse(role, ages) for role in Pulse.Role.values),
    ]


def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that this process runs; asks nobody else."""
    del request
    return HttpResponse("ok", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """Answer 200 when the whole platform works, else 503, with every check."""
    del request
    found = checks()
    ready = all(check.ok for check in found)
    body = {"ready": ready, "checks": [check._asdict() for check in found]}
    answer = JsonResponse(body, status=200 if ready else 503)
    # A probe asks every few seconds: Django need not log an error each time.
    answer._has_been_logged = True  # type: ignore[attr-defined] # noqa: SLF001
    return answer


def _asked(question: Callable[[], dict[str, timedelta]]) -> "Future[dict[str, timedelta]]":
    """Ask in a thread of its own: not every wait for a server that hangs can be bounded from inside."""
    future: Future[dict[str, timedelta]] = Future()

    def ask() -> None:
        try:
            future.set_result(question())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            future.set_exception(error)

    Thread(target=ask, name="health", daemon=True).start()
    return future


def _answer(future: "Future[dict[str, timedelta]]", *, until: float) -> tuple[dict[str, timedelta], str]:
    """Return what was answered, or what is wrong; the reason goes to the log, since anyone may read this."""
    try:
        return future.result(timeout=max(0, until - time.monotonic())), ""
    except TimeoutError:
        return {}, "does not answer in time"
    except Exception as error:  # noqa: BLE001 - see _asked
        log.warning("health check failed", error=str(error))
        return {}, "cannot be reached"


def _ages() -> dict[str, timedelta]:
    """Return for each role how long ago its newest pulse was, by the database's clock."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '1s'")
            cursor.execute(_AGES)
            return dict(cursor.fetchall())
    finally:
        connection.close()


def _ping() -> dict[str, timedelta]:
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=PATIENCE_SECONDS,
        socket_connect_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        client.ping()
    return {}


def _pulse(role: str, ages: dict[str, timedelta]) -> Check:
    age = ages.get(role)
    if age is None:
        return Check(role, ok=False, detail="nothing is known of one")
    return Check(role, ok=age < OLDEST_PULSE, detail=f"last seen {age.total_seconds():.1f} s ago")
