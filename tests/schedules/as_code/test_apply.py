"""Apply makes it so: all or nothing, again and again, and never against an operator's pause."""

import pytest

from organizations.models import Organization
from schedules import services
from schedules.as_code import document
from schedules.as_code.authors import Author
from schedules.as_code.errors import InvalidFile, RefusedPlan, StalePlan
from schedules.as_code.schedules import Wishes, make_schedules
from schedules.as_code.steps import Action
from schedules.as_code.world import world_of
from schedules.errors import StaleSchedule
from schedules.models import Calendar, Schedule
from tests.schedules.as_code.conftest import NOON, Run, file_of
from tests.schedules.as_code.test_plan import DAILY, FREE, actions
from workflows import services as workflows
from workflows.models import Workflow


def named(name: str) -> Schedule:
    return Schedule.objects.get(name=name)


def test_what_was_planned_is_done_and_then_there_is_nothing_to_do(plan: Run, apply: Run) -> None:
    text = file_of(a={"calendars": ["free"]}, b={"enabled": False}) + FREE

    done = apply(text, planned=plan(text).fingerprint)

    assert actions(done) == {"a": "create", "b": "create"}
    assert (named("a").state, named("b").state) == ("active", "disabled")
    assert named("a").calendars == [Calendar.objects.get().pk]
    assert not plan(text).changes


def test_a_second_apply_writes_nothing(apply: Run) -> None:
    text = file_of(a={"calendars": ["free"]}, b={"enabled": False}) + FREE
    apply(text)
    before = [list(rows.order_by("pk").values()) for rows in (Schedule.objects, Calendar.objects)]

    assert not apply(text).changes

    assert [list(rows.order_by("pk").values()) for rows in (Schedule.objects, Calendar.objects)] == before


def test_the_history_says_which_source_and_why(apply: Run) -> None:
    apply(file_of(a={}), reason="commit 4f2")
    apply(file_of(a={"priority": 9}), reason="commit 5a3")

    rows = named("a").history.order_by("history_id").values_list("history_user_id", "history_change_reason")
    assert list(rows) == [("code:ops", "commit 4f2"), ("code:ops", "commit 5a3")]
    assert named("a").managed_by == "ops"


def test_a_pause_survives_and_is_told(apply: Run) -> None:
    apply(file_of(a={}))
    services.pause(named("a"), by="ada", now=NOON, reason="incident")

    changed = apply(file_of(a={"rules": [{"preset": "hourly", "minute": 5}]}))
    again = apply(file_of(a={"rules": [{"preset": "hourly", "minute": 5}]}))

    assert (named("a").state, named("a").pause_reason, named("a").version) == ("paused", "incident", 2)
    assert [step.note for done in (changed, again) for step in done.schedules] == [
        "stays paused, by ada: incident"
    ] * 2


def test_a_schedule_is_disabled_and_enabled_again_without_a_new_version(apply: Run) -> None:
    apply(file_of(a={}))

    apply(file_of(a={"enabled": False}), reason="not now")
    assert (named("a").state, named("a").paused_by, named("a").pause_reason) == (
        "disabled",
        "code:ops",
        "not now",
    )

    apply(file_of(a={}))
    assert (named("a").state, named("a").version) == ("active", 1)


def test_new_rules_wake_a_schedule_that_disabled_itself_at_its_end(apply: Run) -> None:
    once = {"rules": [{"kind": "one_time", "at": "2026-07-01T00:00:00+00:00"}], "on_complete": "disable"}
    apply(file_of(a=once))
    Schedule.objects.update(state="disabled", next_fire_at=None, next_due_at=None)

    apply(file_of(a={"on_complete": "disable"}))

    assert named("a").state == "active"


def test_orphans_are_archived_when_asked(apply: Run) -> None:
    apply(file_of(a={}, b={}))

    apply(file_of(a={}))
    assert named("b").state == "active"

    apply(file_of(a={}), prune=True)
    assert named("b").state == "archived"


def test_an_archived_name_can_be_created_again(apply: Run) -> None:
    apply(file_of(a={}))
    apply("horarium: 1\nsource: ops", prune=True)

    assert actions(apply(file_of(a={}))) == {"a": "create"}


def test_a_conflict_changes_nothing_at_all(apply: Run, workflow: Workflow) -> None:
    services.create(workflow.organization, now=NOON, name="z", workflow=workflow, rules=DAILY, priority=7)

    with pytest.raises(RefusedPlan, match="not owned by this source: z"):
        apply(file_of(a={}, z={}) + FREE)

    assert [(row.name, row.version) for row in Schedule.objects.all()] == [("z", 1)]
    assert not Calendar.objects.exists()


def test_an_adopted_schedule_is_owned_from_then_on(apply: Run, plan: Run, workflow: Workflow) -> None:
    services.create(
        workflow.organization, now=NOON, name="a", workflow=workflow, rules=DAILY, managed_by="dev"
    )

    apply(file_of(a={}), adopt=True)

    assert (named("a").managed_by, named("a").version) == ("ops", 2)
    assert actions(plan(file_of(a={}))) == {"a": "unchanged"}


def test_one_wrong_schedule_keeps_all_others_and_the_calendars_out(apply: Run) -> None:
    with pytest.raises(InvalidFile):
        apply(file_of(a={}, b={"timezone": "Nowhere"}) + FREE)

    assert not Schedule.objects.exists()
    assert not Calendar.objects.exists()


def test_a_plan_that_is_no_longer_true_is_not_applied(apply: Run, plan: Run) -> None:
    apply(file_of(a={}))
    planned = plan(file_of(a={"priority": 9})).fingerprint
    services.change(named("a"), now=NOON, by="ada", description="mine")

    with pytest.raises(StalePlan, match="plan again"):
        apply(file_of(a={"priority": 9}), planned=planned)

    assert (named("a").priority, named("a").description) == (5, "mine")


def test_a_schedule_that_was_changed_between_reading_and_writing_is_not_overwritten(
    apply: Run, organization: Organization
) -> None:
    apply(file_of(a={}))
    wanted = document.read(file_of(a={"priority": 9}))
    world = world_of(wanted, organization)
    services.change(named("a"), now=NOON, by="ada", description="faster")

    with pytest.raises(StaleSchedule):
        make_schedules(wanted, world, author=Author("ops", NOON), wishes=Wishes(keep=True))

    assert (named("a").priority, named("a").description) == (5, "faster")


def test_a_calendar_is_changed_for_all_who_use_it_and_never_deleted(apply: Run) -> None:
    apply(file_of(a={"calendars": ["free"]}) + FREE)

    done = apply(file_of(a={"calendars": ["free"]}) + FREE.replace("SAT, SUN", "SUN"))
    assert [step.action for step in done.calendars] == [Action.CHANGE]
    assert Calendar.objects.get().version == 2

    apply(file_of(a={}), prune=True)
    assert Calendar.objects.exists()


def test_two_organizations_have_the_same_file_and_nothing_in_common(apply: Run, plan: Run) -> None:
    other = Organization.objects.create(slug="globex", name="Globex")
    workflows.create(other, name="report", definition={"steps": [{"id": "a", "kind": "set", "values": {}}]})
    text = file_of(a={"calendars": ["free"]}) + FREE
    apply(text)

    assert actions(plan(text, of=other)) == {"a": "create"}
    apply(text, of=other)
    apply("horarium: 1\nsource: ops", of=other, prune=True)

    assert list(Schedule.objects.visible().values_list("organization__slug", flat=True)) == ["acme"]
