"""Create, change, pause, resume and delete triggers."""

from datetime import timedelta
from typing import Any

import pytest

from events.models import Event, Subscription
from schedules import services as schedules
from tests.conftest import MakeWorkflow
from tests.triggers.conftest import NOON, MakeTrigger
from triggers import services
from triggers.errors import DuplicateTrigger, InvalidTrigger, StaleTrigger
from triggers.models import Gathering, Skip, Tally, Trigger
from workflows.models import Workflow

MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def told() -> list[str]:
    return list(
        Event.objects.filter(type__startswith="trigger.").order_by("id").values_list("type", flat=True)
    )


def wanted(trigger: Trigger) -> list[tuple[str, str]]:
    rows = Subscription.objects.filter(owner_id=trigger.pk).order_by("pattern")
    return list(rows.values_list("pattern", "path"))


def gather(trigger: Trigger, **columns: Any) -> None:
    Gathering.objects.create(
        organization_id=trigger.organization_id, trigger=trigger, first_at=NOON, due_at=NOON, **columns
    )


def test_a_new_trigger_is_active_counted_and_told_of(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load, filters={"data.kind": "book"})

    assert (trigger.state, trigger.version, trigger.created_by) == ("active", 1, "ada")
    assert wanted(trigger) == [("order.created", "data.kind")]
    assert Tally.objects.get(pk=trigger.pk).matched == 0
    assert told() == ["trigger.created"]


def test_ends_are_stored_by_id_with_their_states(
    make_trigger: MakeTrigger, make_workflow: MakeWorkflow, extract: Workflow, load: Workflow
):
    after = [{"workflow": "extract"}, {"workflow": str(load.pk), "states": ["failed", "timed_out"]}]
    trigger = make_trigger(make_workflow(name="mail"), after=after)

    assert trigger.after == [
        {"workflow": str(extract.pk), "states": ["completed"]},
        {"workflow": str(load.pk), "states": ["failed", "timed_out"]},
    ]
    assert wanted(trigger) == [
        (f"workflow.{state}", "data.workflow_id") for state in ("completed", "failed", "timed_out")
    ]


def test_a_change_is_a_version_and_wants_anew(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load)

    changed = services.change(trigger, now=NOON, by="bob", based_on=1, pattern="order.*", source="/shop")

    assert (changed.version, wanted(trigger)) == (2, [("order.*", "source")])
    assert told() == ["trigger.created", "trigger.changed"]


@pytest.mark.parametrize(
    "settings", [{}, {"priority": 5}, {"filters": {"data.n": 1.0}}, {"overlap": "allow"}]
)
def test_what_changes_nothing_is_no_version(make_trigger: MakeTrigger, load: Workflow, settings: Any):
    trigger = make_trigger(load, filters={"data.n": 1})

    assert services.change(trigger, now=NOON, **settings).version == 1
    assert told() == ["trigger.created"]


def test_true_in_place_of_1_is_a_change(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load, filters={"data.n": 1})

    changed = services.change(trigger, now=NOON, filters={"data.n": True})

    assert (changed.version, changed.filters) == (2, {"data.n": True})


def test_a_stale_change_pause_or_deletion_is_refused(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load)
    services.change(trigger, now=NOON, priority=9)

    with pytest.raises(StaleTrigger, match="at version 2, not 1"):
        services.change(trigger, now=NOON, based_on=1, priority=1)
    for act in (services.pause, services.resume, services.delete):
        with pytest.raises(StaleTrigger):
            act(trigger, by="ada", now=NOON, based_on=1)


def test_a_name_is_there_once_and_free_again_after_the_deletion(make_trigger: MakeTrigger, load: Workflow):
    first, second = make_trigger(load), make_trigger(load, name="other")

    with pytest.raises(DuplicateTrigger, match="on-order"):
        services.change(second, now=NOON, name="on-order")
    with pytest.raises(DuplicateTrigger):
        make_trigger(load)
    services.delete(first, by="ada", now=NOON)
    services.change(second, now=NOON, name="on-order")


def test_a_paused_trigger_wants_nothing_and_stays_so_when_it_is_changed(
    make_trigger: MakeTrigger, load: Workflow
):
    trigger = make_trigger(load)

    services.pause(trigger, by="ada", now=NOON)
    services.pause(trigger, by="ada", now=NOON)
    changed = services.change(trigger, now=NOON, pattern="order.*")

    assert (changed.state, wanted(trigger)) == ("paused", [])
    services.resume(trigger, by="ada", now=NOON)
    services.resume(trigger, by="ada", now=NOON)
    assert wanted(trigger) == [("order.*", "")]
    assert told() == ["trigger.created", "trigger.paused", "trigger.changed", "trigger.resumed"]


def test_a_deleted_trigger_takes_what_it_gathered_and_left_out_with_it(
    make_trigger: MakeTrigger, load: Workflow
):
    trigger = make_trigger(load, debounce=MINUTE)
    gather(trigger, event_ids=[7], count=3)

    services.delete(trigger, by="ada", now=NOON)

    assert not any(rows.objects.exists() for rows in (Trigger, Gathering, Skip, Tally, Subscription))
    assert Event.objects.get(type="trigger.deleted").data["name"] == "on-order"


def test_what_other_settings_have_gathered_is_recorded_and_dropped(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load, debounce=MINUTE)
    gather(trigger, event_ids=[7], count=3)

    services.change(trigger, now=NOON, group_key="event.data.customer")

    skip = Skip.objects.get(trigger=trigger)
    assert (skip.event_id, skip.count, skip.reason) == (7, 3, "incomplete")
    assert (Tally.objects.get(pk=trigger.pk).skipped, Gathering.objects.exists()) == (3, False)


def test_what_was_gathered_stays_where_only_the_wait_changes(make_trigger: MakeTrigger, load: Workflow):
    trigger = make_trigger(load, debounce=MINUTE)
    gather(trigger, event_ids=[7], count=3)

    services.change(trigger, now=NOON, debounce=2 * MINUTE, priority=9)

    assert (Gathering.objects.count(), Skip.objects.count()) == (1, 0)


def test_a_purged_schedule_must_be_taken_out_with_the_next_change(
    make_trigger: MakeTrigger, extract: Workflow, load: Workflow
):
    rules = [{"kind": "cron", "expression": "0 6 * * *"}]
    schedule = schedules.create(extract.organization, now=NOON, name="nightly", workflow=extract, rules=rules)
    trigger = make_trigger(load, after=[{"schedule": "nightly"}, {"workflow": "extract"}])
    schedules.archive(schedule, by="ada", now=NOON)
    schedules.purge(schedule, by="ada", now=NOON)

    with pytest.raises(InvalidTrigger, match=r"after\[0\].schedule.*take it out"):
        services.change(trigger, now=NOON, description="x")
    assert services.pause(trigger, by="ada", now=NOON).state == "paused"
    assert services.change(trigger, now=NOON, after=[{"workflow": "extract"}]).version == 2


def test_an_unknown_setting_is_a_mistake_of_the_program(make_trigger: MakeTrigger, load: Workflow):
    with pytest.raises(TypeError, match="not settings of a trigger: state"):
        make_trigger(load, state="paused")


@pytest.mark.parametrize(
    ("template", "warned"),
    [
        ({"city": "x"}, []),
        ({"city": "x", "town": "y"}, ["input.town"]),
        ({}, ["input.city"]),
        (None, []),
        ("${{ event.data }}", []),
    ],
)
def test_a_mapping_that_does_not_fit_the_workflow_is_warned_of(
    make_trigger: MakeTrigger, make_workflow: MakeWorkflow, template: Any, warned: list[str]
):
    properties = {"city": {"type": "string"}, "unit": {"type": "string", "default": "C"}}
    inputs = {"properties": properties, "required": ["city", "unit"], "additionalProperties": False}
    trigger = make_trigger(make_workflow(name="weather", inputs=inputs), input=template)

    assert [caution["path"] for caution in services.cautions(trigger)] == warned
