"""Stories of a database and a broker that fail while steps run: nothing lost, nothing stuck, nothing doubled.

Each runs executions of several shapes; a file outside of the database is the witness of what their steps did.
"""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
import redis
from celery import current_app
from django.conf import settings
from django.db import OperationalError, connection
from psycopg import sql

import clock
from executions import wakeups
from executions.models import Attempt, StepRun
from tests.acceptance.processes import eventually, running
from tests.acceptance.shapes import SHAPES, Load
from tests.servers import OURS

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

# One slot for each execution that is held, and one for the others.
SLOTS = {"HORARIUM_WORKER_CONCURRENCY": str(len(SHAPES) + 1)}
BRIEF = SLOTS | {"HORARIUM_LEASE_SECONDS": "4"}


def interrupted() -> int:
    """Return how many attempts ended without success, other than those that were told to fail."""
    return Attempt.objects.exclude(outcome="failed").count()


def empty_the_broker() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


def lose_the_wake_ups() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.delete(wakeups.broker_queue("default"))


@pytest.mark.parametrize("lose", [empty_the_broker, lose_the_wake_ups])
def test_messages_that_the_broker_lost_cost_nothing_but_time(load: Load, lose: Callable[[], None]) -> None:
    with running("beat"), running("worker", **SLOTS):
        load.hold()
        for _ in range(4):
            load.start()
            lose()
        load.gate.touch()
        load.ends()

    assert not interrupted()


def test_wake_ups_doubled_a_hundredfold_double_nothing(load: Load) -> None:
    load.start(2)
    with current_app.producer_pool.acquire(block=True) as producer:
        for _ in range(100 * len(load.started)):
            current_app.send_task(
                wakeups.TASK, args=("default",), queue=wakeups.broker_queue("default"), producer=producer
            )

    with running("beat"), running("worker"), running("worker"):
        load.ends()

    assert not interrupted()


def crash_the_database() -> None:
    """Kill a backend: PostgreSQL then ends all its processes at once and recovers from its log."""
    with psycopg.connect(_address("postgres")) as victim:
        os.kill(victim.info.backend_pid, signal.SIGKILL)
        eventually(lambda: not _answers(), what="the sessions have ended")
    connection.close()
    eventually(_answers, what="the database has recovered")


def _address(name: str) -> str:
    return "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}".format(**connection.settings_dict) + f"/{name}"


def _answers() -> bool:
    try:
        clock.now()
    except OperationalError:
        return False
    return True


@pytest.mark.skipif(OURS not in os.environ, reason="the database is not ours to crash")
def test_a_database_that_crashes_and_recovers_under_load_loses_nothing(load: Load) -> None:
    with running("beat"), running("worker", **BRIEF):
        load.hold()
        for _ in range(2):
            load.start(2)
            crash_the_database()
        load.gate.touch()
        load.start()
        load.ends()


@contextmanager
def database_away() -> Iterator[None]:
    """End the sessions of all others, and let nobody connect."""
    name = sql.Identifier(str(connection.settings_dict["NAME"]))
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(_address("postgres"), autocommit=True) as other, connection.cursor() as cursor:
        other.execute(allow.format(name, sql.SQL("false")))
        try:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            yield
        finally:
            other.execute(allow.format(name, sql.SQL("true")))


def leases_have_ended() -> bool:
    return not StepRun.objects.filter(lease_expires_at__gt=clock.now()).exists()


def test_a_database_that_is_away_for_longer_than_a_lease_loses_nothing(load: Load) -> None:
    with running("beat"), running("worker", **BRIEF) as worker:
        load.hold()
        load.start(2)
        with database_away():
            eventually(leases_have_ended, what="the leases have ended")
            eventually(lambda: worker.output().count("lease lost") >= len(SHAPES), what="it lets go")
        load.start()
        load.ends()

    assert interrupted() >= len(SHAPES)
