"""Backfills in the console: looked at first, then started, paused and cancelled."""

import pytest
from django.test import Client

import clock
from organizations.roles import Role
from schedules.models import Backfill
from tests.console.conftest import DAY, Everything, Login
from tests.console.test_actions import press, said
from tests.console.test_schedule_pages import path_of, text_of


def wanted(**fields: str) -> dict[str, str]:
    until = clock.now() - 20 * DAY
    return {
        "from_at": (until - 9 * DAY).isoformat(),
        "to_at": until.isoformat(),
        "order": "newest_first",
        "reprocess": "missing",
        "overlap": "allow_all",
        "concurrency": "2",
        "priority": "",
        "input": "",
        **fields,
    }


def test_a_backfill_is_shown_before_it_is_started(everything: Everything, login: Login) -> None:
    operator, address = login(Role.OPERATOR), f"/admin/{path_of(everything.schedule)}/backfill/"
    before = Backfill.objects.count()

    seen = operator.post(address, {**wanted(), "look": ""})

    assert seen.context["planned"].to_run == 9
    assert 'name="start"' in seen.content.decode()
    assert Backfill.objects.count() == before


def test_a_backfill_starts_and_shows_its_page(everything: Everything, login: Login) -> None:
    operator, address = login(Role.OPERATOR), f"/admin/{path_of(everything.schedule)}/backfill/"

    answer = operator.post(address, {**wanted(), "start": ""}, follow=True)

    backfill = Backfill.objects.get(concurrency=2)
    assert answer.redirect_chain[-1][0] == f"/admin/schedules/backfill/{backfill.pk}/change/"
    assert (backfill.order, backfill.priority, backfill.input, backfill.created_by) == (
        "newest_first",
        3,
        None,
        "kim",
    )
    assert "Backfill of 9 times requested" in said(answer)


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"to_at": "2099-01-01T00:00"}, "to_at", "must lie in the past"),
        ({"from_at": ""}, "from_at", "required"),
        ({"input": '{"town": 1}'}, "input", "town"),
        ({"concurrency": "0"}, "concurrency", "greater than"),
        ({"order": "sideways"}, "order", "valid choice"),
    ],
)
def test_what_is_wrong_with_a_backfill_stands_at_its_field(
    fields: dict[str, str], field: str, message: str, everything: Everything, root: Client
) -> None:
    for button in ("look", "start"):
        answer = root.post(
            f"/admin/{path_of(everything.schedule)}/backfill/", {**wanted(**fields), button: ""}
        )
        assert message in answer.context["form"].errors[field][0]


def test_a_backfill_that_covers_another_one_is_refused_above_the_form(
    everything: Everything, root: Client
) -> None:
    fields = wanted(from_at=(clock.now() - 9 * DAY).isoformat(), to_at=(clock.now() - 3 * DAY).isoformat())

    answer = root.post(f"/admin/{path_of(everything.schedule)}/backfill/", {**fields, "start": ""})

    assert "has not ended" in answer.context["form"].non_field_errors()[0]
    assert "has not ended" in answer.content.decode()


def test_a_viewer_requests_no_backfill(everything: Everything, login: Login) -> None:
    address = f"/admin/{path_of(everything.schedule)}/backfill/"

    assert login(Role.VIEWER).post(address, {**wanted(), "start": ""}).status_code == 403


def test_a_backfill_is_paused_resumed_and_cancelled(everything: Everything, login: Login) -> None:
    operator, backfill = login(Role.OPERATOR), everything.backfill
    path = f"schedules/backfill/{backfill.pk}"

    assert said(press(operator, path, "pause", reason="too loud")) == "Paused"
    assert "too loud" in text_of(operator, f"{path}/change")
    assert said(press(operator, path, "resume")) == "Resumed"
    assert said(press(operator, path, "cancel", running="cancel")) == "Cancelled"
    assert press(operator, path, "resume").status_code == 403
    backfill.refresh_from_db()
    assert backfill.state == "cancelled"
