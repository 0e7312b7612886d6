"""What is shown of a schedule beside its form, and what its buttons do."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

import clock
from executions.models import Execution
from organizations.roles import Role
from schedules import services as schedules
from schedules.models import Schedule
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said

HOURLY = [{"kind": "cron", "expression": "0 * * * *"}]
MakeSchedule = Callable[..., Schedule]


def path_of(schedule: Schedule) -> str:
    return f"schedules/schedule/{schedule.pk}"


def text_of(client: Client, address: str) -> str:
    answer = client.get(f"/admin/{address}/")
    assert answer.status_code == 200
    return answer.content.decode()


# The panel


def test_the_list_says_in_words_when_it_fires(everything: Everything, root: Client) -> None:
    assert "At 06:00" in text_of(root, "schedules/schedule")


def test_the_panel_shows_left_out_times_and_puts_them_back(everything: Everything, login: Login) -> None:
    operator, schedule = login(Role.OPERATOR), everything.schedule

    assert said(press(operator, path_of(schedule), "skip_next")) == "The next time is left out"
    schedule.refresh_from_db()
    (left_out,) = schedule.skip_times
    link = re.search(r'hx-get="([^"]+/unskip/[^"]+)"', text_of(operator, f"{path_of(schedule)}/change"))
    assert link is not None
    asked = operator.get(link[1].replace("&amp;", "&")).context["form"]
    assert asked["at"].value() == left_out.isoformat()

    assert said(press(operator, path_of(schedule), "unskip", at=left_out.isoformat())) == "Put back"
    schedule.refresh_from_db()
    assert schedule.skip_times == []


def test_a_time_that_is_not_left_out_cannot_be_put_back(everything: Everything, root: Client) -> None:
    press(root, path_of(everything.schedule), "skip_next")

    answer = press(root, path_of(everything.schedule), "unskip", at="2001-01-01T00:00:00+00:00")

    assert answer.context["form"].errors["at"]


def test_the_panel_shows_what_a_calendar_excludes_and_what_may_surprise(
    everything: Everything, root: Client, make_schedule: MakeSchedule
) -> None:
    rules = [{"kind": "cron", "expression": "0 6 31 * *"}]
    schedule = make_schedule("last", rules=rules, calendars=[everything.calendar.pk])

    text = text_of(root, f"{path_of(schedule)}/change")

    assert "rules[0].expression" in text


def test_a_paused_schedule_says_by_whom_why_and_until_when(
    everything: Everything, login: Login, make_schedule: MakeSchedule
) -> None:
    operator, schedule = login(Role.OPERATOR), make_schedule("berlin", timezone="Europe/Berlin")

    press(operator, path_of(schedule), "pause", reason="audit", until="2099-01-01T09:00")

    schedule.refresh_from_db()
    assert schedule.paused_until == datetime(2099, 1, 1, 8, tzinfo=UTC)
    text = text_of(operator, f"{path_of(schedule)}/change")
    assert "Paused by kim: audit" in text
    assert "2099-01-01 09:00:00+01:00" in text


def test_a_pause_that_ends_in_the_past_is_refused_in_its_dialog(everything: Everything, root: Client) -> None:
    answer = press(root, path_of(everything.schedule), "pause", until="2001-01-01T00:00")

    assert answer.context["form"].errors["until"] == ["until: must lie in the future"]
    assert Schedule.objects.get(pk=everything.schedule.pk).state == "active"


def test_failures_in_a_row_are_shown(everything: Everything, root: Client) -> None:
    Schedule.objects.filter(pk=everything.schedule.pk).update(
        consecutive_failures=3, state="paused", next_due_at=None, next_fire_at=None
    )

    assert "3 failures in a row" in text_of(root, f"{path_of(everything.schedule)}/change")


def test_a_schedule_owned_by_code_says_so(everything: Everything, root: Client) -> None:
    Schedule.objects.filter(pk=everything.schedule.pk).update(managed_by="billing")

    assert "Owned by code, from billing" in text_of(root, f"{path_of(everything.schedule)}/change")


# Buttons


def test_resume_catches_up_when_asked(
    everything: Everything, root: Client, make_schedule: MakeSchedule
) -> None:
    schedule, long_ago = make_schedule("hourly", rules=HOURLY), clock.now() - timedelta(hours=5)
    press(root, path_of(schedule), "pause")
    Schedule.objects.filter(pk=schedule.pk).update(cursor_at=long_ago, effective_from=long_ago)

    press(root, path_of(schedule), "resume", catch_up="1")

    schedule.refresh_from_db()
    assert (schedule.state, schedule.effective_from) == ("active", long_ago)


def test_a_schedule_is_disabled_and_enabled(everything: Everything, login: Login) -> None:
    operator, path = login(Role.OPERATOR), path_of(everything.schedule)

    assert said(press(operator, path, "disable", reason="not yet")) == "Disabled"
    assert "Disabled by kim: not yet" in text_of(operator, f"{path}/change")
    assert press(operator, path, "pause").status_code == 403
    assert said(press(operator, path, "enable")) == "Enabled"
    assert Schedule.objects.get(pk=everything.schedule.pk).state == "active"


def test_trigger_takes_another_input_and_another_overlap(everything: Everything, root: Client) -> None:
    path = path_of(everything.schedule)
    shown = root.get(f"/admin/{path}/trigger/").context["form"]

    press(root, path, "trigger", input='{"city": "Lima"}', overlap="allow_all")
    press(root, path, "trigger")  # skips: the first is active, or starts with the schedule's own input

    started = Execution.objects.filter(schedule_id=everything.schedule.pk, started_by="root")
    assert shown["input"].value() == "{}"
    assert {"city": "Lima"} in [execution.input for execution in started]


def test_a_run_that_overlaps_is_refused_with_a_message(everything: Everything, root: Client) -> None:
    path = path_of(everything.schedule)
    press(root, path, "trigger")

    answer = press(root, path, "trigger", overlap="skip")

    assert "active" in said(answer)


def test_purge_is_for_archived_schedules_and_admins(everything: Everything, login: Login) -> None:
    path = path_of(everything.schedule)
    admin, editor = login(Role.ADMIN, name="adm"), login(Role.EDITOR, name="ed")

    assert press(admin, path, "purge").status_code == 403
    press(editor, path, "archive")
    assert press(editor, path, "purge").status_code == 403
    assert said(press(admin, path, "purge")) == "Purged"
    assert not Schedule.objects.filter(pk=everything.schedule.pk).exists()


@pytest.mark.parametrize("button", ["explain", "versions", "backfill", "trigger", "unskip", "rollback"])
def test_pages_of_a_schedule_that_is_not_there_are_not_found(
    button: str, everything: Everything, root: Client
) -> None:
    for row in ("nothing", everything.organization.pk):
        answer = root.post(f"/admin/schedules/schedule/{row}/{button}/", {"_form_submitted": "True"})
        assert answer.status_code in {200, 404}


# Explain


def test_explain_lists_the_day_before_and_the_day_after(
    everything: Everything, login: Login, make_schedule: MakeSchedule
) -> None:
    schedule = make_schedule("hourly", rules=HOURLY)

    answer = login(Role.VIEWER).get(f"/admin/{path_of(schedule)}/explain/")

    outcomes = [one.outcome for one in answer.context["explanation"].answers]
    assert outcomes == ["will_fire"] * 24
    assert "Will start" in answer.content.decode()


def test_explain_answers_for_one_instant_on_the_clock_of_the_schedule(
    everything: Everything, root: Client, make_schedule: MakeSchedule
) -> None:
    schedule = make_schedule("berlin", timezone="Europe/Berlin")
    address = f"/admin/{path_of(schedule)}/explain/"

    (hit,) = root.get(address, {"at": "2099-07-01T06:00:00"}).context["explanation"].answers
    miss = root.get(address, {"at": "2099-07-01T06:30:00"})

    assert hit.fire_at == datetime(2099, 7, 1, 4, tzinfo=UTC)
    assert "no rule names it" in miss.content.decode()
    assert "at=2099-07-02T04%3A00%3A00%2B00%3A00" in miss.content.decode()


def test_explain_links_to_the_execution(everything: Everything, root: Client) -> None:
    execution = Execution.objects.get(pk=everything.done.pk)
    assert execution.fire_at is not None

    answer = root.get(
        f"/admin/{path_of(everything.schedule)}/explain/", {"at": execution.fire_at.isoformat()}
    )

    assert f"/admin/executions/execution/{execution.pk}/change/" in answer.content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"at": "soon"}, "at"),
        ({"at": "0001-01-01T00:00"}, "at"),
        ({"from_at": "2026-02-01T00:00", "to_at": "2026-01-01T00:00"}, "to_at"),
        ({"from_at": "9999-12-31T23:59"}, "from_at"),
    ],
)
def test_explain_says_what_is_wrong_with_a_time(
    query: dict[str, str], field: str, everything: Everything, root: Client
) -> None:
    answer = root.get(f"/admin/{path_of(everything.schedule)}/explain/", query)

    assert list(answer.context["form"].errors) == [field]


def test_explain_goes_on_where_a_page_ends(
    everything: Everything, root: Client, make_schedule: MakeSchedule
) -> None:
    schedule = make_schedule("minutely", rules=[{"kind": "cron", "expression": "* * * * *"}])
    address = f"/admin/{path_of(schedule)}/explain/"

    first = root.get(address)
    link = re.search(r'href="(\?from_at[^"]+)"', first.content.decode())
    assert link is not None
    second = root.get(address + link[1].replace("&amp;", "&"))

    times = [one.fire_at for page in (first, second) for one in page.context["explanation"].answers]
    assert times == sorted(set(times))
    assert len(times) == 200


# Versions


def test_versions_show_who_changed_what_and_why(everything: Everything, login: Login) -> None:
    schedules.change(
        everything.schedule,
        now=clock.now(),
        by="ada",
        reason="quieter",
        priority=3,
        calendars=[everything.calendar.pk],
        catchup_window=timedelta(minutes=15),
    )

    text = text_of(login(Role.VIEWER), f"{path_of(everything.schedule)}/versions")

    for shown in ("Version 2", "by ada", "quieter", "Priority", "weekends", "15m", "Version 1"):
        assert shown in text
    assert "roll back" not in text


def test_an_editor_rolls_back_to_a_version(everything: Everything, login: Login) -> None:
    schedules.change(everything.schedule, now=clock.now(), by="ada", priority=3)
    editor, path = login(Role.EDITOR), path_of(everything.schedule)
    link = re.search(r'hx-get="([^"]+/rollback/[^"]+)"', text_of(editor, f"{path}/versions"))
    assert link is not None
    assert editor.get(link[1]).context["form"]["to"].value() == "1"

    assert said(press(editor, path, "rollback", to="1", based_on="2")) == "Rolled back"

    schedule = Schedule.objects.get(pk=everything.schedule.pk)
    assert (schedule.priority, schedule.version) == (5, 3)
    assert "back to version 1" in text_of(editor, f"{path}/versions")


def test_a_rollback_of_settings_that_have_changed_meanwhile_is_refused(
    everything: Everything, root: Client
) -> None:
    for priority in (3, 4):
        schedules.change(everything.schedule, now=clock.now(), priority=priority)

    answer = press(root, path_of(everything.schedule), "rollback", to="1", based_on="2")

    assert "was based on 2" in said(answer)


def test_many_versions_are_paged(everything: Everything, root: Client) -> None:
    for number in range(30):
        schedules.change(everything.schedule, now=clock.now(), description=str(number))

    first = text_of(root, f"{path_of(everything.schedule)}/versions")
    answer = root.get(f"/admin/{path_of(everything.schedule)}/versions/", {"p": "2"})

    assert "Version 31" in first
    assert "Version 1 " not in first
    assert [row.version for row, _ in answer.context["rows"]] == [6, 5, 4, 3, 2, 1]


def test_every_post_needs_the_token_of_its_form(everything: Everything, login: Login) -> None:
    login(name="root")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="root"))

    for button in ("trigger", "pause", "backfill", "archive"):
        answer: Any = strict.post(f"/admin/{path_of(everything.schedule)}/{button}/", {"start": ""})
        assert answer.status_code == 403
