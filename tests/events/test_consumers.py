"""What a WebSocket client is told, and what it may say."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from events import log, messages
from events.models import Event
from events.services import append
from organizations.models import Organization
from tests.events.stream import Elsewhere, Socket, in_thread, new_event

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Connect = Callable[..., Awaitable[Socket]]
AppendEvent = Callable[..., None]

ONE = UUID("01978c5e-0000-7000-8000-000000000001")
OTHER = UUID("01978c5e-0000-7000-8000-000000000002")


async def told(socket: Socket) -> str:
    """Return the type of the next event."""
    message = await socket.heard()
    assert message["type"] == "event", message
    return str(message["event"])


async def test_an_event_is_told_when_it_is_committed(connect: Connect, append_event: AppendEvent) -> None:
    socket = await connect()
    await socket.ready()

    await in_thread(append_event, "workflow.completed", execution_id=ONE, data={"seconds": 1.5})

    heard = await socket.heard()
    assert heard == {
        "type": "event",
        "id": heard["id"],
        "event": "workflow.completed",
        "at": "2026-11-20T12:00:00Z",
        "workflow": None,
        "schedule": None,
        "execution": str(ONE),
        "data": {"seconds": 1.5},
    }


async def test_an_event_behind_an_open_transaction_is_told_when_that_ends(
    connect: Connect, append_event: AppendEvent, organization: Organization, elsewhere: Elsewhere
) -> None:
    socket = await connect()
    await socket.ready()
    await asyncio.to_thread(elsewhere.begin)
    await asyncio.to_thread(elsewhere.append, new_event(organization, "slow"))
    await in_thread(append_event, "quick")
    assert await socket.is_silent(0.2)

    await asyncio.to_thread(elsewhere.commit)

    assert [await told(socket), await told(socket)] == ["slow", "quick"]


async def test_nothing_of_another_organization_is_told(
    connect: Connect, append_event: AppendEvent, other_organization: Organization
) -> None:
    socket = await connect("after=0")
    await socket.ready()

    await in_thread(append, [new_event(other_organization, "theirs")])
    await in_thread(append_event, "ours")

    assert await told(socket) == "ours"


async def test_a_client_resumes_after_the_last_event_it_has(
    connect: Connect, append_event: AppendEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "BATCH", 2)
    first = await connect()
    after = (await first.ready())["after"]
    await first.leave()
    for number in range(5):
        await in_thread(append_event, f"missed {number}")

    second = await connect(f"after={after}")
    await second.ready()

    assert [await told(second) for _ in range(5)] == [f"missed {number}" for number in range(5)]
    await in_thread(append_event, "live")
    assert await told(second) == "live"


async def test_a_client_that_names_an_event_which_is_not_kept_is_told_of_the_gap(
    connect: Connect, append_event: AppendEvent
) -> None:
    first = await connect()
    await first.ready()
    await in_thread(append_event, "pruned")
    pruned = (await first.heard())["id"]
    await in_thread(append_event, "kept")
    assert await told(first) == "kept"
    await in_thread(Event.objects.filter(pk=pruned).delete)

    second = await connect(f"after={pruned}")

    gap = await second.heard()
    assert (gap["type"], gap["after"]) == ("gap", pruned)
    assert (await second.ready())["after"] > pruned


async def test_a_subscription_narrows_what_is_told(connect: Connect, append_event: AppendEvent) -> None:
    socket = await connect()
    await socket.ready()

    answer = await socket.ask(type="subscribe", topics=[f"workflow:{ONE}", "schedule:*"])
    await in_thread(append_event, "other workflow", workflow_id=OTHER)
    await in_thread(append_event, "this workflow", workflow_id=ONE)
    await in_thread(append_event, "any schedule", schedule_id=OTHER)

    assert answer == {"type": "subscribed", "topics": ["schedule:*", f"workflow:{ONE}"]}
    assert [await told(socket), await told(socket)] == ["this workflow", "any schedule"]


async def test_subscriptions_add_up_and_can_be_ended(connect: Connect, append_event: AppendEvent) -> None:
    socket = await connect()
    await socket.ready()

    await socket.ask(type="subscribe", topics=["workflow:*"])
    await socket.ask(type="subscribe", topics=["schedule:*"])
    answer = await socket.ask(type="unsubscribe", topics=["workflow:*"])
    await in_thread(append_event, "workflow", workflow_id=ONE)
    await in_thread(append_event, "schedule", schedule_id=ONE)

    assert answer["topics"] == ["schedule:*"]
    assert await told(socket) == "schedule"


async def test_topics_in_the_address_also_narrow_what_was_missed(
    connect: Connect, append_event: AppendEvent
) -> None:
    await in_thread(append_event, "workflow", workflow_id=ONE)
    await in_thread(append_event, "schedule", schedule_id=ONE)

    socket = await connect(f"after=0&topics=execution:*,schedule:{ONE}")
    await socket.ready()

    assert await told(socket) == "schedule"


async def test_a_pong_says_how_far_the_log_has_been_told(connect: Connect, append_event: AppendEvent) -> None:
    socket = await connect("after=0")
    await socket.ready()
    assert await socket.ask(type="ping") == {"type": "pong", "after": 0}

    await in_thread(append_event)
    told_id = (await socket.heard())["id"]

    assert await socket.ask(type="ping") == {"type": "pong", "after": told_id}


async def test_a_bad_message_is_answered_and_the_socket_stays(
    connect: Connect, append_event: AppendEvent
) -> None:
    socket = await connect()
    await socket.ready()

    answer = await socket.ask(type="subscribe", topics=["execution:*", "step:*"])

    assert (answer["type"], answer["field"]) == ("error", "topics.1")
    await in_thread(append_event, "still everything")
    assert await told(socket) == "still everything"


async def test_bytes_are_answered_with_an_error(connect: Connect) -> None:
    socket = await connect()
    await socket.ready()

    await socket.say_bytes(b"{}")

    assert (await socket.heard())["field"] == "message"


async def test_one_socket_has_a_hundred_topics_at_most(connect: Connect) -> None:
    socket = await connect()
    await socket.ready()
    topics = [f"workflow:{UUID(int=number)}" for number in range(messages.MAX_TOPICS)]

    assert (await socket.ask(type="subscribe", topics=topics))["type"] == "subscribed"

    assert (await socket.ask(type="subscribe", topics=["schedule:*"]))["field"] == "topics"
