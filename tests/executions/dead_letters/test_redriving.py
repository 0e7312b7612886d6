"""A failed execution is started again: from the beginning, or from the step that failed."""

from datetime import UTC, datetime, timedelta

import pytest

import clock
from events.models import Event
from executions import dead_letters, services
from executions.errors import AlreadyRedriven, IllegalMove
from executions.models import DeadLetter, Execution, StepRun
from executions.services import Start, start
from executions.states import ExecutionState
from tests.executions.dead_letters.conftest import breaks, outputs, sets
from workflows import services as workflows
from workflows.errors import InvalidInput

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def redrive(drain):
    """Redrive an execution and run the new one as far as it goes."""

    def redrive(execution, *, divisor=1, **options):
        wanted = {"new_input": {"divisor": divisor}, **options}
        started = dead_letters.redrive(execution, by="ada", now=clock.now(), **wanted)
        drain()
        return Execution.objects.get(pk=started.id)

    return redrive


def test_from_the_failed_step_what_has_finished_is_not_run_again(define, run, redrive):
    failed = run(
        define(sets("a", 1), breaks("b", needs=["a"]), sets("c", "${{ steps.a.output.v }}", needs=["b"]))
    )

    again = redrive(failed, from_failed=True)

    assert (again.state, again.redrive_of_id, again.source) == ("completed", failed.pk, "redrive")
    assert outputs(again) == {"a": {"v": 1}, "b": {"v": 1}, "c": {"v": 1}}
    old, new = (StepRun.objects.get(execution=one, step="a") for one in (failed, again))
    assert (new.attempt, new.started_at, new.finished_at) == (old.attempt, old.started_at, old.finished_at)
    assert DeadLetter.objects.get().redriven_as_id == again.pk


def test_from_the_start_everything_is_run_again_with_the_current_version(define, run, redrive):
    workflow = define(sets("a", 1), breaks("b", needs=["a"]))
    failed = run(workflow)
    workflows.change(workflow, definition={"steps": [sets("a", 2)]})

    assert outputs(redrive(failed)) == {"a": {"v": 2}}


def test_from_the_failed_step_the_version_stays_the_old_one(define, run, redrive):
    workflow = define(sets("a", 1), breaks("b", needs=["a"]))
    failed = run(workflow)
    workflows.change(workflow, definition={"steps": [sets("a", 2)]})

    again = redrive(failed, from_failed=True)

    assert again.version_id == failed.version_id
    assert outputs(again) == {"a": {"v": 1}, "b": {"v": 1}}


def test_results_that_are_kept_stay_when_the_input_is_edited(define, run, redrive):
    failed = run(define(sets("a", "${{ input.divisor }}"), breaks("b", needs=["a"])))

    assert outputs(redrive(failed, divisor=2, from_failed=True)) == {"a": {"v": 0}, "b": {"v": 0}}


def test_what_was_skipped_stays_skipped(define, run, redrive):
    failed = run(define(sets("a", **{"if": "false"}), sets("x", needs=["a"]), breaks("b")))

    assert outputs(redrive(failed, from_failed=True)) == {"a": "skipped", "x": "skipped", "b": {"v": 1}}


def test_what_was_compensated_runs_again_and_so_does_what_needs_it(define, run, redrive):
    undo = {"kind": "set", "values": {}}
    steps = (
        sets("keep", 1),
        sets("paid", 2, compensate=undo),
        sets("sent", 3, needs=["paid"]),
        breaks("b", needs=["sent", "keep"]),
    )
    failed = run(define(*steps))

    again = redrive(failed, from_failed=True)

    assert again.state == "completed"
    kept = StepRun.objects.filter(execution=again, created_at__lt=again.created_at)
    assert [row.step for row in kept] == ["keep"]


def test_hooks_that_ran_run_again_for_the_new_execution(define, run, redrive):
    failed = run(
        define(sets("a"), breaks("b", needs=["a"]), on_failure=[sets("alarm")], always=[sets("tidy", 1)])
    )

    again = redrive(failed, from_failed=True)

    assert outputs(again).keys() == {"a", "b", "tidy"}
    assert StepRun.objects.get(execution=again, step="tidy").created_at >= again.created_at


def test_an_output_that_failed_is_computed_again(define, run, redrive):
    failed = run(define(sets("a", 1), output={"all": "${{ 1 / input.divisor }}"}))

    assert outputs(redrive(failed, from_failed=True))["workflow.output"] == {"all": 1}


ITEMS = {"for_each": [1, 0, 2, 0, 4], "fail_when": "any_item"}
EACH = "${{ 8 / (item + input.divisor) }}"


def items(execution):
    rows = StepRun.objects.filter(execution=execution, item_index__gte=0).order_by("item_index")
    return [
        (row.state, row.output and row.output["v"], row.created_at >= execution.created_at) for row in rows
    ]


@pytest.mark.parametrize("at_once", [{}, {"max_parallel": 1}])
def test_items_that_have_completed_are_kept(define, run, redrive, at_once):
    failed = run(define(sets("each", EACH, **ITEMS, **at_once)))

    again = redrive(failed, from_failed=True)

    done, new = ("completed",), (True,)
    assert items(again) == [
        (*done, 8, False),
        (*done, 8, *new),
        (*done, 4, False),
        (*done, 8, *new),
        (*done, 2, False),
    ]
    assert outputs(again)["each"] == [{"v": 8}, {"v": 8}, {"v": 4}, {"v": 8}, {"v": 2}]
    assert again.state == "completed"


def test_a_list_of_which_nothing_has_completed_is_computed_anew(define, run, redrive):
    failed = run(define(sets("each", EACH, for_each="${{ [input.divisor, input.divisor] }}")))

    assert outputs(redrive(failed, divisor=2, from_failed=True))["each"] == [{"v": 2}, {"v": 2}]


def test_a_list_that_failed_stays_as_it_was_where_some_of_it_has_completed(define, run, redrive):
    failed = run(
        define(sets("each", "${{ 8 / item }}", for_each="${{ [input.divisor, 4] }}", fail_when="any_item"))
    )

    again = redrive(failed, divisor=2, from_failed=True)

    assert again.state == "failed"
    assert [state for state, _, _ in items(again)] == ["failed", "completed"]


def test_a_list_that_has_completed_is_kept_with_its_items(define, run, redrive):
    failed = run(define(sets("each", "${{ item }}", for_each=[1, 2]), breaks("b", needs=["each"])))

    again = redrive(failed, from_failed=True)

    assert items(again) == [("completed", 1, False), ("completed", 2, False)]
    assert again.state == "completed"


def test_a_cancelled_execution_goes_on_where_it_was(define, run, redrive):
    cancelled = run(define(sets("a", 1), {"id": "w", "kind": "wait", "duration": "1h", "needs": ["a"]}))
    services.cancel(cancelled, by="ada", now=clock.now())

    again = redrive(cancelled, from_failed=True)

    assert outputs(again) == {"a": {"v": 1}, "w": "waiting"}


def test_an_execution_that_timed_out_is_redriven(define, run, redrive):
    late = run(
        define(sets("a", 1), {"id": "w", "kind": "wait", "duration": "1h", "needs": ["a"]}, timeout="1m")
    )
    StepRun.objects.filter(execution=late, step="w").update(
        state="cancelled", waits_for="", finished_at=clock.now()
    )
    Execution.objects.filter(pk=late.pk).update(state=ExecutionState.TIMED_OUT, finished_at=clock.now())

    again = redrive(late, from_failed=True)

    assert outputs(again)["a"] == {"v": 1}
    assert again.deadline_at == again.created_at + timedelta(minutes=1)


def test_what_runs_or_has_completed_is_not_redriven(define, run, redrive):
    completed = run(define(sets("a")))
    waits = run(define({"id": "w", "kind": "wait", "duration": "1h"}, name="waits"))

    for execution in (completed, waits):
        for from_failed in (True, False):
            with pytest.raises(IllegalMove, match="cannot become redriven"):
                redrive(execution, from_failed=from_failed)


def test_a_dead_letter_is_redriven_once(define, run, redrive):
    failed = run(define(breaks("b")))
    redrive(failed, from_failed=True)

    with pytest.raises(AlreadyRedriven, match="redriven by ada"):
        redrive(failed)
    assert Execution.objects.filter(redrive_of=failed).count() == 1


def test_input_that_does_not_fit_the_old_version_is_refused_and_nothing_is_changed(define, run, redrive):
    typed = {"properties": {"divisor": {"type": "integer"}}}
    failed = run(define(breaks("b"), inputs=typed))

    with pytest.raises(InvalidInput):
        redrive(failed, divisor="x", from_failed=True)
    assert DeadLetter.objects.get().resolution == "open"
    assert not Execution.objects.filter(redrive_of=failed).exists()


def test_one_that_must_wait_for_a_place_goes_on_from_the_failed_step_when_it_has_it(
    define, run, redrive, drain
):
    steps = sets("a", 1), sets("each", EACH, needs=["a"], **ITEMS)
    workflow = define(*steps, limits=[{"running": 1}])
    failed = run(workflow)
    other = start(Start(workflow=workflow, source="manual", input={"divisor": 1}), now=clock.now())
    waiting = redrive(failed, from_failed=True)
    if waiting.state != "completed":
        drain()
        waiting.refresh_from_db()

    assert Execution.objects.get(pk=other.id).state == "completed"
    assert waiting.state == "completed"
    assert [is_new for _, _, is_new in items(waiting)] == [False, True, False, True, False]
    types = list(Event.objects.filter(execution_id=waiting.pk).order_by("pk").values_list("type", flat=True))
    assert types[:2] == ["workflow.waiting", "workflow.started"]


def test_a_redrive_is_told_as_a_start(define, run, redrive):
    again = redrive(run(define(breaks("b"))), from_failed=True)

    first = Event.objects.filter(execution_id=again.pk).earliest("pk")
    assert (first.type, first.data["source"]) == ("workflow.started", "redrive")


def test_the_new_one_belongs_to_the_same_fire_time_and_is_as_deep(define, redrive, drain):
    cause = Start(workflow=define(breaks("b")), source="manual", input={"divisor": 0}, fire_at=NOON, depth=3)
    failed = Execution.objects.get(pk=start(cause, now=clock.now()).id)
    drain()

    again = redrive(failed)

    assert (again.fire_at, again.schedule_id, again.depth) == (NOON, None, 3)
