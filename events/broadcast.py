"""Publish the hint "there are new events" to an organization's group of the channel layer."""

import asyncio
import os
import selectors
import socket
from functools import partial
from typing import Any

from channels.layers import get_channel_layer
from redis.exceptions import ConnectionError as RedisConnectionError

from events.announcements import register
from events.services import HINT

PUBLISH_SECONDS = 0.5  # a Redis that does not answer costs the publishing thread no more than this per hint

_runners: dict[int, asyncio.Runner] = {}


def group(organization_id: object) -> str:
    """Return the channel layer's name of the group that hears of an organization's events."""
    return f"events.{organization_id}"


def publish(organization_id: str, count: int) -> None:
    """Tell every reader of the organization's log to look. Only the publishing thread calls this."""
    del count  # one look finds all
    _runner().run(_send(organization_id))


async def _send(organization_id: str) -> None:
    layer = get_channel_layer()
    if layer is None:  # a site without a channel layer has readers that look every second
        return
    send = partial(layer.group_send, group(organization_id), {"type": "events.hint"})
    async with asyncio.timeout(PUBLISH_SECONDS):
        try:
            await send()
        except RedisConnectionError:
            await send()  # the first one after Redis has dropped an idle connection, or started again


def _runner() -> asyncio.Runner:
    """Return this process's event loop: its connection to Redis outlives one hint."""
    return _runners.setdefault(os.getpid(), asyncio.Runner(loop_factory=_Loop))


class _Loop(asyncio.SelectorEventLoop):
    """An event loop for a thread that nobody waits for, in a process that may fork."""

    def __init__(self) -> None:
        # An epoll set is shared with a forked child: the child's farewell to the
        # parent's loop would deafen the parent. A poll set is each process's own.
        super().__init__(selectors.PollSelector())

    async def getaddrinfo(self, host: Any, port: Any, **options: Any) -> Any:
        """Resolve a name in this thread: Python closes asyncio's executor before a process's last hints leave."""
        return socket.getaddrinfo(host, port, **options)


register(HINT, publish)
