"""One WebSocket client, in this process."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client

import clock
from events import access, consumers, log, messages
from events.consumers import EventConsumer
from events.errors import EventError, NotAMember
from events.models import Event
from events.services import append
from organizations import services
from organizations.models import Organization
from organizations.roles import Role
from tests.events.stream import WAIT_SECONDS, Elsewhere, Socket, in_thread, new_event

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Connect = Callable[..., Awaitable[Socket]]
AppendEvent = Callable[..., None]

ONE = UUID("01978c5e-0000-7000-8000-000000000001")
OTHER = UUID("01978c5e-0000-7000-8000-000000000002")


@pytest.fixture
def session(organization: Organization, client: Client) -> str:
    """Log a member in and return the cookie."""
    user = User.objects.create_user("ann")
    services.add_member(organization, user_id=user.pk, role=Role.VIEWER)
    client.force_login(user)
    name = project.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


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
    assert await socket.receive_nothing(timeout=0.2)

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


async def test_topics_in_the_address_also_narrow_what_was_missed(connect: Connect, append_event: AppendEvent) -> None:
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


async def test_a_bad_message_is_answered_and_the_socket_stays(connect: Connect, append_event: AppendEvent) -> None:
    socket = await connect()
    await socket.ready()

    answer = await socket.ask(type="subscribe", topics=["execution:*", "step:*"])

    assert (answer["type"], answer["field"]) == ("error", "topics.1")
    await in_thread(append_event, "still everything")
    assert await told(socket) == "still everything"


async def test_bytes_are_answered_with_an_error(connect: Connect) -> None:
    socket = await connect()
    await socket.ready()

    await socket.send_input({"type": "websocket.receive", "bytes": b"{}"})

    assert (await socket.heard())["field"] == "message"


async def test_one_socket_has_a_hundred_topics_at_most(connect: Connect) -> None:
    socket = await connect()
    await socket.ready()
    topics = [f"workflow:{UUID(int=number)}" for number in range(messages.MAX_TOPICS)]

    assert (await socket.ask(type="subscribe", topics=topics))["type"] == "subscribed"

    assert (await socket.ask(type="subscribe", topics=["schedule:*"]))["field"] == "topics"


async def test_a_client_that_cannot_set_headers_authenticates_first(
    connect: Connect, api_key: str, append_event: AppendEvent
) -> None:
    socket = await connect(host="127.0.0.1")

    ready = await socket.ask(type="authenticate", api_key=api_key)

    assert (ready["type"], ready["organization"]) == ("ready", "acme")
    assert (await socket.ask(type="authenticate", api_key=api_key))["field"] == "type"


@pytest.mark.parametrize(
    "first", ['{"type":"ping"}', '{"type":"subscribe","topics":["*"]}', '{"type":"authenticate","api_key":"hor_a_b"}']
)
async def test_a_client_that_does_not_authenticate_is_sent_away(connect: Connect, first: str) -> None:
    socket = await connect(host="127.0.0.1")

    await socket.say(first)

    assert await socket.close_code() == 4401


async def test_a_client_that_says_nothing_is_sent_away(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "INTRODUCTION_SECONDS", 0.05)

    socket = await connect(host="127.0.0.1")

    assert await socket.close_code() == 4401


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("", {"authorization": "Bearer hor_a_b"}, 4401),
        ("", {"x-api-key": "hor_a_b"}, 4401),
        ("", {"cookie": "sessionid=unknown", "origin": "http://127.0.0.1", "host": "127.0.0.1"}, 4401),
        ("organization=globex", {}, 4403),
        ("after=-1", {}, 4400),
        ("topics=step:*", {}, 4400),
    ],
)
async def test_a_socket_that_may_not_be_is_closed_with_the_reasons_code(
    connect: Connect, other_organization: Organization, query: str, headers: dict[str, str], code: int
) -> None:
    socket = await connect(query, **headers)

    assert await socket.close_code() == code


async def test_a_session_of_our_own_page_is_enough(connect: Connect, session: str) -> None:
    socket = await connect(cookie=session, origin="http://127.0.0.1:8000", host="127.0.0.1:8000")

    assert (await socket.ready())["organization"] == "acme"


@pytest.mark.parametrize("origin", ["http://evil.example.net", ""])
async def test_a_foreign_page_cannot_ride_on_a_session(session: str, origin: str) -> None:
    socket = Socket(headers={"cookie": session, "origin": origin, "host": "127.0.0.1:8000"})

    assert await socket.is_refused()


async def test_an_unknown_path_is_refused() -> None:
    assert await Socket(path="/ws/other/", headers={}).is_refused()


async def test_both_addresses_lead_to_the_stream(api_key: str) -> None:
    socket = Socket(path="/ws/events/", headers={"authorization": f"Bearer {api_key}"})
    await socket.open()

    await socket.ready()
    await socket.leave()


async def test_a_revoked_key_ends_the_socket(
    connect: Connect, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)
    socket = await connect()
    await socket.ready()

    await in_thread(lambda: services.revoke_api_key(organization.api_keys.get(), now=clock.now()))

    assert await socket.close_code() == 4401


async def test_a_membership_that_ended_ends_the_socket(
    connect: Connect, organization: Organization, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RECHECK_SECONDS", 0.05)
    socket = await connect(cookie=session, origin="http://127.0.0.1", host="127.0.0.1")
    await socket.ready()

    await in_thread(organization.memberships.all().delete)

    assert await socket.close_code() == 4403


async def test_a_client_that_does_not_read_is_sent_away(
    organization: Organization, api_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    end, ended = EventConsumer._end, asyncio.Event()

    async def noted(consumer: EventConsumer, error: EventError) -> None:
        ended.set()
        await end(consumer, error)

    monkeypatch.setattr(EventConsumer, "_end", noted)
    monkeypatch.setattr(consumers, "SEND_SECONDS", 0.05)
    socket = Socket(headers={"authorization": f"Bearer {api_key}"})
    socket.read_slowly()
    await socket.open()
    await socket.ready()
    await in_thread(append, [new_event(organization, "first"), new_event(organization, "second")])
    await asyncio.wait_for(ended.wait(), WAIT_SECONDS)

    assert await told(socket) == "first"
    assert await socket.close_code() == 4408
    await socket.leave()


async def test_a_bug_ends_the_socket_and_is_logged(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(log, "end", fail)
    with structlog.testing.capture_logs() as lines:
        socket = await connect()

        assert await socket.close_code() == 1011
    assert any(line["log_level"] == "error" for line in lines)


async def test_a_long_reason_fits_into_a_close_frame(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotAMember("é" * 100)

    monkeypatch.setattr(access, "admit", refuse)
    socket = await connect()

    message = await socket.receive_output(WAIT_SECONDS)
    assert message["reason"] == "é" * 61
