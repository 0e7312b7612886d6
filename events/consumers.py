"""The WebSocket of live events; `messages` has the protocol's words.

A client is told everything that happens in its organization, or what it
subscribes to, and resumes with `?after=<the last event id>`. It proves who it
is with a session, with an API key in a header (`Authorization: Bearer …` or
`X-API-Key`), or, where it cannot set headers, with
`{"type": "authenticate", "api_key": "…"}` as its first message. Never in the
address: servers and proxies log addresses.
"""

import asyncio
from collections.abc import Coroutine
from contextlib import aclosing, suppress
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from channels.generic.websocket import AsyncWebsocketConsumer

import clock
from events import access, log, messages
from events.errors import BadMessage, EventError, NotAMember, NotAuthenticated, TooSlow
from events.messages import EVERYTHING, Authenticate, Ping, Subscribe, Unsubscribe
from events.models import Position
from events.tail import follow
from organizations.models import Organization

logger = structlog.get_logger(__name__)

INTRODUCTION_SECONDS = 5.0  # for a client without credentials to authenticate
RECHECK_SECONDS = 45.0  # between looks whether the caller may still read
SEND_SECONDS = 30.0  # for the client to make room for one message

# Application codes are 4000 to 4999; these end like the HTTP status that they mean.
CODES: dict[type[EventError], int] = {
    BadMessage: 4400,
    NotAuthenticated: 4401,
    NotAMember: 4403,
    TooSlow: 4408,
}
INTERNAL_ERROR = 1011
MAX_REASON = 123  # bytes; RFC 6455, 5.5


class EventConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """One client of the event stream."""

    # Its organization's reader listens to the channel layer for all sockets, and a
    # socket must live where Redis does not: this name has no layer.
    channel_layer_alias = "none"

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Talk with one client until either side ends it."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._introduced: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._topics = frozenset({EVERYTHING})
        self._is_default = True  # no topics named so far
        self._told = 0  # id of the last event that was told or passed over
        self._is_over = False
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stop()

    async def connect(self) -> None:
        """Open the socket, and find out who it is for. It is opened first because only an open one has close codes."""
        caller = access.caller_of(self.scope)
        if caller.needs_own_origin and not access.is_own_origin(self.scope):
            await self.close()  # HTTP 403: a foreign page rides on the session
            return
        await self.accept()
        self._start(self._serve(caller))

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Do what a client's message says."""
        del bytes_data
        if self._is_over:
            return
        try:
            await self._obey(messages.parse(text_data))
        except BadMessage as error:
            await self._say(type="error", field=error.field, message=str(error))
        except EventError as error:
            await self._end(error)

    async def disconnect(self, code: int) -> None:
        """Stop at once: nobody listens."""
        del code
        self._stop()

    async def _obey(self, message: messages.Message) -> None:
        match message:
            case Authenticate(api_key):
                if self._introduced.done():
                    raise BadMessage("type", "already authenticated")
                self._introduced.set_result(api_key)
            case _ if not self._introduced.done():
                raise NotAuthenticated("authenticate first")
            case Ping():
                await self._say(type="pong", after=self._told)
            case Subscribe(topics):
                await self._subscribe(topics if self._is_default else self._topics | topics)
            case Unsubscribe(topics):
                await self._subscribe(self._topics - topics)

    async def _subscribe(self, topics: frozenset[str]) -> None:
        if len(topics) > messages.MAX_TOPICS:
            raise BadMessage("topics", f"{messages.MAX_TOPICS} at most on one socket; unsubscribe first")
        self._topics, self._is_default = topics, False
        await self._say(type="subscribed", topics=sorted(topics))

    async def _serve(self, caller: access.Caller) -> None:
        query = access.query_of(self.scope)
        after = messages.parse_after(query["after"]) if "after" in query else None
        if "topics" in query:
            self._topics, self._is_default = messages.parse_topics(query["topics"].split(",")), False
        if caller.is_known:
            self._introduced.set_result("")
        else:
            caller = replace(caller, api_key=await self._introduction())
        organization = await _admit(caller)
        self._start(self._keep_checking(replace(caller, slug=organization.slug)))
        await self._tell(organization, after=after)

    async def _introduction(self) -> str:
        try:
            async with asyncio.timeout(INTRODUCTION_SECONDS):
                return await self._introduced
        except TimeoutError:
            raise NotAuthenticated("log in, or use an API key") from None

    async def _keep_checking(self, caller: access.Caller) -> None:
        while True:
            await asyncio.sleep(RECHECK_SECONDS)
            await _admit(caller)

    async def _tell(self, organization: Organization, *, after: int | None) -> None:
        position = await self._position(organization, after=after)
        self._told = position.id
        await self._say(type="ready", organization=organization.slug, after=self._told)
        async with aclosing(follow(organization.pk, position)) as batches:
            async for batch in batches:
                for entry in batch:
                    if not entry.topics.isdisjoint(self._topics):
                        await self._send(entry.text)
                    self._told = entry.position.id

    async def _position(self, organization: Organization, *, after: int | None) -> Position:
        """Return where to begin: after the event that the client names, or at the end."""
        if after is not None:
            found = await log.patiently(partial(log.find, organization.pk, after))
            if found is not None:
                return found
            await self._say(
                type="gap", after=after, message="this event is not kept; events after it may be missing"
            )
        return await log.patiently(partial(log.end, organization.pk))

    async def _say(self, **content: Any) -> None:
        await self._send(messages.write(content))

    async def _send(self, text: str) -> None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self.send(text_data=text)
        except TimeoutError:
            raise TooSlow from None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work`; whatever ends it ends the socket."""
        try:
            await work
        except EventError as error:
            await self._end(error)
        except OSError:  # the client has left, and the server says so by refusing to send
            await self._close(INTERNAL_ERROR, "")
        except Exception:
            logger.exception("event socket failed")
            await self._close(INTERNAL_ERROR, "internal error")

    async def _end(self, error: EventError) -> None:
        await self._close(CODES[type(error)], str(error))

    async def _close(self, code: int, reason: str) -> None:
        if self._is_over:
            return
        self._stop()
        with suppress(OSError):  # the client was faster
            await self.close(code, reason.encode()[:MAX_REASON].decode(errors="ignore"))

    def _stop(self) -> None:
        """Say nothing any more."""
        self._is_over = True
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()


async def _admit(caller: access.Caller) -> Organization:
    return await log.patiently(lambda: access.admit(caller, now=clock.now()))
