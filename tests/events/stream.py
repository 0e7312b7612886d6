"""What the tests of the event stream share."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from asgiref.testing import ApplicationCommunicator
from django.db import connection, transaction

from events import tail
from events.models import Event, Position
from events.services import NewEvent, append
from organizations.models import Organization
from scheduler_project.asgi import application

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WAIT_SECONDS = 10.0  # for what must come

Following = AsyncIterator[int]


def new_event(organization: Organization, type_: str = "workflow.completed", **fields: Any) -> NewEvent:
    return NewEvent(**{"organization_id": organization.pk, "type": type_, "at": NOON, **fields})


class Elsewhere:
    """A thread with its own connection and one transaction at a time."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._atomic = transaction.atomic()

    def begin(self) -> None:
        self.do(self._atomic.__enter__)

    def append(self, *events: NewEvent) -> None:
        self.do(append, events)

    def commit(self) -> None:
        self.do(self._atomic.__exit__, None, None, None)

    def do(self, work: Callable[..., object], *arguments: Any) -> None:
        self._pool.submit(work, *arguments).result()


class Socket:
    """A client of the event stream in this process. (`channels.testing` cannot be imported without daphne.)"""

    def __init__(self, query: str = "", *, path: str = "/ws/v1/events/", headers: dict[str, str]) -> None:
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        scope = {"type": "websocket", "path": path, "query_string": query.encode(), "headers": raw}
        self._connection: Any = ApplicationCommunicator(application, scope)  # type: ignore[no-untyped-call]

    async def open(self) -> None:
        """Open the socket; one that is refused at once gets no close code."""
        await self._connection.send_input({"type": "websocket.connect"})
        message = await self.received()
        assert message["type"] == "websocket.accept", message

    async def is_refused(self) -> bool:
        """Return whether the server refuses the handshake."""
        await self._connection.send_input({"type": "websocket.connect"})
        message = await self.received()
        await self.leave()
        return bool(message["type"] == "websocket.close")

    def read_slowly(self) -> None:
        """Have room for one message that was not read yet."""
        self._connection._output_queue = asyncio.Queue(1)

    async def say(self, text: str) -> None:
        """Send a message as it is."""
        await self._connection.send_input({"type": "websocket.receive", "text": text})

    async def say_bytes(self, content: bytes) -> None:
        """Send a binary message."""
        await self._connection.send_input({"type": "websocket.receive", "bytes": content})

    async def received(self) -> Any:
        """Return what the server sends next, as ASGI has it."""
        return await self._connection.receive_output(WAIT_SECONDS)

    async def is_silent(self, seconds: float) -> bool:
        """Return whether the server says nothing for so long."""
        return bool(await self._connection.receive_nothing(timeout=seconds))

    async def heard(self) -> Any:
        """Return the next message."""
        message = await self.received()
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def ready(self) -> Any:
        """Return the message that says from where on events are told."""
        message = await self.heard()
        assert message["type"] == "ready", message
        return message

    async def ask(self, **content: Any) -> Any:
        """Say something and return the answer."""
        await self.say(json.dumps(content))
        return await self.heard()

    async def close_code(self) -> int:
        """Return with which code the server closes the socket."""
        message = await self.received()
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def leave(self) -> None:
        """Disconnect, and wait until the server has noticed."""
        await self._connection.send_input({"type": "websocket.disconnect", "code": 1000})
        await self._connection.wait(WAIT_SECONDS)


async def in_thread(work: Callable[..., object], *arguments: Any, **options: Any) -> None:
    """Run `work` in a thread, on a connection that is closed afterwards."""

    def run() -> None:
        with contextlib.closing(connection):
            work(*arguments, **options)

    await asyncio.to_thread(run)


async def ids(organization: Organization, position: Position) -> Following:
    """Yield the ids of the events that follow `position`, as a socket gets them."""
    async with contextlib.aclosing(tail.follow(organization.pk, position)) as batches:
        async for batch in batches:
            for entry in batch:
                yield entry.position.id


async def take(following: Following, count: int) -> list[int]:
    async with asyncio.timeout(WAIT_SECONDS):
        return [await anext(following) for _ in range(count)]


def all_ids() -> list[int]:
    return list(Event.objects.in_order().values_list("id", flat=True))


async def in_log() -> list[int]:
    found: list[int] = []
    await in_thread(lambda: found.extend(all_ids()))
    return found


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_SECONDS):
        while not await asyncio.to_thread(condition):
            await asyncio.sleep(0.01)


async def leave(*followings: Any) -> None:
    for following in followings:
        await following.aclose()
