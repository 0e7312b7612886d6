"""An event that is sent starts what its triggers say, once, and leaves a reason where it does not."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

import clock
from events import sending
from events.models import Dispatch
from executions.models import Execution, StepRun
from organizations.models import Organization
from triggers import acting, dispatching, releasing, services
from triggers.models import Gathering, Skip, Tally, Trigger
from workflows.models import Workflow

Send = Callable[..., sending.Sent]
Make = Callable[..., Trigger]


@pytest.fixture
def send(organization: Organization) -> Send:
    def send(type_: str = "order.created", id_: str = "1", data: Any = None, **settings: Any) -> sending.Sent:
        event = sending.Event(
            organization_id=organization.pk,
            type=type_,
            source=settings.pop("source", "/shop"),
            external_id=id_,
            data={"order": 7} if data is None else data,
            **settings,
        )
        return sending.send(event, now=clock.now())

    return send


@pytest.fixture
def make(organization: Organization, make_workflow: Callable[..., Workflow]) -> Make:
    def make(name: str = "on-order", **settings: Any) -> Trigger:
        workflow = settings.pop("workflow", None) or make_workflow(name=f"{name}-work")
        wanted = {"pattern": "" if "after" in settings else "order.created", **settings}
        return services.create(organization, name=name, workflow=workflow, now=clock.now(), **wanted)

    return make


def inputs() -> list[Any]:
    return list(Execution.objects.order_by("created_at", "id").values_list("input", flat=True))


def reasons() -> list[str]:
    return list(Skip.objects.order_by("id").values_list("reason", flat=True))


def test_an_event_starts_the_workflow_with_its_data(make: Make, send: Send):
    trigger = make()

    sent = send()
    dispatching.drain()

    execution = Execution.objects.get()
    assert (execution.source, execution.trigger_id, execution.event_id) == ("event", trigger.pk, sent.id)
    assert (execution.input, execution.depth, execution.started_by) == ({"order": 7}, 1, "trigger on-order")
    assert not Dispatch.objects.exists()


def test_what_nobody_wants_is_not_handed_out(make: Make, send: Send):
    make()

    send("order.paid")

    assert not Dispatch.objects.exists()


def test_a_repeated_event_starts_nothing_more(make: Make, send: Send):
    make()

    for _ in range(2):
        send()
        dispatching.drain()

    assert Execution.objects.count() == 1


@pytest.mark.parametrize("pattern", ["order.created", "order.*", "*"])
def test_a_pattern_wants_types(make: Make, send: Send, pattern: str):
    make(pattern=pattern)

    send()

    assert dispatching.drain() == 1
    assert Execution.objects.count() == 1


def test_filters_source_and_condition_must_all_hold(make: Make, send: Send):
    make(source="/shop", filters={"data.kind": "new"}, condition="event.data.amount > 10")

    send(id_="1", data={"kind": "new", "amount": 11})
    send(id_="2", data={"kind": "old", "amount": 11})
    send(id_="3", data={"kind": "new", "amount": 9})
    send(id_="4", data={"kind": "new", "amount": 11}, source="/other")
    dispatching.drain()

    assert inputs() == [{"kind": "new", "amount": 11}]


def test_a_mapping_makes_the_input(make: Make, send: Send):
    make(input={"number": "${{ event.data.order }}", "from": "${{ event.source }}"})

    send()
    dispatching.drain()

    assert inputs() == [{"number": 7, "from": "/shop"}]


def test_what_it_starts_has_the_triggers_priority_and_queue(make: Make, send: Send):
    make(priority=8, queue="mail")

    send()
    dispatching.drain()

    assert Execution.objects.values_list("priority", "queue").get() == (8, "mail")
    assert StepRun.objects.values_list("priority", "queue").get() == (8, "mail")


def test_a_mapping_that_fails_is_recorded_and_starts_nothing(make: Make, send: Send):
    trigger = make(input={"number": "${{ event.data.missing }}"})

    send()
    dispatching.drain()

    assert (inputs(), reasons()) == ([], ["expression_failed"])
    assert "missing" in Tally.objects.get(pk=trigger.pk).last_problem


def test_an_input_that_does_not_fit_holds_up_no_other(make: Make, make_workflow: Any, send: Send):
    strict = make_workflow(name="strict", inputs={"required": ["sku"]})
    make("strict", workflow=strict)
    make("lenient")

    send()
    dispatching.drain()

    assert (inputs(), reasons()) == ([{"order": 7}], ["invalid_input"])
    assert "sku" in Skip.objects.get().detail


def test_more_than_the_rate_limit_is_dropped_and_recorded(make: Make, send: Send):
    make(rate_limit=2, rate_period=timedelta(minutes=1))

    for number in range(5):
        send(id_=str(number))
    dispatching.drain()

    assert Execution.objects.count() == 2
    skip = Skip.objects.get()
    assert (skip.reason, skip.count) == ("rate_limited", 3)


def test_the_rate_limit_begins_anew_after_its_period(make: Make, send: Send, shift_clock: Any):
    make(rate_limit=1, rate_period=timedelta(minutes=1))
    send(id_="1")
    dispatching.drain()

    shift_clock(timedelta(minutes=2))
    send(id_="2")
    dispatching.drain()

    assert Execution.objects.count() == 2


def test_counters_say_what_was_done(make: Make, send: Send):
    trigger = make(rate_limit=1)

    send(id_="1")
    send(id_="2")
    dispatching.drain()

    tally = Tally.objects.get(pk=trigger.pk)
    assert (tally.matched, tally.started, tally.skipped) == (2, 1, 1)
    assert tally.last_execution_id == Execution.objects.get().pk


def test_a_paused_trigger_wants_nothing(make: Make, send: Send):
    trigger = make()
    services.pause(trigger, now=clock.now(), by="ana")

    send()

    assert not Dispatch.objects.exists()


def test_a_burst_starts_once_with_its_last_event(make: Make, send: Send, shift_clock: Any):
    make(debounce=timedelta(seconds=10))
    for number in range(3):
        send(id_=str(number), data={"number": number})
    dispatching.drain()
    assert releasing.release_due(now=clock.now()) == 0

    shift_clock(timedelta(seconds=11))
    releasing.release_due(now=clock.now())

    assert (inputs(), reasons()) == ([{"number": 2}], ["debounced"])
    assert not Gathering.objects.exists()


def test_a_burst_without_end_starts_when_its_longest_time_is_over(make: Make, send: Send, shift_clock: Any):
    make(debounce=timedelta(seconds=10), debounce_max=timedelta(seconds=15))
    send(id_="1")
    dispatching.drain()
    shift_clock(timedelta(seconds=8))
    send(id_="2")
    dispatching.drain()

    shift_clock(timedelta(seconds=16))

    assert releasing.release_due(now=clock.now()) == 1


def test_a_batch_starts_when_it_is_full(make: Make, send: Send):
    make(batch_size=2, batch_window=timedelta(minutes=5))

    for number in range(3):
        send(id_=str(number), data=number)
    dispatching.drain()

    (batch,) = inputs()
    assert [event["data"] for event in batch["events"]] == [0, 1]
    assert Gathering.objects.get().count == 1


def test_a_batch_starts_with_fewer_when_its_time_is_over(make: Make, send: Send, shift_clock: Any):
    make(batch_size=100, batch_window=timedelta(minutes=5), group_key="event.data.shop")
    for number, shop in enumerate("aab"):
        send(id_=str(number), data={"shop": shop})
    dispatching.drain()

    shift_clock(timedelta(minutes=6))
    releasing.release_due(now=clock.now())

    assert sorted(one["count"] for one in inputs()) == [1, 2]


def test_starts_of_one_key_wait_for_each_other(make: Make, send: Send):
    make(concurrency_key="event.data.customer", overlap="buffer_all")

    for number, customer in enumerate("aab"):
        send(id_=str(number), data={"customer": customer})
    dispatching.drain()

    states = Execution.objects.order_by("created_at", "id").values_list("state", flat=True)
    assert sorted(states) == ["pending", "running", "running"]


def test_a_batch_that_is_left_out_counts_every_event(make: Make, send: Send):
    trigger = make(batch_size=2, batch_window=timedelta(minutes=5), overlap="skip")

    for number in range(4):
        send(id_=str(number))
    dispatching.drain()

    tally = Tally.objects.get(pk=trigger.pk)
    assert (tally.matched, tally.started, tally.skipped) == (4, 1, 2)


def test_many_wanted_events_and_starts_are_dealt_with_in_parts(
    make: Make, send: Send, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatching, "MOST_WANTED", 2)
    monkeypatch.setattr(acting, "AT_ONCE", 1)
    make("a"), make("b")

    for number in range(3):
        send(id_=str(number))
    dispatching.drain()

    assert (Execution.objects.count(), Dispatch.objects.count()) == (6, 0)


def test_how_long_other_events_take_leaves_no_event_out(
    make: Make, send: Send, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(dispatching, "LOOK_SECONDS", -1.0)
    make(condition="true", input={"a": "${{ event.data }}"})

    for number in range(3):
        send(id_=str(number))
    dispatching.drain()

    assert (Execution.objects.count(), reasons()) == (3, [])


@pytest.mark.parametrize(("depth", "started"), [(1, [1]), (20, [20]), (21, [])])
def test_an_event_of_another_installation_is_as_deep_as_a_webhooks_delivery(
    make: Make, send: Send, depth: int, started: list[int]
):
    make()

    send(attributes={"depth": depth})
    dispatching.drain()

    assert [one.depth for one in Execution.objects.all()] == started
