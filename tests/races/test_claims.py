"""Each race once, by name, with real connections at the same time."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction

import clock
from executions import dead_letters, engine, queries, services
from executions.errors import AlreadyRedriven, IllegalMove, LostLease
from executions.models import DeadLetter, Execution, Source, StepRun
from executions.queries import Slot
from executions.rules.outcomes import Completed, Failed
from executions.services import Start, start
from organizations.models import Organization
from schedules import fire
from schedules import services as schedule_services
from tests.conftest import MakeWorkflow

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=30)


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Run `acts` in threads of their own, each with its connection; an exception is its result."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        connection.ensure_connection()
        gate.wait(10)
        try:
            results[number] = act()
        except Exception as error:  # noqa: BLE001 - the losers' errors are what is looked at
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def kinds(results: list[Any]) -> list[str]:
    return sorted(type(result).__name__ for result in results)


def test_many_workers_claim_each_step_once(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow()
    services.start_many([Start(workflow=workflow, source=Source.MANUAL)] * 40, now=clock.now())

    def take_all() -> list[Any]:
        taken = []
        while (held := queries.claim(Slot("default", worker="w", lease=LEASE))) is not None:
            taken.append(held.id)
        return taken

    claimed = [step for taken in at_once(*[take_all] * 4) for step in taken]

    assert len(claimed) == len(set(claimed)) == 40


def test_of_two_finishes_of_one_attempt_exactly_one_counts(make_workflow: MakeWorkflow) -> None:
    start(
        Start(workflow=make_workflow({"id": "a"}, {"id": "b", "needs": ["a"]}), source="manual"),
        now=clock.now(),
    )
    held = queries.claim(Slot("default", worker="w", lease=LEASE))
    assert held is not None
    now = clock.now()

    results = at_once(*[lambda: engine.finish(held, Completed(), now=now)] * 3)

    assert kinds(results) == ["LostLease", "LostLease", "NoneType"]
    assert StepRun.objects.filter(step="b").count() == 1


def test_branches_that_finish_at_the_same_time_join_once(make_workflow: MakeWorkflow) -> None:
    branches = [{"id": f"b{number}"} for number in range(4)]
    join = {"id": "join", "needs": [branch["id"] for branch in branches]}
    start(Start(workflow=make_workflow(*branches, join), source="manual"), now=clock.now())
    now = clock.now()
    held = [queries.claim(Slot("default", worker="w", lease=LEASE)) for _ in branches]

    at_once(*[partial(engine.finish, mine, Completed(), now=now) for mine in held if mine])

    assert StepRun.objects.filter(step="join", state="ready").count() == 1


def test_a_cancel_and_the_last_finish_leave_one_end(make_workflow: MakeWorkflow) -> None:
    workflow = make_workflow()
    for _ in range(5):
        start(Start(workflow=workflow, source="manual"), now=clock.now())
        held = queries.claim(Slot("default", worker="w", lease=LEASE))
        assert held is not None
        execution = Execution.objects.get(pk=held.execution_id)
        now = clock.now()

        results = at_once(
            partial(engine.finish, held, Completed(), now=now),
            partial(services.cancel, execution, by="ada", now=now),
        )

        execution.refresh_from_db()
        lost = any(isinstance(result, IllegalMove) for result in results)
        assert execution.state == ("completed" if lost else "cancelled")
        assert not any(isinstance(result, LostLease) for result in results)


def test_a_dead_letter_is_redriven_once(make_workflow: MakeWorkflow) -> None:
    start(Start(workflow=make_workflow(), source="manual"), now=clock.now())
    held = queries.claim(Slot("default", worker="w", lease=LEASE))
    assert held is not None
    engine.finish(held, Failed(error="x", error_class="X"), now=clock.now())
    execution = Execution.objects.get()
    now = clock.now()

    results = at_once(*[lambda: dead_letters.redrive(execution, by="ada", now=now)] * 3)

    assert kinds(results) == [AlreadyRedriven.__name__, AlreadyRedriven.__name__, "Started"]
    assert Execution.objects.count() == 2
    assert DeadLetter.objects.get().resolution == "redriven"


def test_the_same_idempotency_key_from_two_callers_starts_one_execution(make_workflow: MakeWorkflow) -> None:
    cause = Start(workflow=make_workflow(), source="manual", idempotency_key="order-1")
    now = clock.now()

    results = at_once(*[lambda: start(cause, now=now)] * 4)

    assert sorted(result.created for result in results) == [False, False, False, True]
    assert len({result.id for result in results}) == 1


def test_several_passes_at_once_fire_each_schedule_once(
    organization: Organization, make_workflow: MakeWorkflow, shift_clock: Callable[[timedelta], None]
) -> None:
    workflow = make_workflow()
    for number in range(30):
        rules = [{"kind": "interval", "every_seconds": 60}]
        schedule_services.create(
            organization, now=clock.now(), name=f"s{number}", workflow=workflow, rules=rules
        )
    shift_clock(timedelta(seconds=61))

    results = at_once(*[fire.fire_due] * 4)

    assert sum(result.taken for result in results) >= 30
    assert Execution.objects.count() == 30
    assert Execution.objects.values("schedule_id").distinct().count() == 30


def test_a_frozen_pass_hides_its_rows_only_until_its_transaction_ends(
    organization: Organization, make_workflow: MakeWorkflow, shift_clock: Callable[[timedelta], None]
) -> None:
    rules = [{"kind": "interval", "every_seconds": 60}]
    schedule_services.create(organization, now=clock.now(), name="s", workflow=make_workflow(), rules=rules)
    shift_clock(timedelta(seconds=61))

    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM schedules_schedule FOR UPDATE")
        (meanwhile,) = at_once(fire.fire_due)
        assert meanwhile.taken == 0

    (afterwards,) = at_once(fire.fire_due)
    assert afterwards.taken == 1
