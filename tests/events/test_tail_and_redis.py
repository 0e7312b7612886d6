"""Redis only makes events quicker: without it they come all the same."""

from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from events import tail
from events.models import BEGINNING
from organizations.models import Organization
from scheduler_project.embedded.place import free_port
from tests.events.stream import ids, in_thread, leave, take, until

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

AppendEvent = Callable[..., None]


async def test_without_redis_events_come_with_the_next_look(
    organization: Organization, append_event: AppendEvent, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = {"address": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CHANNEL_LAYERS = {"default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": [host]}}}
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.1)
    following = ids(organization, BEGINNING)

    for _ in range(3):
        await in_thread(append_event)
        await take(following, 1)

    await leave(following)


async def test_a_redis_that_does_not_answer_only_costs_the_hints(
    organization: Organization, append_event: AppendEvent, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.1)
    following = ids(organization, BEGINNING)
    await in_thread(append_event)
    await take(following, 1)

    redis.execute_command("CLIENT", "PAUSE", 30_000, "WRITE")
    try:
        await in_thread(append_event)
        await take(following, 1)
    finally:
        redis.execute_command("CLIENT", "UNPAUSE")
    await leave(following)


async def test_hints_are_heard_again_after_redis_has_dropped_the_subscription(
    organization: Organization, append_event: AppendEvent, redis: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 60.0)
    following = ids(organization, BEGINNING)
    await in_thread(append_event)
    await take(following, 1)
    group = f"asgi__group__events.{organization.pk}"
    await until(lambda: subscribers(redis, group) == 1)

    assert redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub") == 1
    await until(lambda: subscribers(redis, group) == 1)
    await in_thread(append_event)

    assert len(await take(following, 1)) == 1
    await leave(following)


def subscribers(redis: Any, channel: str) -> int:
    return int(redis.pubsub_numsub(channel)[0][1])
