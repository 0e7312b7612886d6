"""Races around queues, with real connections at the same time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

import clock
from executions import engine, queries
from executions.models import Execution, QueueSetting, StepRun
from executions.queries import Claim, Slot
from executions.queues import aging, services, special
from executions.queues.claims import Turns, claim_limited
from executions.rules.outcomes import Completed
from executions.services import Start, start_many
from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.races.connections import at_once, beside

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=30)


@pytest.fixture(autouse=True)
def _fresh_settings() -> None:
    special.forget()


def slot(worker: str = "w") -> Slot:
    return Slot("default", worker=worker, lease=LEASE)


@pytest.fixture
def fill(make_workflow: MakeWorkflow) -> Callable[[int], None]:
    """Make so many steps ready."""

    def fill(count: int) -> None:
        start_many([Start(workflow=make_workflow(), source="manual")] * count, now=clock.now())

    return fill


@pytest.fixture
def limit(organization: Organization) -> Callable[[int], None]:
    """Let so many steps of the organization run at once."""

    def limit(max_running: int) -> None:
        QueueSetting.objects.create(organization=organization, name="default", max_running=max_running)

    return limit


def test_many_slots_at_once_never_run_more_than_the_limit(organization: Organization, fill, limit) -> None:
    fill(40)
    limit(3)

    def take(number: int) -> list[Claim]:
        mine = slot(f"w{number}")
        claims = (claim_limited(mine, organization.pk) for _ in range(5))
        return [held for held in claims if held is not None]

    taken = [held for held_by in at_once(*[partial(take, n) for n in range(6)]) for held in held_by]

    assert len({held.id for held in taken}) == len(taken) == 3
    assert StepRun.objects.filter(state="running").count() == 3


def test_while_slots_finish_and_claim_the_limit_holds(organization: Organization, fill, limit) -> None:
    fill(30)
    limit(2)
    seen: list[int] = []

    def work(number: int) -> None:
        mine = slot(f"w{number}")
        for _ in range(40):
            held = claim_limited(mine, organization.pk)
            seen.append(StepRun.objects.filter(state="running").count())
            if held is not None:
                engine.finish(held, Completed(), now=clock.now())

    results = at_once(*[partial(work, number) for number in range(4)])

    assert results == [None] * 4
    assert max(seen) == 2
    assert not StepRun.objects.exclude(state="completed").exists()


def test_a_slot_waits_for_another_that_is_about_to_take_the_last_place(
    organization: Organization, fill, limit
) -> None:
    fill(2)
    limit(1)

    late = beside(
        held=lambda: claim_limited(slot("early"), organization.pk),
        other=lambda: claim_limited(slot("late"), organization.pk),
    )

    assert late is None
    assert StepRun.objects.get(state="running").worker == "early"


def test_the_ordinary_claim_takes_nothing_of_a_limited_queue(fill, limit) -> None:
    fill(3)
    limit(2)

    assert at_once(*[lambda: queries.claim(slot())] * 3) == [None] * 3


def test_a_step_that_is_claimed_while_it_is_moved_keeps_its_queue(fill) -> None:
    fill(1)
    execution = Execution.objects.get()
    now = clock.now()

    moved: Any = beside(
        held=lambda: queries.claim(slot()),
        other=lambda: services.move(execution, by="ada", now=now, queue="fast", priority=9),
    )

    step = StepRun.objects.get()
    assert (moved.queue, step.state, step.queue, step.priority) == ("fast", "running", "default", 5)


def test_a_step_that_is_moved_while_it_would_be_claimed_waits_in_its_new_queue(fill) -> None:
    fill(1)
    execution = Execution.objects.get()
    now = clock.now()

    claimed = beside(
        held=lambda: services.move(execution, by="ada", now=now, queue="fast"),
        other=lambda: queries.claim(slot()),
    )

    assert claimed is None
    assert queries.claim(Slot("fast", worker="w", lease=LEASE)) is not None


def test_two_sweeps_at_once_age_each_step_once(organization: Organization, fill) -> None:
    fill(20)
    QueueSetting.objects.create(organization=organization, name="default", aging_seconds=60)
    StepRun.objects.update(available_at=clock.now() - timedelta(seconds=61))

    raised = at_once(aging.age, aging.age, aging.age)

    assert sum(raised) == 20
    assert set(StepRun.objects.values_list("priority", flat=True)) == {6}


def test_two_moves_of_a_whole_queue_at_once_move_each_step_once(organization: Organization, fill) -> None:
    fill(30)
    now = clock.now()

    moved = at_once(*[lambda: services.move_all(organization, "default", to="fast", by="ada", now=now)] * 3)

    assert sum(moved) == 30
    assert not StepRun.objects.exclude(queue="fast").exists()


def test_slots_of_a_limited_and_a_free_organization_drain_both(
    organization: Organization, fill, limit, drain
) -> None:
    fill(12)
    limit(1)

    def work(number: int) -> None:
        turns = Turns(slot(f"w{number}"))
        while (held := turns.claim()) is not None:
            engine.finish(held, Completed(), now=clock.now())

    at_once(*[partial(work, number) for number in range(3)])
    work(9)

    assert not StepRun.objects.exclude(state="completed").exists()
