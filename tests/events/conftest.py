"""Two connections, and sockets that are closed again."""

from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio
from django.db import connections, transaction

from events.services import append
from organizations import services
from organizations.models import Organization
from organizations.roles import Role
from tests.events.stream import Elsewhere, Socket, new_event


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Yield another connection, such as another process has."""
    with ThreadPoolExecutor(1) as pool:
        yield Elsewhere(pool)
        pool.submit(connections.close_all).result()


@pytest.fixture
def other_organization(db: None) -> Organization:
    return Organization.objects.create(slug="globex", name="Globex")


@pytest.fixture
def api_key(organization: Organization) -> str:
    _, key = services.issue_api_key(organization, name="test", role=Role.VIEWER, by="test")
    return key


@pytest_asyncio.fixture
async def connect(api_key: str) -> AsyncIterator[Callable[..., Any]]:
    """Yield a function that opens a socket, by default with the organization's API key."""
    sockets: list[Socket] = []

    async def open_socket(query: str = "", **headers: str) -> Socket:
        socket = Socket(query, headers=headers or {"authorization": f"Bearer {api_key}"})
        sockets.append(socket)
        await socket.open()
        return socket

    yield open_socket
    for socket in sockets:
        await socket.leave()


@pytest.fixture
def append_event(organization: Organization) -> Callable[..., None]:
    """Append one event of the organization and commit."""

    def append_one(type_: str = "workflow.completed", **fields: Any) -> None:
        with transaction.atomic():
            append([new_event(organization, type_, **fields)])

    return append_one
