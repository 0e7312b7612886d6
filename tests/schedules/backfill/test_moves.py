"""Backfills are paused, resumed and cancelled, at any point."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product

import pytest

from events.models import Event
from executions.models import Execution
from schedules.backfill import drip, services
from schedules.backfill.moves import FINAL, MOVES, State, move
from schedules.backfill.services import Running
from schedules.errors import IllegalBackfillMove
from schedules.models import Backfill
from tests.schedules.backfill.conftest import NOON, Ask, Drain, finish_one, hours, ran

pytestmark = pytest.mark.django_db

RunOut = Callable[[Backfill], Backfill]


@pytest.mark.parametrize(
    ("state", "to"), [pair for pair in product(State, State) if pair[1] not in MOVES[pair[0]]]
)
def test_what_the_life_cycle_does_not_have_is_refused(ask: Ask, state: State, to: State):
    backfill = ask()
    Backfill.objects.update(
        state=state,
        next_at=NOON if state is State.RUNNING else None,
        finished_at=NOON if state in FINAL else None,
    )
    backfill.refresh_from_db()

    with pytest.raises(IllegalBackfillMove, match=state.value):
        move(backfill, to, now=NOON, by="ada")


def test_of_two_who_move_it_the_slower_is_refused(ask: Ask):
    backfill = ask()
    services.pause(backfill, by="ada", now=NOON)

    with pytest.raises(IllegalBackfillMove):
        move(backfill, State.COMPLETED, now=NOON, by="bob")


@pytest.mark.parametrize("ended", range(10))
@pytest.mark.parametrize("order", ["oldest_first", "newest_first"])
def test_a_pause_holds_at_any_point_and_a_resume_goes_on_there(
    *, ask: Ask, seconds: Iterator[datetime], drain: Drain, run_out: RunOut, order: str, ended: int
):
    backfill = ask(order=order)
    for _ in range(ended):
        drip.drip_due(now=next(seconds))
        finish_one()
    services.pause(backfill, by="ada", now=next(seconds))
    drain()
    assert not drip.drip_due(now=next(seconds))
    drain()
    assert Execution.objects.filter(state="completed").count() <= ended + 1

    services.resume(backfill, by="bob", now=next(seconds))
    done = run_out(backfill)

    assert (done.state, done.started) == ("completed", 10)
    assert ran(done) == hours(*(range(10, 0, -1) if order == "oldest_first" else range(1, 11)))


def test_a_paused_backfill_starts_none_of_what_was_recorded_ahead(ask: Ask, drain: Drain):
    backfill = ask()
    drip.drip_due(now=NOON)

    services.pause(backfill, by="ada", now=NOON, reason="too much load")
    drain()

    backfill.refresh_from_db()
    assert (backfill.state, backfill.reason, backfill.next_at) == ("paused", "too much load", None)
    assert Execution.objects.filter(state="completed").count() == 1
    assert Execution.objects.filter(state="pending").count() == 9


@pytest.mark.parametrize("overlap", ["allow_all", "buffer_all"])
@pytest.mark.parametrize("is_paused", [True, False])
@pytest.mark.parametrize("running", ["leave", "cancel"])
def test_a_cancelled_backfill_starts_nothing_more(
    *, ask: Ask, seconds: Iterator[datetime], drain: Drain, overlap: str, is_paused: bool, running: Running
):
    backfill = ask(overlap=overlap)
    drip.drip_due(now=next(seconds))
    if is_paused:
        services.pause(backfill, by="ada", now=NOON)

    services.cancel(backfill, by="ada", now=next(seconds), running=running, reason="wrong range")
    assert not drip.drip_due(now=next(seconds))
    drain()

    backfill.refresh_from_db()
    ends = Execution.objects.order_by("fire_at").values_list("state", flat=True)
    assert (backfill.state, backfill.reason) == ("cancelled", "wrong range")
    assert ends[0] == ("cancelled" if running == "cancel" else "completed")
    assert set(ends[1:]) <= {"cancelled"}
    (event,) = Event.objects.filter(type="schedule.backfill.cancelled")
    assert event.data == {"backfill_id": str(backfill.pk), "by": "ada", "reason": "wrong range"}


def test_what_a_cancelled_one_left_waiting_is_run_by_the_next(ask: Ask, drain: Drain, run_out: RunOut):
    first = ask()
    drip.drip_due(now=NOON)
    services.cancel(first, by="ada", now=NOON)
    drain()

    second = run_out(ask())

    assert (second.started, second.skipped) == (9, 1)
    assert Execution.objects.filter(state="completed").count() == 10
