"""`/healthz` tells of the process, `/readyz` of everything it needs."""

from datetime import timedelta
from threading import Event

import pytest
from django.conf import settings

from executions.queries import pulse
from scheduler_project import health


def found(answer) -> dict[str, bool]:
    return {check["name"]: check["ok"] for check in answer.json()["checks"]}


def test_a_running_process_is_healthy_without_asking_anybody(client):
    answer = client.get("/healthz")  # no database is allowed in this test

    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.django_db(transaction=True)
def test_the_platform_is_ready_when_everything_works(client):
    pulse("beat@here", role="beat")
    pulse("worker@here", role="worker")

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (200, True)
    assert found(answer) == {"database": True, "redis": True, "beat": True, "worker": True}


@pytest.mark.django_db(transaction=True)
def test_the_platform_is_not_ready_before_beat_and_worker_were_seen(client):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["ready"]) == (503, False)
    assert found(answer) == {"database": True, "redis": True, "beat": False, "worker": False}


@pytest.mark.django_db(transaction=True)
def test_the_newest_pulse_of_a_role_counts_for_fifteen_seconds(shift_clock):
    pulse("worker@old", role="worker")
    shift_clock(timedelta(seconds=14))
    pulse("beat@here", role="beat")
    assert [check.ok for check in health.checks()] == [True] * 4

    shift_clock(timedelta(seconds=16))

    beat, worker = health.checks()[2:]
    assert (beat.ok, worker.ok) == (True, False)
    assert worker.detail.startswith("last seen 16")


@pytest.mark.django_db(transaction=True)
def test_redis_away_is_told_without_its_address(client, monkeypatch):
    monkeypatch.setattr(settings, "REDIS_URL", "redis://:secret@127.0.0.1:1/0")

    answer = client.get("/readyz")

    assert found(answer)["redis"] is False
    assert "127.0.0.1" not in answer.content.decode()


def test_a_database_that_hangs_is_told_in_time(monkeypatch):
    never = Event()
    monkeypatch.setattr(health, "_ages", lambda: never.wait(30) and {})
    monkeypatch.setattr(health, "PATIENCE_SECONDS", 0.05)

    database, _, beat, worker = health.checks()

    never.set()
    assert (database.ok, database.detail) == (False, "does not answer in time")
    assert not beat.ok
    assert not worker.ok
