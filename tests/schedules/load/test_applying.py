"""Moves that somebody asked for."""

from datetime import timedelta
from uuid import uuid4

import pytest

from organizations.models import Organization
from schedules import services
from schedules.load.applying import apply
from schedules.load.moves import Move, MoveKind
from schedules.models import Schedule
from tests.schedules.load.conftest import EVE, MONDAY, MakeSchedule
from workflows.models import Workflow

pytestmark = pytest.mark.django_db


def offset(schedule: Schedule, *, minute: int = 7) -> Move:
    return Move(schedule.pk, schedule.version, MoveKind.OFFSET, minute=minute)


def refusals(organization: Organization, *moves: Move) -> list[str]:
    return [made.refusal for made in apply(organization, moves, by="ada", now=EVE)]


def test_a_move_changes_the_schedule_and_its_version(organization: Organization, make: MakeSchedule):
    schedule = make("one", "0 9 * * *")

    (made,) = apply(organization, [offset(schedule)], by="ada", now=EVE)

    schedule.refresh_from_db()
    assert (made.applied, made.version, schedule.version) == (True, 2, 2)
    assert schedule.rules[0]["expression"] == "7 9 * * *"
    assert schedule.next_fire_at == MONDAY.replace(hour=9, minute=7)


def test_a_window_becomes_the_spread(organization: Organization, make: MakeSchedule):
    schedule = make("one", "*/15 * * * *")

    assert refusals(organization, Move(schedule.pk, 1, MoveKind.WINDOW, window=timedelta(minutes=10))) == [""]

    schedule.refresh_from_db()
    assert (schedule.spread, schedule.spread_window) == ("window", timedelta(minutes=10))


def test_a_stale_move_is_refused_and_changes_nothing(organization: Organization, make: MakeSchedule):
    schedule = make("one", "0 9 * * *")
    services.change(schedule, now=EVE, description="newer")

    (refusal,) = refusals(organization, offset(schedule))

    assert "version 2" in refusal
    assert Schedule.objects.get().rules[0]["expression"] == "0 9 * * *"


def test_a_second_move_of_a_schedule_is_stale(organization: Organization, make: MakeSchedule):
    schedule = make("one", "0 9 * * *")

    first, second = refusals(organization, offset(schedule), offset(schedule, minute=9))

    assert (first, "version 2" in second) == ("", True)


def test_a_refused_move_stops_no_other(organization: Organization, make: MakeSchedule):
    gone, dense, fine = make("a", "0 9 * * *"), make("b", "*/5 * * * *"), make("c", "0 9 * * *")
    services.archive(gone, by="ada", now=EVE)

    found = refusals(organization, offset(gone), offset(dense), Move(uuid4(), 1, MoveKind.H), offset(fine))

    assert "archived" in found[0]
    assert "use window" in found[1]
    assert found[2:] == ["there is no such schedule", ""]


def test_another_organizations_schedule_does_not_exist(
    organization: Organization, make: MakeSchedule, others_workflow: Workflow
):
    theirs = make("theirs", "0 9 * * *", workflow=others_workflow)

    assert refusals(organization, offset(theirs)) == ["there is no such schedule"]
    assert Schedule.objects.get().version == 1
