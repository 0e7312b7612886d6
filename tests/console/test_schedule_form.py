"""The form of a schedule: what it writes, and where it says what is wrong."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import clock
from organizations.models import Organization
from organizations.roles import Role
from schedules import services as schedules
from schedules.admin.layout import CONDITIONS
from schedules.models import Schedule
from tests.console.conftest import UNTOUCHED, Everything, Login
from tests.console.test_forms import as_shown, errors

ADD_SCHEDULE = "/admin/schedules/schedule/add/"
EVERY_POLICY = {
    "on_excluded": "next_working_day",
    "spread": "window",
    "spread_window": "5m",
    "overlap": "buffer_all",
    "max_active": "3",
    "catchup": "all",
    "catchup_max": "7",
    "catchup_window": "15m",
    "start_deadline": "30m",
    "auto_pause_after": "4",
    "max_executions": "99",
    "on_complete": "archive",
    "reason": "Asked for by finance",
}


def schedule_fields(everything: Everything, **fields: str) -> dict[str, str]:
    return {
        **UNTOUCHED,
        "organization": str(everything.organization.pk),
        "workflow": str(everything.greet.pk),
        "name": "hourly",
        "kind": "cron",
        "expression": "0 * * * *",
        "timezone": "Europe/Berlin",
        **fields,
    }


@pytest.mark.parametrize(
    ("fields", "rule"),
    [
        ({}, {"kind": "cron", "expression": "0 * * * *"}),
        ({"kind": "interval", "every": "1h30m"}, {"kind": "interval", "every_seconds": 5400}),
        (
            {"kind": "one_time", "at": "2099-01-01T09:00:00"},
            {"kind": "one_time", "at": "2099-01-01T09:00:00"},
        ),
        ({"kind": "several", "several": '[{"kind": "cron", "expression": "5 4 * * *"}]'}, {"kind": "cron"}),
        (
            {"kind": "several", "several": '[{"preset": "daily", "at": "09:30"}]'},
            {"kind": "cron", "expression": "30 9 * * *"},
        ),
        ({"day_match": "and"}, {"kind": "cron", "day_match": "and"}),
        (
            {"kind": "interval", "every": "2d", "basis": "wall_clock", "anchor": "2026-01-01T06:00:00"},
            {"every_seconds": 172_800, "basis": "wall_clock", "anchor": "2026-01-01T05:00:00+00:00"},
        ),
        ({"kind": "after_completion", "delay": "10m"}, {"kind": "after_completion", "delay_seconds": 600}),
        (
            {"kind": "dates", "dates": "2099-01-01T09:00:00\r\n\r\n2099-02-01T09:00:00\r\n"},
            {"kind": "dates", "dates": ["2099-01-01T09:00:00", "2099-02-01T09:00:00"]},
        ),
        (
            {"kind": "rrule", "rrule": "FREQ=DAILY;INTERVAL=2", "rrule_start": "2026-01-01T06:00:00"},
            {"kind": "rrule", "start": "2026-01-01T06:00:00"},
        ),
    ],
)
def test_each_kind_of_rule_makes_a_schedule(
    fields: dict[str, str], rule: dict[str, Any], everything: Everything, login: Login
) -> None:
    answer = login(Role.EDITOR).post(ADD_SCHEDULE, schedule_fields(everything, **fields))

    assert answer.status_code == 302
    schedule = Schedule.objects.get(name="hourly")
    assert rule.items() <= schedule.rules[0].items()
    assert (schedule.created_by, schedule.timezone) == ("kim", "Europe/Berlin")


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"expression": "61 * * * *"}, "expression", "rules[0].expression: minute"),
        ({"expression": ""}, "expression", "rules[0].expression"),
        ({"kind": "interval", "every": "soon"}, "every", "write it like"),
        ({"kind": "interval", "every": "0s"}, "every", "rules[0].every_seconds"),
        ({"kind": "interval", "every": ""}, "every", "rules[0].every_seconds"),
        ({"kind": "one_time", "at": "tomorrow"}, "at", "rules[0].at"),
        ({"kind": "one_time", "at": "2001-01-01T00:00:00"}, "at", "rules[0].at: has passed"),
        ({"kind": "several", "several": "{}"}, "several", "Write a JSON list"),
        ({"kind": "several", "several": "[]"}, "several", "rules: write a list"),
        ({"kind": "several", "several": '[{"kind": "cron"}, 7]'}, "several", "rules[0].expression"),
        ({"kind": "interval", "every": "1h", "basis": "wall_clock"}, "basis", "rules[0].basis"),
        ({"kind": "interval", "every": "1h", "anchor": "noon"}, "anchor", "rules[0].anchor"),
        ({"kind": "after_completion", "delay": ""}, "delay", "rules[0].delay_seconds"),
        ({"kind": "dates", "dates": "2099-01-01T09:00:00\nsoon"}, "dates", "rules[0].dates[1]"),
        ({"kind": "rrule", "rrule": "FREQ=OFTEN"}, "rrule", "rules[0].rrule"),
        ({"kind": "rrule", "rrule": "FREQ=DAILY", "rrule_start": "x"}, "rrule_start", "rules[0].start"),
        ({"spread": "jitter", "spread_window": "2d"}, "spread_window", "between 1 second and 24 hours"),
        ({"spread": "jitter", "spread_window": "soon"}, "spread_window", "write it like"),
        ({"start_deadline": "40d"}, "start_deadline", "30 days"),
        ({"max_active": "0"}, "max_active", "a number from 1 to 1000"),
        ({"overlap": "cancel_other", "max_active": "2"}, "max_active", "keeps one run"),
        ({"max_executions": "0"}, "max_executions", "for no limit"),
        ({"calendars": "0192f0a0-0000-7000-8000-000000000000"}, "calendars", "not one of the available"),
        ({"reason": "x" * 501}, "reason", "at most 500"),
        ({"timezone": "Mars/Olympus"}, "timezone", "Select a valid choice"),
        ({"input": '{"town": 1}'}, "input", "town"),
        ({"priority": "10"}, "priority", "a number from 0 to 9"),
        ({"queue": "a b"}, "queue", "use letters"),
        ({"catchup_window": "40 days"}, "catchup_window", ""),
        ({"name": "No"}, "name", "start with a letter"),
        ({"name": "daily"}, "__all__", "there is already a schedule called 'daily'"),
        ({"workflow": ""}, "workflow", "required"),
        ({"kind": "lunar"}, "kind", "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_schedule_stands_at_its_field(
    fields: dict[str, str], field: str, message: str, everything: Everything, root: Client
) -> None:
    answer = root.post(ADD_SCHEDULE, schedule_fields(everything, **fields))

    assert message in errors(answer)[field][0]
    assert not Schedule.objects.filter(name="hourly").exists()


def test_every_setting_can_be_written_and_is_kept_with_its_reason(
    everything: Everything, login: Login
) -> None:
    fields = {**EVERY_POLICY, "calendars": str(everything.calendar.pk)}

    answer = login(Role.EDITOR).post(ADD_SCHEDULE, schedule_fields(everything, **fields))

    assert answer.status_code == 302
    schedule = Schedule.objects.get(name="hourly")
    assert schedule.calendars == [everything.calendar.pk]
    assert (schedule.spread_window, schedule.start_deadline) == (timedelta(minutes=5), timedelta(minutes=30))
    assert (schedule.catchup_window, schedule.catchup_max) == (timedelta(minutes=15), 7)
    assert (schedule.overlap, schedule.max_active, schedule.on_excluded) == (
        "buffer_all",
        3,
        "next_working_day",
    )
    assert (schedule.auto_pause_after, schedule.max_executions, schedule.on_complete) == (4, 99, "archive")
    version = schedule.history.get()
    assert (version.history_user_id, version.history_change_reason) == ("kim", "Asked for by finance")


def test_a_catch_up_window_left_empty_follows_the_rule(everything: Everything, root: Client) -> None:
    root.post(ADD_SCHEDULE, schedule_fields(everything))
    root.post(ADD_SCHEDULE, schedule_fields(everything, name="nightly", expression="0 3 * * *"))

    windows = dict(Schedule.objects.values_list("name", "catchup_window"))
    assert (windows["hourly"], windows["nightly"]) == (timedelta(hours=1), timedelta(hours=24))


def test_every_form_field_of_a_setting_stands_on_some_tab(everything: Everything, root: Client) -> None:
    form = root.get(ADD_SCHEDULE).context["adminform"]

    shown = {field.field.name for fieldset in form for line in fieldset for field in line}
    assert shown == set(form.form.fields)
    assert set(schedules.SETTINGS) - {"rules", "managed_by"} <= shown


def test_a_form_of_one_kind_that_becomes_another_forgets_what_was_finer(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    schedule = make_schedule("hourly", rules=[{"kind": "interval", "every_seconds": 3600}])
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    root.post(page, {**as_shown(root, page), "kind": "after_completion", "delay": "5m"})

    assert Schedule.objects.get(pk=schedule.pk).rules == [{"kind": "after_completion", "delay_seconds": 300}]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "cron", "expression": "0 9 1 * mon", "day_match": "and"},
        {"kind": "after_completion", "delay_seconds": 90},
        {"kind": "one_time", "at": "2099-01-01T09:00:00"},
        {"kind": "dates", "dates": ["2099-01-01T09:00:00", "2099-01-02T09:00:00+02:00"]},
        {"kind": "rrule", "rrule": "FREQ=DAILY;INTERVAL=2"},
        {"kind": "rrule", "rrule": "DTSTART:20260101T060000\nRRULE:FREQ=WEEKLY\nEXDATE:20260108T060000"},
    ],
    ids=lambda rule: rule["kind"],
)
def test_a_rule_of_any_kind_is_shown_and_saved_as_it_was(
    rule: dict[str, Any], everything: Everything, root: Client, make_schedule: Any
) -> None:
    schedule = make_schedule("some", rules=[rule])
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    assert root.post(page, {**fields, "description": "Seen"}).status_code == 302

    after = Schedule.objects.get(pk=schedule.pk)
    assert (after.rules, after.description) == (schedule.rules, "Seen")


def test_calendars_keep_their_order_and_those_of_another_organization_are_not_offered(
    everything: Everything, root: Client, make_schedule: Any, other: Organization
) -> None:
    now = clock.now()
    second = schedules.create_calendar(everything.organization, now=now, name="audits", entries=[])
    strange = schedules.create_calendar(other, now=now, name="strange", entries=[])
    schedule = make_schedule("some", calendars=[everything.calendar.pk, second.pk])
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    root.post(page, {**fields, "description": "Seen"})
    answer = root.post(page, {**fields, "calendars": str(strange.pk)})

    assert Schedule.objects.get(pk=schedule.pk).calendars == [everything.calendar.pk, second.pk]
    assert "not one of the available" in errors(answer)["calendars"][0]


def test_an_unchanged_schedule_stays_as_it_was(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    rules = [
        {"kind": "interval", "every_seconds": 86_400, "anchor": "2026-01-01T06:00:00Z", "basis": "wall_clock"}
    ]
    schedule = make_schedule("anchored", rules=rules, input={"city": "Bonn"}, timezone="Asia/Tokyo")
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    fields |= {"start_at_0": "", "start_at_1": "", "end_at_0": "", "end_at_1": ""}
    assert root.post(page, fields).status_code == 302

    after = Schedule.objects.get(pk=schedule.pk)
    for column in (*schedules.SETTINGS, "next_fire_at", "cursor_at"):
        assert getattr(after, column) == getattr(schedule, column), column


def test_several_rules_are_shown_as_json_and_kept(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    rules = [{"kind": "cron", "expression": "0 6 * * *"}, {"kind": "cron", "expression": "0 18 * * *"}]
    schedule = make_schedule("twice", rules=rules)
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    fields = as_shown(root, page)
    root.post(page, {**fields, "description": "Twice a day"})

    after = Schedule.objects.get(pk=schedule.pk)
    assert fields["kind"] == "several"
    assert (after.rules, after.description) == (schedule.rules, "Twice a day")


def test_a_change_based_on_an_old_version_is_refused_and_nothing_typed_is_lost(
    everything: Everything, root: Client
) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/change/"
    fields = as_shown(root, page)
    schedules.change(everything.schedule, now=clock.now(), description="Somebody else's")

    answer = root.post(page, {**fields, "description": "Mine"})

    assert "was based on 1" in errors(answer)["__all__"][0]
    assert answer.context["adminform"].form["description"].value() == "Mine"
    assert Schedule.objects.get(pk=everything.schedule.pk).description == "Somebody else's"


def test_the_browser_is_asked_no_condition_about_a_form_that_is_not_there(
    everything: Everything, login: Login
) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/change/"

    assert 'x-show="spread != ' in login(Role.EDITOR, name="ed").get(page).content.decode()
    text = login(Role.VIEWER).get(page).content.decode()
    for field in CONDITIONS:
        assert f'x-show="{CONDITIONS[field]}"' not in text


def test_a_viewer_reads_a_schedule(everything: Everything, login: Login) -> None:
    text = (
        login(Role.VIEWER).get(f"/admin/schedules/schedule/{everything.schedule.pk}/change/").content.decode()
    )

    assert "0 6 * * *" in text
    assert "<textarea" not in text


def test_a_change_says_how_the_next_fires_changed(everything: Everything, root: Client) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/change/"

    answer = root.post(page, {**as_shown(root, page), "expression": "0 7 * * *"}, follow=True)

    assert "30 fires fall away and 30 are new" in " ".join(map(str, answer.context["messages"]))


def test_of_a_dense_rule_only_the_number_of_changed_fires_is_said(
    everything: Everything, root: Client, make_schedule: Any
) -> None:
    schedule = make_schedule("dense", rules=[{"kind": "cron", "expression": "*/5 * * * * *"}])
    page = f"/admin/schedules/schedule/{schedule.pk}/change/"

    answer = root.post(page, {**as_shown(root, page), "expression": "*/10 * * * * *"}, follow=True)

    assert " fires changed until " in " ".join(map(str, answer.context["messages"]))


def test_a_change_that_moves_no_fire_says_nothing_of_fires(everything: Everything, root: Client) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/change/"

    answer = root.post(page, {**as_shown(root, page), "priority": "6"}, follow=True)

    assert "fall away" not in " ".join(map(str, answer.context["messages"]))


# Preview


PREVIEW = "/admin/schedules/schedule/preview/"


def test_a_new_schedule_is_previewed_before_it_has_a_name(everything: Everything, login: Login) -> None:
    fields = schedule_fields(everything, name="", expression="0 9 31 * *")

    text = login(Role.EDITOR).post(PREVIEW, fields).content.decode()

    assert "At 09:00" in text
    assert text.count("<tr>") == 10
    assert "hz-odd" in text
    assert not Schedule.objects.exclude(pk=everything.schedule.pk).exists()


def test_a_change_is_previewed_and_nothing_is_written(everything: Everything, root: Client) -> None:
    page = f"/admin/schedules/schedule/{everything.schedule.pk}/"

    answer = root.post(f"{page}preview/", {**as_shown(root, f"{page}change/"), "expression": "5 4 * * *"})

    assert "At 04:05" in answer.content.decode()
    assert Schedule.objects.get(pk=everything.schedule.pk).version == 1


def test_a_preview_says_what_is_wrong(everything: Everything, root: Client) -> None:
    text = root.post(PREVIEW, schedule_fields(everything, expression="61 * * * *")).content.decode()

    assert "Cron expression" in text
    assert "minute" in text


def test_only_who_may_write_previews(everything: Everything, login: Login, other: Organization) -> None:
    viewer, stranger = login(Role.VIEWER), login(Role.ADMIN, of=other, name="stranger")
    own = f"/admin/schedules/schedule/{everything.schedule.pk}/preview/"

    assert viewer.post(PREVIEW, schedule_fields(everything)).status_code == 403
    assert viewer.post(own, schedule_fields(everything)).status_code == 403
    assert stranger.post(own, schedule_fields(everything)).status_code in {302, 404}
    assert viewer.get(PREVIEW).status_code == 405
