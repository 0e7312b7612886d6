"""One reader for all sockets of a process: nothing is lost, nothing comes twice, nothing piles up."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
import structlog
from django.db import OperationalError, connections, transaction

from events import log, tail
from events.models import BEGINNING, Position
from events.services import append
from organizations.models import Organization
from tests.events.stream import WAIT_SECONDS, ids, in_log, in_thread, leave, new_event, take, until

pytestmark = [pytest.mark.asyncio, pytest.mark.django_db(transaction=True)]

AppendEvent = Callable[..., None]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Position]:
    """Note from which positions the log is read."""
    noted: list[Position] = []
    read = log.read

    def noting(organization_id: UUID, *, after: Position) -> log.Page:
        noted.append(after)
        return read(organization_id, after=after)

    monkeypatch.setattr(log, "read", noting)
    return noted


async def test_sockets_share_one_reader(
    organization: Organization,
    append_event: AppendEvent,
    reads: list[Position],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", WAIT_SECONDS)
    sockets = [ids(organization, BEGINNING) for _ in range(20)]
    await in_thread(append_event)
    for socket in sockets:
        await take(socket, 1)
    waiting = [asyncio.create_task(take(socket, 1)) for socket in sockets]
    await until(lambda: len(reads) > len(sockets))
    before = len(reads)

    await in_thread(append_event)
    heard = await asyncio.gather(*waiting)

    assert heard == [(await in_log())[1:]] * len(sockets)
    assert len(reads) - before < len(sockets)
    await leave(*sockets)


async def test_an_event_that_settles_while_a_socket_still_reads_the_log_reaches_it(
    organization: Organization, append_event: AppendEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "POLL_SECONDS", 0.01)
    read, handed_out = log.read, threading.Event()
    await in_thread(append_event, "there before")
    first = (await in_log())[0]

    def read_slowly(organization_id: UUID, *, after: Position) -> log.Page:
        page = read(organization_id, after=after)
        if after.id > first:  # the reader is past the second event
            handed_out.set()
        if after == BEGINNING:
            append_event("meanwhile")
            assert handed_out.wait(WAIT_SECONDS)
        return page

    monkeypatch.setattr(log, "read", read_slowly)
    following = ids(organization, BEGINNING)

    assert await take(following, 2) == await in_log()
    await leave(following)


async def test_a_socket_that_lags_reads_the_log_by_itself_and_loses_nothing(
    organization: Organization, append_event: AppendEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "QUEUE", 3)
    monkeypatch.setattr(log, "BATCH", 2)
    lagging, watching = ids(organization, BEGINNING), ids(organization, BEGINNING)
    await in_thread(append_event)
    first = await take(lagging, 1)
    for _ in range(20):
        await in_thread(append_event)

    await take(watching, 21)

    assert first + await take(lagging, 20) == await in_log()
    await leave(lagging, watching)


async def test_a_lagging_socket_holds_a_bounded_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tail, "QUEUE", 3)
    feed: Any = tail.Feed()

    for _ in range(10):
        feed.hand(["entry", "entry"])

    assert feed.overflowed
    assert await feed.take() == []


async def test_a_database_that_is_away_for_a_while_costs_no_event(
    organization: Organization, append_event: AppendEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "RETRY_SECONDS", 0.01)
    read, failures = log.read, iter([OperationalError("away")] * 3)

    def fail_at_first(organization_id: UUID, *, after: Position) -> log.Page:
        for failure in failures:
            raise failure
        return read(organization_id, after=after)

    monkeypatch.setattr(log, "read", fail_at_first)
    await in_thread(append_event)
    following = ids(organization, BEGINNING)

    assert await take(following, 1) == await in_log()
    await leave(following)


async def test_the_reader_ends_with_its_last_socket(
    organization: Organization, append_event: AppendEvent
) -> None:
    await in_thread(append_event)
    one, two = ids(organization, BEGINNING), ids(organization, BEGINNING)
    await take(one, 1)
    await take(two, 1)
    tails = tail._tails[asyncio.get_running_loop()]

    await leave(one)
    assert list(tails) == [organization.pk]
    await leave(two)

    assert tails == {}
    assert asyncio.all_tasks() <= {asyncio.current_task(), *receivers()}


async def test_a_reader_that_dies_takes_its_sockets_along_and_is_replaced(
    organization: Organization, append_event: AppendEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    await in_thread(append_event)
    following = ids(organization, BEGINNING)
    await take(following, 1)
    with monkeypatch.context() as broken, structlog.testing.capture_logs() as lines:
        broken.setattr(log, "read", lambda *_, **__: 1 / 0)
        with pytest.raises(RuntimeError, match="died"):
            await take(following, 1)

    again = ids(organization, BEGINNING)

    assert "reader of the event log has died" in {line["event"] for line in lines}
    assert await take(again, 1) == await in_log()
    await leave(again)


async def test_every_event_of_overlapping_transactions_comes_once_and_in_order(
    organization: Organization,
) -> None:
    early = ids(organization, BEGINNING)
    written = asyncio.create_task(asyncio.to_thread(write_at_once, organization))
    heard_early = await take(early, 100)
    late = ids(organization, BEGINNING)
    heard_late = await take(late, 400)
    await written

    heard_early += await take(early, 300)

    assert heard_early == heard_late == await in_log()
    await leave(early, late)


def write_at_once(organization: Organization) -> None:
    """Append 400 events in 200 transactions on four connections."""

    def write(_: int) -> None:
        for _ in range(50):
            with transaction.atomic():
                append([new_event(organization)])
                append([new_event(organization)])
        connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))


def receivers() -> set["asyncio.Task[Any]"]:
    """Return the task that channels_redis keeps for each event loop."""
    return {task for task in asyncio.all_tasks() if "_do_receiving" in repr(task)}
