"""Whose turn it is: organizations with limits among those without."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest

import clock
from executions.errors import QueueFull
from executions.models import QueueSetting, StepRun
from executions.queries import Slot
from executions.queues import bounds, services, special
from executions.queues.claims import Turns, passed_over
from executions.services import Start, start_many
from organizations.models import Organization
from workflows import services as workflow_services

A, B, C, D = (UUID(int=number) for number in (1, 2, 3, 4))
ONE_STEP = {"steps": [{"id": "only", "kind": "set", "values": {}}]}


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    special.forget()


@pytest.fixture
def fill(db: None) -> Callable[..., Organization]:
    """Make an organization with so many ready steps, and with a limit."""

    def fill(slug: str, steps: int, **setting: int) -> Organization:
        organization = Organization.objects.create(slug=slug, name=slug)
        workflow = workflow_services.create(organization, name="report", definition=ONE_STEP)
        start_many([Start(workflow=workflow, source="manual")] * steps, now=clock.now())
        if setting:
            QueueSetting.objects.create(organization=organization, name="default", **setting)
        return organization

    return fill


def turns() -> Turns:
    return Turns(Slot("default", worker="w:1", lease=timedelta(seconds=30)))


def served(slot: Turns, count: int) -> list[str]:
    """Return the organizations of the next claims."""
    slugs = {row.pk: row.slug for row in Organization.objects.all()}
    return [slugs[held.organization_id] for _ in range(count) if (held := slot.claim()) is not None]


@pytest.mark.parametrize(
    ("after", "until", "passed"),
    [
        (A, D, [B, C]),
        (B, B, [C, D, A, B]),
        (D, B, [A]),
        (C, A, [D]),
        (A, B, []),
        (UUID(int=0), UUID(int=9), [A, B, C, D]),
    ],
)
def test_those_between_two_that_were_served_were_passed_over(
    after: UUID, until: UUID, passed: list[UUID]
) -> None:
    assert passed_over([A, B, C, D], after=after, until=until) == passed


def test_a_limited_organization_takes_its_turn_among_the_others(fill) -> None:
    fill("free", 6)
    fill("limited", 6, max_running=5)

    order = served(turns(), 9)

    assert order[1:] == ["free", "limited"] * 4


def test_a_limited_organization_does_not_run_more_than_its_limit(fill) -> None:
    fill("free", 6)
    limited = fill("limited", 6, max_running=2)

    order = served(turns(), 12)

    assert (order.count("free"), order.count("limited")) == (6, 2)
    assert StepRun.objects.filter(organization_id=limited.pk, state="ready").count() == 4


def test_limited_organizations_take_turns_with_each_other(fill) -> None:
    for slug in ("one", "two", "three"):
        fill(slug, 4, max_running=4)

    order = served(turns(), 12)

    assert all(sorted(order[at : at + 3]) == ["one", "three", "two"] for at in (0, 3, 6, 9))


def test_while_somebody_is_owed_a_turn_a_finish_claims_nothing(fill) -> None:
    fill("free", 3)
    fill("limited", 2, max_running=2)
    slot = turns()
    served(slot, 2)

    assert slot.to_go_on() is None
    assert served(slot, 1) == ["limited"]
    assert slot.to_go_on() is slot.slot


def test_nothing_is_claimed_from_a_paused_queue_with_or_without_a_limit(fill) -> None:
    for organization in (fill("free", 1), fill("limited", 1, max_running=1)):
        services.pause(organization, "default", by="ada", now=clock.now())
    special.forget()

    assert turns().claim() is None


def test_whoever_changes_a_queue_sees_it_changed_at_once(fill, django_capture_on_commit_callbacks) -> None:
    organization = fill("acme", 0)
    limit = partial(services.change, settings={"max_running": 1})
    free = [special.is_free(organization.pk, "default")]
    for act in (services.pause, services.resume, limit):
        with django_capture_on_commit_callbacks(execute=True):
            act(organization, "default", by="ada", now=clock.now())
        free.append(special.is_free(organization.pk, "default"))

    assert free == [True, False, True, False]


def test_a_pause_of_one_organization_holds_up_no_other(fill) -> None:
    services.pause(fill("paused", 1), "default", by="ada", now=clock.now())
    fill("other", 2)

    assert served(turns(), 3) == ["other", "other"]


def test_a_free_queue_lets_a_step_follow_another_and_a_held_back_one_does_not(fill) -> None:
    free, paused, limited = fill("free", 0), fill("paused", 0), fill("limited", 0, max_running=1)
    services.pause(paused, "default", by="ada", now=clock.now())

    assert [special.is_free(one.pk, "default") for one in (free, paused, limited)] == [True, False, False]


def test_a_full_queue_refuses_starts_and_others_do_not(fill) -> None:
    full, other = fill("full", 2, max_waiting=2), fill("other", 2)

    bounds.refuse_when_full([(other.pk, "default"), (full.pk, "slow")])
    with pytest.raises(QueueFull, match="2 steps wait"):
        bounds.refuse_when_full([(full.pk, "default")])
