"""The end of an execution starts another one, with its output as input; joins wait for all their ends."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

import clock
from executions import dead_letters
from executions import services as executions
from executions.models import Execution, Source
from executions.services import Start
from organizations.models import Organization
from schedules import services as schedules
from triggers import dispatching, reactions, releasing, services
from triggers.models import Gathering, Skip, Trigger
from workflows.models import Workflow

MIDNIGHT = datetime(2026, 11, 20, tzinfo=UTC)
GIVES = {"id": "give", "kind": "set", "values": {"rows": "${{ input.rows }}"}}
FAILS = {"id": "fail", "kind": "set", "values": {"rows": "${{ input.missing }}"}}

Make = Callable[..., Workflow]
Drain = Callable[[], int]


@pytest.fixture
def run(drain: Drain) -> Callable[..., Execution]:
    """Run a workflow, and hand on what it tells."""

    def run(
        workflow: Workflow, *, fire_at: datetime | None = None, schedule_id: UUID | None = None, **input_: Any
    ) -> Execution:
        cause = Start(
            workflow=workflow, source=Source.MANUAL, input=input_, fire_at=fire_at, schedule_id=schedule_id
        )
        started = executions.start(cause, now=clock.now())
        drain()
        dispatching.drain()
        return Execution.objects.get(pk=started.id)

    return run


@pytest.fixture
def chain(organization: Organization) -> Callable[..., Trigger]:
    def chain(target: Workflow, *after: Workflow, name: str = "chain", **settings: Any) -> Trigger:
        states = settings.pop("states", ["completed"])
        ends = [{"workflow": str(one.pk), "states": states} for one in after]
        return services.create(
            organization, name=name, workflow=target, after=ends, now=clock.now(), **settings
        )

    return chain


def started(workflow: Workflow) -> list[Execution]:
    return list(Execution.objects.filter(workflow=workflow).order_by("created_at", "id"))


def test_the_output_of_the_first_is_the_input_of_the_second(make_workflow: Make, chain: Any, run: Any):
    extract, load = make_workflow(GIVES, name="extract"), make_workflow(name="load")
    chain(load, extract)

    run(extract, rows=7)

    (execution,) = started(load)
    assert (execution.input, execution.source, execution.depth) == ({"rows": 7}, "chain", 1)


def test_only_the_states_that_are_named_count(make_workflow: Make, chain: Any, run: Any):
    extract, alert = make_workflow(FAILS, name="extract"), make_workflow(name="alert")
    chain(alert, extract, states=["failed"], input={"error": "${{ event.data.error }}"})

    run(extract)

    (execution,) = started(alert)
    assert "missing" in execution.input["error"]


def test_a_completed_run_starts_nothing_that_waits_for_failures(make_workflow: Make, chain: Any, run: Any):
    extract, alert = make_workflow(name="extract"), make_workflow(name="alert")
    chain(alert, extract, states=["failed"])

    run(extract)

    assert started(alert) == []


def test_the_nominal_time_is_passed_on(make_workflow: Make, chain: Any, run: Any):
    extract, load = make_workflow(name="extract"), make_workflow(name="load")
    chain(load, extract)

    run(extract, fire_at=MIDNIGHT)

    assert [one.fire_at for one in started(load)] == [MIDNIGHT]


def test_a_join_starts_when_all_have_ended_for_one_fire_time(make_workflow: Make, chain: Any, run: Any):
    a, b = make_workflow(GIVES, name="a"), make_workflow(GIVES, name="b")
    report = make_workflow(name="report")
    chain(report, a, b)

    run(a, fire_at=MIDNIGHT, rows=1)
    run(b, fire_at=MIDNIGHT + timedelta(hours=1), rows=2)
    assert started(report) == []
    run(b, fire_at=MIDNIGHT, rows=3)

    (execution,) = started(report)
    assert execution.input == {"outputs": {"a": {"rows": 1}, "b": {"rows": 3}}}
    assert execution.fire_at == MIDNIGHT


def test_outputs_are_named_as_the_join_names_them(
    make_workflow: Make, chain: Any, run: Any, organization: Any
):
    a, b = make_workflow(GIVES, name="a"), make_workflow(GIVES, name="b")
    chain(make_workflow(name="report"), a, b)
    nightly = schedules.create(
        organization,
        now=clock.now(),
        name="nightly",
        workflow=a,
        rules=[{"kind": "cron", "expression": "0 0 * * *"}],
    )

    run(a, fire_at=MIDNIGHT, rows=1, schedule_id=nightly.pk)
    run(b, fire_at=MIDNIGHT, rows=2)

    assert Execution.objects.get(source="chain").input == {"outputs": {"a": {"rows": 1}, "b": {"rows": 2}}}


def test_a_join_starts_once_for_a_fire_time(make_workflow: Make, chain: Any, run: Any):
    a, b, report = (make_workflow(name=name) for name in ("a", "b", "report"))
    chain(report, a, b)

    for workflow in (a, b, a, b):
        run(workflow, fire_at=MIDNIGHT)

    assert len(started(report)) == 1


def test_a_join_that_stays_incomplete_is_recorded(
    make_workflow: Make, chain: Any, run: Any, shift_clock: Any
):
    a, b, report = (make_workflow(name=name) for name in ("a", "b", "report"))
    chain(report, a, b, join_window=timedelta(hours=2))
    run(a, fire_at=MIDNIGHT)

    shift_clock(timedelta(hours=3))
    releasing.release_due(now=clock.now())

    skip = Skip.objects.get()
    assert (skip.reason, started(report), Gathering.objects.count()) == ("incomplete", [], 0)
    assert str(b.pk) in skip.detail


def test_an_end_without_a_fire_time_joins_nothing_and_is_recorded(make_workflow: Make, chain: Any, run: Any):
    a, b, report = (make_workflow(name=name) for name in ("a", "b", "report"))
    chain(report, a, b)

    run(a)

    assert Skip.objects.get().reason == "no_key"


def test_a_join_may_be_by_anything_in_the_events(make_workflow: Make, chain: Any, run: Any):
    a, b = make_workflow(GIVES, name="a"), make_workflow(GIVES, name="b")
    report = make_workflow(name="report")
    chain(report, a, b, group_key="event.data.output.rows")

    for workflow, rows in ((a, 1), (b, 2), (b, 1)):
        run(workflow, rows=rows)

    assert len(started(report)) == 1


def test_a_loop_that_nobody_could_see_ends_by_itself(
    make_workflow: Make, organization: Organization, drain: Drain
):
    ping, pong = make_workflow(name="ping"), make_workflow(name="pong")
    for name, target in (("to-ping", ping), ("to-pong", pong)):
        services.create(
            organization, name=name, workflow=target, pattern="workflow.completed", now=clock.now()
        )
    executions.start(Start(workflow=ping, source=Source.MANUAL), now=clock.now())

    while drain() + dispatching.drain():
        pass

    assert max(Execution.objects.values_list("depth", flat=True)) == reactions.MAX_DEPTH
    assert Skip.objects.get().reason == "too_deep"


def test_keys_of_a_join_that_differ_behind_a_hash_sign_are_different(
    make_workflow: Make, chain: Any, run: Any
):
    a, b = make_workflow(GIVES, name="a"), make_workflow(GIVES, name="b")
    report = make_workflow(name="report")
    chain(report, a, b, group_key="event.data.output.rows", input={"key": "${{ event.data.key }}"})

    for rows in ("order#1", "order#2"):
        for workflow in (a, b):
            run(workflow, rows=rows)

    assert [one.input["key"] for one in started(report)] == ["order#1", "order#2"]


def test_a_join_starts_once_what_had_failed_is_redriven(
    make_workflow: Make, chain: Any, run: Any, drain: Drain
):
    a, b, report = make_workflow(name="a"), make_workflow(GIVES, name="b"), make_workflow(name="report")
    chain(report, a, b, input={})
    run(a, fire_at=MIDNIGHT)
    failed = run(b, fire_at=MIDNIGHT)
    assert started(report) == []

    dead_letters.redrive(failed, by="ada", now=clock.now(), new_input={"rows": 1})
    drain()
    dispatching.drain()

    assert [one.fire_at for one in started(report)] == [MIDNIGHT]
