"""An event that is sent is kept once, whoever sends it again, and those who wait are told after the commit."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from events import log, sending
from events.errors import EventConflict, EventTooLarge
from events.models import BEGINNING
from events.models import Event as Row
from events.sending import Event, Sent, send
from organizations.models import Organization
from tests.events.test_log import await_settled
from tests.races.connections import beside

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def paid(organization: Organization) -> Event:
    return Event(
        organization_id=organization.pk,
        type="order.paid",
        source="/shop",
        external_id="order-7",
        time=datetime(2026, 11, 20, 11, tzinfo=UTC),
        data={"order": 7, "amount": 1.5},
    )


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """Yield what the listeners are told."""
    heard: list[Any] = []
    listeners = list(sending._listeners)
    sending._listeners[:] = [lambda organization_id, type_: heard.append((organization_id, type_))]
    yield heard
    sending._listeners[:] = listeners


def test_an_event_keeps_when_it_came_and_when_it_happened(paid: Event):
    sent = send(paid, now=NOON)

    row = Row.objects.get(pk=sent.id)
    assert (row.type, row.source, row.external_id, row.at) == ("order.paid", "/shop", "order-7", NOON)
    assert row.data == {"data": {"order": 7, "amount": 1.5}, "time": "2026-11-20T11:00:00+00:00"}


def test_the_same_event_is_kept_once(paid: Event):
    first = send(paid, now=NOON)

    assert send(paid, now=NOON) == Sent(first.id, created=False)
    assert Row.objects.count() == 1


@pytest.mark.parametrize("change", [{"type": "order.lost"}, {"data": {"order": 8}}, {"time": None}])
def test_another_event_under_the_same_id_is_refused(paid: Event, change: dict[str, Any]):
    send(paid, now=NOON)

    with pytest.raises(EventConflict, match=r"'order-7' of source '/shop' names another event"):
        send(replace(paid, **change), now=NOON)


@pytest.mark.parametrize("change", [{"source": "/other-shop"}, {"external_id": "order-8"}])
def test_another_source_or_id_is_another_event(paid: Event, change: dict[str, Any]):
    send(paid, now=NOON)

    assert send(replace(paid, **change), now=NOON).created


def test_the_same_id_in_two_organizations_are_two_events(paid: Event, other_organization: Organization):
    send(paid, now=NOON)

    assert send(replace(paid, organization_id=other_organization.pk), now=NOON).created


def test_data_over_the_limit_is_refused(paid: Event):
    with pytest.raises(EventTooLarge, match=r"256,000 bytes"):
        send(replace(paid, data="x" * 256_000), now=NOON)

    assert send(replace(paid, data="x" * 255_998), now=NOON).created


@pytest.mark.django_db(transaction=True)
def test_of_two_who_send_one_event_at_once_one_creates_it(paid: Event):
    first, second = [], []
    second += [beside(lambda: first.append(send(paid, now=NOON)), lambda: send(paid, now=NOON))]

    assert first == [Sent(first[0].id, created=True)]
    assert second == [Sent(first[0].id, created=False)]


@pytest.mark.django_db(transaction=True)
def test_those_who_wait_are_told_after_the_commit_and_of_a_repeat_too(paid: Event, told: list[Any]):
    with transaction.atomic():
        send(paid, now=NOON)
        assert told == []

    assert told == [(paid.organization_id, "order.paid")]
    send(paid, now=NOON)
    assert len(told) == 2


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_rolled_back_is_told_to_nobody(paid: Event, told: list[Any]):
    with transaction.atomic():
        send(paid, now=NOON)
        transaction.set_rollback(True)

    assert (told, Row.objects.count()) == ([], 0)


@pytest.mark.django_db(transaction=True)
def test_the_log_tells_of_what_was_sent_without_its_data(paid: Event):
    send(paid, now=NOON)
    await_settled(1)

    (entry,) = log.read(paid.organization_id, after=BEGINNING).entries

    assert '"event":"order.paid"' in entry.text
    assert '"source":"/shop","data":{}' in entry.text
