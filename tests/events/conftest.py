"""Two connections, and sockets that are closed again."""

import secrets
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import pytest_asyncio
from django.db import connections, transaction
from pytest_django.fixtures import Settings
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from events import announcements
from events.services import append
from organizations import services
from organizations.models import Organization
from organizations.roles import Role
from scheduler_project.embedded import binaries
from scheduler_project.embedded.account import unprivileged
from scheduler_project.embedded.place import free_port
from tests.events.stream import Elsewhere, Socket, new_event


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Yield another connection, such as another process has."""
    with ThreadPoolExecutor(1) as pool:
        yield Elsewhere(pool)
        pool.submit(connections.close_all).result()


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Run a Redis that may be paused and robbed of its clients: nobody else uses it."""
    password, port = secrets.token_urlsafe(), free_port()
    config = f"bind 127.0.0.1\nport {port}\nrequirepass {password}\nsave ''\n"
    command = [str(binaries.redis(unprivileged())), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stdin is not None
        server.stdin.write(config)
        server.stdin.close()
        yield f"redis://:{password}@127.0.0.1:{port}/0"
        server.terminate()


@pytest.fixture
def redis(redis_url: str, settings: Settings) -> Iterator[Any]:
    """Let the channel layer use the test's own Redis, and yield a client of it."""
    host = {"address": redis_url, "socket_timeout": None}
    settings.CHANNEL_LAYERS = {"default": {**settings.CHANNEL_LAYERS["default"], "CONFIG": {"hosts": [host]}}}
    with Redis.from_url(redis_url, retry=Retry(ConstantBackoff(0.05), 100)) as client:
        client.ping()
        yield client
        announcements.flush()


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
