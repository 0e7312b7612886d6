"""The log's order: nothing is stepped over, whatever commits when."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection

from events import log
from events.models import BEGINNING, Event
from organizations.models import Organization
from tests.acceptance.processes import eventually
from tests.events.stream import NOON, Elsewhere, new_event

pytestmark = pytest.mark.django_db(transaction=True)

AppendEvent = Callable[..., None]


def await_settled(count: int) -> None:
    """Wait for transactions of other databases on the server: they hide events, too."""
    eventually(lambda: Event.objects.settled().count() >= count, what="the events can be read")


def types(page: log.Page) -> list[str]:
    ids = [entry.position.id for entry in page.entries]
    found = Event.objects.in_bulk(ids)
    return [found[number].type for number in ids]


def next_id() -> int:
    """Take an id as an INSERT does, before anything is written."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('events_event', 'id'))")
        (number,) = cursor.fetchone()
    return int(number)


def test_a_transaction_that_still_runs_hides_what_was_committed_after_it(
    organization: Organization, append_event: AppendEvent, elsewhere: Elsewhere
) -> None:
    append_event("first")
    elsewhere.begin()
    elsewhere.append(new_event(organization, "slow"))
    append_event("quick")
    await_settled(1)

    before = log.read(organization.pk, after=BEGINNING)
    elsewhere.commit()
    await_settled(3)
    after = log.read(organization.pk, after=before.entries[-1].position)

    assert (types(before), before.is_blocked) == (["first"], True)
    assert (types(after), after.is_blocked) == (["slow", "quick"], False)


def test_a_smaller_id_that_commits_later_in_a_younger_transaction_is_not_skipped(
    organization: Organization, append_event: AppendEvent, elsewhere: Elsewhere
) -> None:
    elsewhere.begin()
    smaller_id = next_id()
    append_event("larger id")
    late = Event(id=smaller_id, organization=organization, type="smaller id", at=NOON)
    elsewhere.do(partial(late.save, force_insert=True))
    await_settled(1)

    before = log.read(organization.pk, after=BEGINNING)
    elsewhere.commit()
    await_settled(2)
    after = log.read(organization.pk, after=before.entries[-1].position)

    assert types(before) == ["larger id"]
    assert types(after) == ["smaller id"]
    assert after.entries[0].position.id < before.entries[0].position.id


def test_an_open_transaction_that_wrote_elsewhere_only_delays(
    organization: Organization,
    other_organization: Organization,
    append_event: AppendEvent,
    elsewhere: Elsewhere,
) -> None:
    elsewhere.begin()
    elsewhere.append(new_event(other_organization))
    append_event("mine")

    assert log.read(organization.pk, after=BEGINNING).entries == ()
    assert log.end(organization.pk) == BEGINNING
    elsewhere.commit()
    await_settled(2)

    assert types(log.read(organization.pk, after=BEGINNING)) == ["mine"]


def test_the_log_is_read_in_pages_that_follow_each_other(
    organization: Organization, monkeypatch: pytest.MonkeyPatch, elsewhere: Elsewhere
) -> None:
    monkeypatch.setattr(log, "BATCH", 2)
    elsewhere.append(*(new_event(organization, f"event {number}") for number in range(5)))
    await_settled(5)

    read, place, page = [], BEGINNING, log.read(organization.pk, after=BEGINNING)
    while page.entries:
        read += types(page)
        place = page.entries[-1].position
        page = log.read(organization.pk, after=place)

    assert read == [f"event {number}" for number in range(5)]
    assert place == log.end(organization.pk)


def test_another_organizations_events_are_not_in_the_log(
    organization: Organization, other_organization: Organization, append_event: AppendEvent
) -> None:
    append_event()
    event_id = Event.objects.get().pk
    await_settled(1)

    assert log.read(other_organization.pk, after=BEGINNING).entries == ()
    assert log.find(other_organization.pk, event_id) is None
    assert log.find(organization.pk, event_id) == log.end(organization.pk)


def test_reading_on_touches_only_the_index_entries_that_follow(organization: Organization) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO events_event (organization_id, type, at, data, transaction_id)"
            " SELECT %s, 'workflow.completed', now(), '{}', number / 100 FROM generate_series(1, 20000) number",
            [organization.pk],
        )
        cursor.execute("ANALYZE events_event")
    middle = Event.objects.of(organization.pk).in_order()[10_000]

    plan = Event.objects.of(organization.pk).after(middle).settled()[:10].explain(analyze=True)

    assert "event_log_order" in plan
    assert "Filter" not in plan
    assert "Sort" not in plan
