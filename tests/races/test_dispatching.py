"""Two workers and one event: one of them deals with it, and what the other has done is undone."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import clock
from events import dispatching as queue
from events import sending
from events.errors import LostDispatch
from events.models import Dispatch
from executions.models import Execution
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.races.connections import at_once, beside
from triggers import dispatching, matching, reactions, releasing, services
from triggers.errors import TriggerChanged
from triggers.models import Gathering, Tally, Trigger
from workflows import services as workflow_services

SET = {"id": "only", "kind": "set", "values": {}}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def wanted(organization: Organization, make_workflow: MakeWorkflow) -> Callable[..., Trigger]:
    def wanted(**settings: Any) -> Trigger:
        pattern = {"pattern": "order.created", **settings}
        return services.create(
            organization, name="on-order", workflow=make_workflow(), now=clock.now(), **pattern
        )

    return wanted


def send(organization: Organization, number: int = 1) -> sending.Sent:
    event = sending.Event(
        organization_id=organization.pk,
        type="order.created",
        source="/shop",
        external_id=str(number),
        data={"number": number},
    )
    return sending.send(event, now=clock.now())


def test_an_event_that_one_worker_holds_is_no_others(organization: Organization, wanted: Any) -> None:
    wanted()
    send(organization)

    assert beside(lambda: queue.claim("triggers", limit=10), dispatching.drain) == 0
    assert dispatching.drain() == 0


def test_a_worker_that_was_too_slow_undoes_what_it_did(
    organization: Organization, wanted: Any, shift_clock: Any
) -> None:
    trigger = wanted()
    send(organization)
    slow = queue.claim("triggers", limit=10)
    shift_clock(queue.LEASE + timedelta(seconds=1))

    assert at_once(dispatching.drain) == [1]
    with pytest.raises(LostDispatch):
        dispatching._hand_on(slow)

    assert Execution.objects.count() == 1
    assert Tally.objects.get(pk=trigger.pk).matched == 1


def test_many_events_of_one_organization_do_not_stand_before_those_of_another(
    organization: Organization,
) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    for of, count in ((organization, 30), (other, 2)):
        workflow = workflow_services.create(of, name="report", definition={"steps": [SET]})
        services.create(of, name="on-order", workflow=workflow, now=clock.now(), pattern="order.created")
        for number in range(count):
            send(of, number)

    first = {one.event_id for one in queue.claim("triggers", limit=10)}

    assert first > set(Dispatch.objects.filter(organization=other).values_list("event_id", flat=True))
    assert dispatching.drain() == 32 - len(first)


def test_an_event_of_a_worker_that_died_comes_again(
    organization: Organization, wanted: Any, shift_clock: Any
) -> None:
    wanted()
    send(organization)
    queue.claim("triggers", limit=10)

    shift_clock(queue.LEASE + timedelta(seconds=1))

    assert dispatching.drain() == 1
    assert Execution.objects.count() == 1


def test_an_event_that_nobody_can_deal_with_holds_up_no_other(
    organization: Organization, wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted()
    bad, good = send(organization, 1), send(organization, 2)
    real = matching.match

    def broken(conditions: Any, event: Any) -> Any:
        if event["id"] == "1":
            raise RuntimeError("a bug")
        return real(conditions, event)

    monkeypatch.setattr(dispatching, "match", broken)
    dispatching.drain()

    left = Dispatch.objects.get()
    assert (left.event_id, left.error, left.available_at > clock.now()) == (
        bad.id,
        "RuntimeError('a bug')",
        True,
    )
    assert Execution.objects.get().event_id == good.id


def test_a_full_batch_that_two_release_starts_once(organization: Organization, wanted: Any) -> None:
    wanted(batch_size=5, batch_window=timedelta(minutes=1))
    for number in range(4):
        send(organization, number)
    dispatching.drain()
    Gathering.objects.update(due_at=clock.now())

    release = partial(releasing.release_due, now=clock.now())

    assert sorted(at_once(release, release)) == [0, 1]
    assert Execution.objects.get().input["count"] == 4


def test_an_event_that_comes_while_a_batch_is_released_is_not_lost(
    organization: Organization, wanted: Any
) -> None:
    wanted(batch_size=5, batch_window=timedelta(minutes=1))
    send(organization, 1)
    dispatching.drain()
    as_read = Gathering.objects.select_related("trigger__workflow").get()

    send(organization, 2)
    dispatching.drain()

    assert releasing._release(as_read, now=clock.now()) is False
    assert Gathering.objects.get().count == 2


def test_what_is_paused_while_an_event_is_dealt_with_starts_nothing(
    organization: Organization, wanted: Any
) -> None:
    trigger = wanted()
    send(organization)

    handled = beside(lambda: services.pause(trigger, by="ada", now=clock.now()), dispatching.drain)

    assert (handled, Execution.objects.count(), Dispatch.objects.count()) == (1, 0, 0)


def test_a_change_of_what_is_gathered_leaves_nothing_gathered_the_old_way(
    organization: Organization, wanted: Any
) -> None:
    trigger = wanted(batch_size=2, batch_window=timedelta(hours=1))
    send(organization)
    burst: dict[str, Any] = {"batch_size": None, "batch_window": None, "debounce": timedelta(minutes=1)}

    beside(lambda: services.change(trigger, now=clock.now(), **burst), dispatching.drain)

    assert Gathering.objects.get().due_at < clock.now() + timedelta(minutes=2)


def test_a_trigger_that_is_deleted_while_it_starts_leaves_no_counters(
    organization: Organization, wanted: Any
) -> None:
    trigger = wanted()
    send(organization)

    beside(lambda: services.delete(trigger, by="ada", now=clock.now()), dispatching.drain)

    assert (Execution.objects.count(), Tally.objects.count()) == (0, 0)


def test_an_event_is_looked_at_again_when_its_trigger_changes_after_the_look(
    organization: Organization, wanted: Any
) -> None:
    trigger = wanted()
    send(organization)
    held = queue.claim("triggers", limit=10)
    looked = dispatching._look([one.event_id for one in held])
    services.change(trigger, now=clock.now(), input={"by": "the new mapping"})

    with pytest.raises(TriggerChanged):
        dispatching._act(held, looked)
    dispatching._hand_on(held)

    assert Execution.objects.get().input == {"by": "the new mapping"}


def test_what_one_releases_another_neither_starts_nor_counts_against_its_rate(
    organization: Organization, wanted: Any, shift_clock: Any
) -> None:
    wanted(debounce=timedelta(seconds=1), rate_limit=1, rate_period=timedelta(days=1))
    send(organization)
    dispatching.drain()
    shift_clock(timedelta(seconds=2))
    (claimed,) = releasing._claim(now=clock.now())

    assert at_once(partial(releasing.release_due, now=clock.now())) == [0]

    assert releasing._settle(claimed, now=clock.now())
    assert Execution.objects.count() == 1


def test_what_somebody_was_to_release_who_died_is_released_later(
    organization: Organization, wanted: Any, shift_clock: Any
) -> None:
    wanted(debounce=timedelta(seconds=1))
    send(organization)
    dispatching.drain()
    shift_clock(timedelta(seconds=2))
    releasing._claim(now=clock.now())

    shift_clock(timedelta(seconds=3) + releasing.LEASE)

    assert releasing.release_due(now=clock.now()) == 1


def test_a_gathering_that_cannot_be_released_holds_up_no_other(
    organization: Organization, wanted: Any, shift_clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted(debounce=timedelta(seconds=1), group_key="event.data.number")
    for number in (1, 2):
        send(organization, number)
    dispatching.drain()
    shift_clock(timedelta(seconds=2))
    real = reactions.start_of

    def broken(trigger: Trigger, whole: Any, **name: str) -> Any:
        if whole.shown["id"] == "1":
            raise RuntimeError("a bug")
        return real(trigger, whole, **name)

    monkeypatch.setattr(releasing, "start_of", broken)

    assert releasing.release_due(now=clock.now()) == 1
    assert (Execution.objects.get().input, Gathering.objects.get().key) == ({"number": 2}, "1")


def test_starts_beside_one_that_is_refused_lock_their_groups_in_one_order(
    organization: Organization, wanted: Any
) -> None:
    trigger = wanted(concurrency_key="event.data.number", overlap="skip", input="${{ event.data }}")
    inputs = {"properties": {"number": {"maximum": 2}}}
    workflow_services.change(trigger.workflow, definition={"inputs": inputs, "steps": [SET]})
    for number in (1, 2, 3):
        send(organization, number)

    with CaptureQueriesContext(connection) as seen:
        dispatching.drain()

    assert Execution.objects.count() == 2
    assert sum("pg_advisory_xact_lock" in query["sql"] for query in seen.captured_queries) == 1


def test_what_is_dealt_with_takes_nothing_more_from_its_rate_when_the_next_event_fails(
    organization: Organization, wanted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted(rate_limit=2, rate_period=timedelta(days=1))
    monkeypatch.setattr(dispatching, "MOST_WANTED", 1)
    real = matching.match

    def broken(conditions: Any, event: Any) -> Any:
        if event["id"] == "2":
            raise RuntimeError("a bug")
        return real(conditions, event)

    monkeypatch.setattr(dispatching, "match", broken)
    for number in (1, 2, 3):
        send(organization, number)

    dispatching.drain()

    assert sorted(Execution.objects.values_list("input__number", flat=True)) == [1, 3]
