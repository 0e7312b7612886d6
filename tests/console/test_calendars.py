"""Calendars in the console: to write, to look into, and to delete."""

import json
from typing import Any

import pytest
from django.test import Client

import clock
from organizations.roles import Role
from schedules import services as schedules
from schedules.admin.calendars import EXAMPLES
from schedules.calendars import calendar_from_list
from schedules.models import Calendar
from tests.console.conftest import WEEKENDS, Everything, Login
from tests.console.test_actions import press, said
from tests.console.test_forms import as_shown, errors

ADD = "/admin/schedules/calendar/add/"


def fields_of(everything: Everything, **fields: str) -> dict[str, str]:
    return {
        "organization": str(everything.organization.pk),
        "name": "holidays",
        "description": "",
        "entries": json.dumps(WEEKENDS),
        **fields,
    }


def page_of(calendar: Calendar) -> str:
    return f"/admin/schedules/calendar/{calendar.pk}/change/"


def test_the_examples_of_the_form_are_a_calendar(everything: Everything, login: Login) -> None:
    answer = login(Role.EDITOR).post(ADD, fields_of(everything, entries=json.dumps(EXAMPLES)))

    assert answer.status_code == 302
    calendar = Calendar.objects.get(name="holidays")
    assert len(calendar_from_list(calendar.entries).entries) == len(EXAMPLES)
    assert calendar.created_by == "kim"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"entries": "{}"}, "entries", "Write a JSON list"),
        ({"entries": '[{"kind": "lunar"}]'}, "entries", "entries[0].kind"),
        ({"entries": '[{"kind": "holidays", "country": "XX"}]'}, "entries", "entries[0].country"),
        ({"name": "No"}, "name", ""),
        ({"name": "weekends"}, "__all__", "there is already a calendar"),
    ],
)
def test_what_is_wrong_with_a_calendar_stands_at_its_field(
    fields: dict[str, str], field: str, message: str, everything: Everything, root: Client
) -> None:
    answer = root.post(ADD, fields_of(everything, **fields))

    assert message in errors(answer)[field][0]
    assert Calendar.objects.count() == 1


def test_the_page_shows_what_is_excluded_and_who_uses_it(
    everything: Everything, login: Login, make_schedule: Any
) -> None:
    make_schedule("workdays", calendars=[everything.calendar.pk])

    answer = login(Role.VIEWER).get(page_of(everything.calendar))

    assert len(answer.context["ranges"]) in {13, 14}
    text = answer.content.decode()
    assert ">workdays</a>" in text
    assert "Sat 20" in text
    assert "<textarea" not in text


def test_a_change_is_based_on_what_was_read(everything: Everything, root: Client) -> None:
    page = page_of(everything.calendar)
    fields = as_shown(root, page)
    schedules.change_calendar(everything.calendar, now=clock.now(), description="Somebody else's")

    answer = root.post(page, {**fields, "description": "Mine"})

    assert "was based on 1" in errors(answer)["__all__"][0]


def test_an_editor_changes_a_calendar(everything: Everything, login: Login) -> None:
    editor, page = login(Role.EDITOR), page_of(everything.calendar)

    answer = editor.post(page, {**as_shown(editor, page), "entries": "[]"})

    assert answer.status_code == 302
    assert Calendar.objects.get().entries == []


def test_a_calendar_in_use_is_not_deleted(everything: Everything, root: Client, make_schedule: Any) -> None:
    make_schedule("workdays", calendars=[everything.calendar.pk])

    answer = press(root, f"schedules/calendar/{everything.calendar.pk}", "remove")

    assert "is used by workdays" in said(answer)
    assert Calendar.objects.exists()


def test_an_editor_deletes_a_calendar_that_nobody_uses(everything: Everything, login: Login) -> None:
    path = f"schedules/calendar/{everything.calendar.pk}"

    assert press(login(Role.OPERATOR, name="op"), path, "remove").status_code == 403
    assert said(press(login(Role.EDITOR), path, "remove")) == "Calendar deleted"
    assert not Calendar.objects.exists()


def test_entries_that_can_no_longer_be_read_do_not_break_the_page(
    everything: Everything, root: Client
) -> None:
    Calendar.objects.update(entries=[{"kind": "lunar"}])

    assert "unreadable" in root.get(page_of(everything.calendar)).content.decode()
    assert root.get("/admin/schedules/calendar/").status_code == 200
