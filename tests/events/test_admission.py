"""Who may open a WebSocket, and what closes it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import structlog
from django.conf import settings as project
from django.contrib.auth.models import User
from django.test import Client

import clock
from events import access, consumers, log
from events.consumers import EventConsumer
from events.errors import EventError, NotAMember
from events.services import append
from organizations import services
from organizations.models import Organization
from organizations.roles import Role
from tests.events.stream import WAIT_SECONDS, Socket, in_thread, new_event

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

Connect = Callable[..., Awaitable[Socket]]
AppendEvent = Callable[..., None]


@pytest.fixture
def session(organization: Organization, client: Client) -> str:
    """Log a member in and return the cookie."""
    user = User.objects.create_user("ann")
    services.add_member(organization, user_id=user.pk, role=Role.VIEWER)
    client.force_login(user)
    name = project.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


async def test_a_client_that_cannot_set_headers_authenticates_first(
    connect: Connect, api_key: str, append_event: AppendEvent
) -> None:
    socket = await connect(host="127.0.0.1")

    ready = await socket.ask(type="authenticate", api_key=api_key)

    assert (ready["type"], ready["organization"]) == ("ready", "acme")
    assert (await socket.ask(type="authenticate", api_key=api_key))["field"] == "type"


@pytest.mark.parametrize(
    "first",
    ['{"type":"ping"}', '{"type":"subscribe","topics":["*"]}', '{"type":"authenticate","api_key":"hor_a_b"}'],
)
async def test_a_client_that_does_not_authenticate_is_sent_away(connect: Connect, first: str) -> None:
    socket = await connect(host="127.0.0.1")

    await socket.say(first)

    assert await socket.close_code() == 4401


async def test_a_client_that_says_nothing_is_sent_away(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
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

    assert (await socket.heard())["event"] == "first"
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


async def test_a_long_reason_fits_into_a_close_frame(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotAMember("é" * 100)

    monkeypatch.setattr(access, "admit", refuse)
    socket = await connect()

    message = await socket.received()
    assert message["reason"] == "é" * 61
