"""Two workers and one event: one of them deals with it, and what the other has done is undone."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import clock
from events import dispatching as queue
from events import sending
from events.errors import LostDispatch
from events.models import Dispatch
from executions.models import Execution
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.races.connections import at_once, beside
from triggers import dispatching, gathering, matching, services
from triggers.models import Gathering, Tally, Trigger

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

    release = partial(gathering.release_due, now=clock.now())

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

    assert gathering._release(as_read, now=clock.now()) is False
    assert Gathering.objects.get().count == 2
