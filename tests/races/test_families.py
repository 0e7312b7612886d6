"""Parents, children and items with everybody at work at once: nothing deadlocks, and everything ends."""

import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection

import clock
from executions import engine, queries, services, sweeps
from executions.errors import IllegalMove, LostLease
from executions.models import Execution, Place, Source, StepRun
from executions.queries import Claim, Slot
from executions.queues import services as queues
from executions.rules.outcomes import Completed, Expanded, Failed, Lost, Outcome, Waiting
from executions.services import Start
from executions.states import EXECUTION_FINAL, STEP_FINAL
from executions.steps import Call, workflow
from executions.waiting import children
from organizations.models import Organization
from tests.races.connections import at_once
from workflows import services as workflow_services
from workflows.definition import WorkflowStep
from workflows.services import definition_of

pytestmark = pytest.mark.django_db(transaction=True)

BROKEN: list[Outcome] = [Lost(), Failed(error="no", error_class="X")]
SET = {"kind": "set", "values": {}}
ASK = {"kind": "approval", "message": "?"}
CHILD = {"steps": [{"id": "ask", **ASK, "for_each": [1, 2]}], "limits": [{"running": 3}]}
PARENT = {
    "steps": [
        {"id": "make", **SET, "for_each": [1, 2, 3], "max_parallel": 2, "compensate": SET},
        {"id": "sub", "kind": "workflow", "workflow": "child", "for_each": [1, 2]},
        {"id": "join", **SET, "needs": ["make", "sub"]},
    ],
    "always": [{"id": "tidy", **SET}],
    "limits": [{"running": 4}],
}


def _outcome(held: Claim, chance: random.Random) -> Outcome:
    step = definition_of(held.version_id).step(held.step)
    if chance.random() < 0.1:
        return chance.choice(BROKEN)
    if step.for_each is not None and not held.is_item:
        return Expanded(step.for_each)
    if isinstance(step, WorkflowStep):
        return workflow.run(step, _call(held))
    return Waiting(None, waits_for="approval") if step.kind == "approval" else Completed(1)


def _call(held: Claim) -> Call:
    same = ("execution_id", "organization_id", "step", "item_index", "attempt", "failures", "created_at")
    values = {name: getattr(held, name) for name in same}
    return Call(step_run_id=held.id, now=held.started_at, resume_at=None, variables={"input": {}}, **values)


def _work(number: int, *, turns: int) -> None:
    chance, slot = random.Random(number), Slot("default", worker=f"w{number}", lease=timedelta(hours=1))
    held = None
    for _ in range(turns):
        queries.release_due(5)
        held = held or queries.claim(slot)
        if held is not None:
            outcome = _outcome(held, chance)
            try:
                held = engine.finish(held, outcome, now=clock.now(), slot=slot)
            except LostLease:
                held = None
    if held is not None:
        with suppress(LostLease):
            engine.finish(held, Completed(1), now=clock.now())


def _answer(number: int, *, turns: int) -> None:
    chance = random.Random(number)
    for _ in range(turns):
        for row in StepRun.objects.filter(waits_for="approval").order_by("?")[:3]:
            outcome = Completed(1) if chance.random() < 0.9 else Failed(error="no", error_class="X")
            engine.settle_waiting(row.pk, outcome, attempt=row.attempt, now=clock.now())


def _meddle(organization: Organization, number: int, *, turns: int) -> None:
    chance = random.Random(number)
    acts: list[Callable[..., Any]] = [
        partial(services.cancel, by="ada"),
        partial(services.terminate, by="ada"),
        partial(queues.move, by="ada", priority=3),
    ]
    for _ in range(turns):
        if chosen := Execution.objects.filter(state="running").order_by("?").first():
            with suppress(IllegalMove):
                chance.choice(acts)(chosen, now=clock.now())
        queues.move_all(organization, "default", to="other", by="ada", now=clock.now())
        queues.move_all(organization, "other", to="default", by="ada", now=clock.now())


def _sweep(*, turns: int) -> None:
    for _ in range(turns):
        now = clock.now()
        children.tell_parents_left(now=now)
        children.cancel_children_left(now=now)
        sweeps.admit_waiting(now=now)
        waiting = StepRun.objects.filter(waits_for="approval").values_list("pk", flat=True)
        engine.wake_waiting(list(waiting[:5]), now=now)


def _deadlocks() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _left() -> Iterator[str]:
    yield from Execution.objects.exclude(state__in=EXECUTION_FINAL).values_list("state", flat=True)
    yield from StepRun.objects.exclude(state__in=STEP_FINAL).values_list("state", flat=True)
    if Place.objects.filter(released_at__isnull=True).exists():
        yield "place"


def test_families_of_executions_end_whoever_does_what_at_once(organization: Organization) -> None:
    workflow_services.create(organization, name="child", definition=CHILD)
    parent = workflow_services.create(organization, name="parent", definition=PARENT)
    before = _deadlocks()
    for _ in range(12):
        services.start(Start(workflow=parent, source=Source.MANUAL), now=clock.now())

    workers = [partial(_work, number, turns=150) for number in range(3)]
    others = [
        partial(_answer, 7, turns=60),
        partial(_meddle, organization, 9, turns=25),
        partial(_sweep, turns=60),
    ]
    results = at_once(*workers, *others)

    assert results == [None] * 6
    for turn in range(40):
        _work(turn, turns=30)
        _answer(turn, turns=5)
        _sweep(turns=1)
    assert list(_left()) == []
    assert _deadlocks() == before
