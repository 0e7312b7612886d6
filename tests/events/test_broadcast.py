"""A commit is heard of in every process, and a Redis that is away holds up nobody."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings
from redis.client import PubSub
from redis.exceptions import ConnectionError as RedisConnectionError

from events import announcements, broadcast
from events.announcements import announce, flush
from events.services import HINT, append
from organizations.models import Organization
from scheduler_project.embedded.place import free_port
from tests.events.stream import new_event

WAIT_SECONDS = 10.0

# The child closes what it inherited, as Python may when it collects it.
FORKED = """
import os, sys, time
import django
django.setup()
from events import broadcast
from events.announcements import announce, flush

announce("events", "before")
flush()
child = os.fork()
if not child:
    inherited = list(broadcast._runners.values())
    announce("events", "child")
    flush()
    for runner in inherited:
        runner.close()
    sys.exit()
assert os.waitpid(child, 0)[1] == 0
begin = time.monotonic()
announce("events", "parent")
flush()
print(time.monotonic() - begin)
"""

LEAVING = """
import django
django.setup()
from events.announcements import announce

announce("events", "last words")
"""


@pytest.fixture
def hints(redis: Any) -> Iterator[PubSub]:
    """Yield what Redis hands to a process that listens to every organization's group."""
    with redis.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.psubscribe("asgi__group__events.*")
        subscription.get_message(timeout=WAIT_SECONDS)
        yield subscription


@pytest.fixture
def paused_redis(redis: Any) -> Iterator[None]:
    """Let Redis take what is published, and not answer."""
    redis.execute_command("CLIENT", "PAUSE", 30_000, "WRITE")
    yield
    redis.execute_command("CLIENT", "UNPAUSE")
    flush()


@pytest.fixture
def own_loop(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the test itself be the publishing thread."""
    with asyncio.Runner() as runner:
        monkeypatch.setattr(broadcast, "_runners", {os.getpid(): runner})
        yield


def heard(hints: PubSub) -> str:
    """Return the key of the next hint."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        message = hints.get_message(timeout=0.5)
        if message:
            return str(message["channel"].decode().removeprefix("asgi__group__events."))
    raise TimeoutError


@pytest.mark.django_db(transaction=True)
def test_appending_is_heard_of_after_the_commit(organization: Organization, hints: PubSub) -> None:
    with transaction.atomic():
        append([new_event(organization)])
        assert hints.get_message(timeout=0.1) is None

    assert heard(hints) == str(organization.pk)


@pytest.mark.django_db(transaction=True)
def test_a_burst_of_commits_is_a_few_hints(organization: Organization, hints: PubSub) -> None:
    begin = time.monotonic()
    for _ in range(200):
        append([new_event(organization)])
    flush()
    at_most = 2 + (time.monotonic() - begin) / announcements.MERGE_SECONDS

    announce(HINT, "last")
    received = list(iter(lambda: heard(hints), "last"))

    assert 1 <= len(received) <= min(at_most, 199)
    assert set(received) == {str(organization.pk)}


def test_a_redis_that_does_not_answer_holds_up_no_caller(paused_redis: None) -> None:
    begin = time.monotonic()
    for number in range(100):
        announce(HINT, str(number))

    assert time.monotonic() - begin < 0.25


def test_a_hint_waits_half_a_second_for_a_redis_that_does_not_answer(
    own_loop: None, paused_redis: None
) -> None:
    begin = time.monotonic()
    with pytest.raises(TimeoutError):
        broadcast.publish("any", 1)

    assert time.monotonic() - begin < 2 * broadcast.PUBLISH_SECONDS


def test_hints_flow_again_after_redis_has_dropped_its_clients(redis: Any, hints: PubSub) -> None:
    announce(HINT, "before")
    assert heard(hints) == "before"

    redis.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    announce(HINT, "after")

    assert heard(hints) == "after"


def test_hints_flow_again_after_redis_did_not_answer(redis: Any, hints: PubSub, own_loop: None) -> None:
    redis.execute_command("CLIENT", "PAUSE", 30_000, "WRITE")
    with pytest.raises(TimeoutError):
        broadcast.publish("before", 1)
    redis.execute_command("CLIENT", "UNPAUSE")

    broadcast.publish("after", 1)

    assert "after" in iter(lambda: heard(hints), None)


def test_a_redis_that_is_away_is_an_error_for_the_publishing_thread_to_log(
    own_loop: None, settings: Settings
) -> None:
    host = {"address": f"redis://127.0.0.1:{free_port()}/0"}
    layer = {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": [host]}}
    settings.CHANNEL_LAYERS = {"default": layer}

    with pytest.raises((RedisConnectionError, TimeoutError)):
        broadcast.publish("any", 1)


def test_a_site_without_a_channel_layer_publishes_nothing(own_loop: None, settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {}

    broadcast.publish("any", 1)


def test_a_process_that_ends_is_heard_of_although_redis_has_a_name(hints: PubSub, redis_url: str) -> None:
    run(LEAVING, redis_url=redis_url.replace("127.0.0.1", "localhost"))

    assert heard(hints) == "last words"


def test_a_forked_child_leaves_the_parents_connection_alone(hints: PubSub, redis_url: str) -> None:
    seconds = run(FORKED, redis_url=redis_url)

    assert float(seconds) < broadcast.PUBLISH_SECONDS
    assert [heard(hints) for _ in range(3)] == ["before", "child", "parent"]


def run(program: str, *, redis_url: str) -> str:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
        "REDIS_URL": redis_url,
    }
    command = [sys.executable, "-W", "ignore", "-c", program]
    done = subprocess.run(command, check=False, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout
