"""Follow an organization's log: one reader per process hands what is new to all its sockets."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import structlog
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

from events import log
from events.broadcast import group
from events.messages import Entry
from events.models import Position

logger = structlog.get_logger(__name__)

QUEUE = 1000  # events that wait for one socket; one that lags further reads the log by itself
POLL_SECONDS = 1.0  # between looks without a hint: hints may be lost
MERGE_SECONDS = 0.005  # between reads, so that a busy log is read in batches
AGAIN_SECONDS = 0.005  # first wait for a transaction that hides newer events; doubles up to POLL_SECONDS
SUBSCRIBE_SECONDS = 5.0  # for Redis to answer
LEAVE_SECONDS = 0.5


async def follow(organization_id: UUID, position: Position) -> AsyncGenerator[Sequence[Entry], None]:
    """Yield what follows `position`, in the log's order, each event once, for ever.

    Events that are there already come in pages of `log.BATCH`; then those that
    the process's reader hands out. A caller that takes more than `QUEUE` events
    longer than the reader gets pages again: nothing is lost and memory is bounded.
    """
    async with _joined(organization_id) as feed:
        while True:
            # In this order: an event that settles after the read is handed to the feed.
            feed.start_over()
            page = await log.patiently(partial(log.read, organization_id, after=position))
            if page.entries:
                yield page.entries
                position = page.entries[-1].position
            while not (page.is_full or feed.overflowed):
                entries = [entry for entry in await feed.take() if entry.position > position]
                if entries:
                    yield entries
                    position = entries[-1].position


class Feed:
    """What waits for one socket."""

    def __init__(self) -> None:
        self.overflowed = False
        self._ended = False
        self._waiting: deque[Entry] = deque()
        self._changed = asyncio.Event()

    def start_over(self) -> None:
        """Forget what waits."""
        self.overflowed = False
        self._waiting.clear()

    def hand(self, entries: Sequence[Entry]) -> None:
        """Add entries, or forget them all where they would be too many."""
        if self.overflowed or len(self._waiting) + len(entries) > QUEUE:
            self.overflowed = True
            self._waiting.clear()
        else:
            self._waiting.extend(entries)
        self._changed.set()

    def end(self) -> None:
        """Let `take` fail: nobody will hand anything any more."""
        self._ended = True
        self._changed.set()

    async def take(self) -> list[Entry]:
        """Wait for entries and return them; none after an overflow.

        Raises:
            RuntimeError: the reader has died, and its log line says of what.
        """
        await self._changed.wait()
        self._changed.clear()
        if self._ended:
            raise RuntimeError("the reader of the event log has died")
        taken = list(self._waiting)
        self._waiting.clear()
        return taken


class Tail:
    """The reader of one organization's log in this process. It starts with its first feed."""

    def __init__(self, organization_id: UUID) -> None:
        self.feeds: set[Feed] = set()
        self.ready = asyncio.Event()  # from now on feeds get whatever settles
        self._organization_id = organization_id
        self._hinted = asyncio.Event()
        self._task = asyncio.create_task(self._run())

    @property
    def is_over(self) -> bool:
        """Return whether it has died."""
        return self._task.done()

    async def stop(self) -> None:
        """End the reader."""
        self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> None:
        listening = asyncio.create_task(self._listen())
        try:
            await self._read()
        except Exception:
            logger.exception("reader of the event log has died", organization=str(self._organization_id))
        finally:
            self.ready.set()
            for feed in self.feeds:
                feed.end()
            listening.cancel()
            await asyncio.wait({listening})

    async def _read(self) -> None:
        position = await log.patiently(partial(log.end, self._organization_id))
        self.ready.set()
        patience = AGAIN_SECONDS
        while True:
            page = await log.patiently(partial(log.read, self._organization_id, after=position))
            if page.entries:
                position = page.entries[-1].position
                for feed in self.feeds:
                    feed.hand(page.entries)
                patience = AGAIN_SECONDS
            if not page.is_full:
                await self._wait(patience if page.is_blocked else POLL_SECONDS)
                patience = min(2 * patience, POLL_SECONDS) if page.is_blocked else AGAIN_SECONDS

    async def _wait(self, seconds: float) -> None:
        await asyncio.sleep(MERGE_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._hinted.wait()
        self._hinted.clear()

    async def _listen(self) -> None:
        """Note every hint. Without Redis there are none, and the reader looks every `POLL_SECONDS`."""
        layer = get_channel_layer()
        while layer is not None:
            try:
                await self._hear(layer)
            except (RedisError, OSError) as error:
                logger.warning("no hints of new events", error=str(error) or repr(error))
            await asyncio.sleep(SUBSCRIBE_SECONDS)

    async def _hear(self, layer: Any) -> None:
        name = group(self._organization_id)
        async with asyncio.timeout(SUBSCRIBE_SECONDS):
            # Asked first: where Redis is away, each failed new_channel leaves a queue behind.
            await layer.group_send(name, {"type": "events.hint"})
            channel = await layer.new_channel()
            await layer.group_add(name, channel)
        try:
            while True:
                self._hinted.set()
                await layer.receive(channel)
        finally:
            with suppress(RedisError, OSError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await layer.group_discard(name, channel)


_tails: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[UUID, Tail]] = WeakKeyDictionary()


@asynccontextmanager
async def _joined(organization_id: UUID) -> AsyncIterator[Feed]:
    """Yield a feed of the organization's reader; the last one to leave ends the reader."""
    tails = _tails.setdefault(asyncio.get_running_loop(), {})
    if organization_id not in tails or tails[organization_id].is_over:
        tails[organization_id] = Tail(organization_id)
    tail, feed = tails[organization_id], Feed()
    tail.feeds.add(feed)
    try:
        await tail.ready.wait()
        yield feed
    finally:
        tail.feeds.remove(feed)
        if not tail.feeds:
            if tails.get(organization_id) is tail:
                del tails[organization_id]
            await tail.stop()
