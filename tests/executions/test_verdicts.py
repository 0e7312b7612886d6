"""What becomes of a step run when an attempt has ended: the whole table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from executions.queries import Claim, Settled
from executions.rules.outcomes import (
    TOO_LATE,
    Cancelled,
    Completed,
    Deferred,
    Expanded,
    Failed,
    Lost,
    Outcome,
    Released,
    Skipped,
    TooLate,
    Waiting,
)
from executions.rules.verdicts import CRASH_DELAY, MAX_CRASHES, Record, Rules, judge
from workflows.definition import Retry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SECOND = timedelta(seconds=1)
TWICE = Retry(max_attempts=2, initial="10s", jitter="none")
HELD = Claim(
    id=UUID(int=1),
    step="a",
    item_index=-1,
    queue="default",
    attempt=3,
    failures=0,
    crashes=0,
    worker="w:1",
    created_at=NOON - timedelta(minutes=1),
    started_at=NOON,
    resume_at=None,
    item_json=None,
    kept_json=None,
    execution_id=UUID(int=2),
    organization_id=UUID(int=3),
    workflow_id=UUID(int=4),
    version_id=UUID(int=5),
    source="manual",
    schedule_id=None,
    fire_at=None,
    priority=5,
    execution_queue="default",
    execution_created_at=NOON,
    start_by=None,
    ends_as="",
    input_json="{}",
)
FAILED = Failed(error="no route", error_class="OSError", traceback="File …")
TIMED_OUT = replace(FAILED, timed_out=True)
RECORD = Record("failed", "no route", "File …")
HANDED_BACK = Record("released", "handed back by a worker that was stopping")
SILENT = Record("lost", "worker w:1 fell silent")
POISON = f"its worker died {MAX_CRASHES} times while running it; it is not tried again by itself"


def judged(outcome: Outcome, policy: Retry = TWICE, **changes: Any) -> tuple[Settled, Record | None]:
    return judge(replace(HELD, **changes), outcome, rules=Rules(retry=policy), now=NOON, jitter=lambda: 0.5)


def ready(at: datetime, **changes: Any) -> Settled:
    return Settled(state="ready", available_at=at, **changes)


def waiting(at: datetime | None, *, waits_for: str = "retry", **changes: Any) -> Settled:
    return Settled(state="waiting", available_at=at, waits_for=waits_for, **changes)


@pytest.mark.parametrize(
    ("outcome", "changes", "settled", "record"),
    [
        (Completed({"n": 1}), {}, Settled(state="completed", output={"n": 1}), None),
        (Completed(), {}, Settled(state="completed"), None),
        (Skipped(), {}, Settled(state="skipped"), None),
        (Cancelled(), {}, Settled(state="cancelled"), None),
        (Waiting(LATER), {}, waiting(LATER, waits_for="time", resume_at=LATER), None),
        (
            Waiting(None, "event", "x", kept=1),
            {},
            waiting(None, waits_for="event", waits_key="x", output=1),
            None,
        ),
        (
            Deferred(LATER, waits_key="http:x"),
            {},
            waiting(LATER, waits_for="circuit", waits_key="http:x"),
            None,
        ),
        (Deferred(LATER), {"kept_json": "[1]"}, waiting(LATER, waits_for="circuit", output=[1]), None),
        (Expanded([1, 2]), {}, waiting(None, waits_for="items"), None),
        (TooLate(), {}, Settled(state="cancelled", error=TOO_LATE), None),
        (Released(), {}, ready(NOON), HANDED_BACK),
        (Released(), {"resume_at": LATER}, ready(NOON, resume_at=LATER), HANDED_BACK),
        (Lost(), {}, ready(NOON, crashes=1), SILENT),
        (Lost(), {"resume_at": LATER}, ready(NOON, crashes=1, resume_at=LATER), SILENT),
        (Lost(), {"crashes": 1}, waiting(NOON + CRASH_DELAY, crashes=2), SILENT),
        (
            Lost(),
            {"crashes": MAX_CRASHES - 1},
            Settled(state="failed", error=POISON, crashes=MAX_CRASHES),
            SILENT,
        ),
        (FAILED, {}, waiting(NOON + 10 * SECOND, failures=1, error="no route"), RECORD),
        (FAILED, {"failures": 1}, Settled(state="failed", failures=2, error="no route"), RECORD),
        (
            TIMED_OUT,
            {"failures": 1},
            Settled(state="timed_out", failures=2, error="no route"),
            replace(RECORD, outcome="timed_out"),
        ),
        (
            TIMED_OUT,
            {},
            waiting(NOON + 10 * SECOND, failures=1, error="no route"),
            replace(RECORD, outcome="timed_out"),
        ),
        (
            replace(FAILED, retry_after=30 * SECOND),
            {},
            waiting(NOON + 30 * SECOND, failures=1, error="no route"),
            RECORD,
        ),
        (
            replace(FAILED, retry_in=3 * SECOND),
            {},
            waiting(NOON + 10 * SECOND, failures=1, error="no route"),
            RECORD,
        ),
        (
            replace(FAILED, retry_in=40 * SECOND),
            {},
            waiting(NOON + 40 * SECOND, failures=1, error="no route"),
            RECORD,
        ),
        (
            replace(FAILED, is_final=True),
            {},
            Settled(state="failed", failures=1, error="no route"),
            RECORD,
        ),
    ],
)
def test_an_outcome_has_one_consequence(
    outcome: Outcome, changes: dict[str, Any], settled: Settled, record: Record | None
) -> None:
    assert judged(outcome, **changes) == (settled, record)


@pytest.mark.parametrize(
    "outcome",
    [Completed(1), Skipped(), Cancelled(), Waiting(LATER), Released(), Lost(), FAILED, TIMED_OUT],
    ids=lambda outcome: type(outcome).__name__,
)
def test_what_has_been_counted_is_never_forgotten(outcome: Outcome) -> None:
    settled, _ = judged(outcome, policy=Retry(max_attempts=99), failures=5, crashes=1)

    assert settled.failures == 5 + isinstance(outcome, Failed)
    assert settled.crashes == 1 + isinstance(outcome, Lost)


@pytest.mark.parametrize(
    "outcome",
    [Completed(1), Skipped(), Cancelled(), Waiting(LATER), Released(), Lost(), FAILED, TIMED_OUT],
    ids=lambda outcome: type(outcome).__name__,
)
@pytest.mark.parametrize("failures", [0, 1])
@pytest.mark.parametrize("crashes", [0, MAX_CRASHES - 1])
def test_a_step_run_is_available_again_exactly_when_it_goes_on(
    outcome: Outcome, failures: int, crashes: int
) -> None:
    settled, _ = judged(outcome, failures=failures, crashes=crashes)

    assert (settled.available_at is not None) == (settled.state in {"ready", "waiting"})


def test_crashes_are_no_failures_and_leave_the_policys_attempts_alone() -> None:
    settled, _ = judged(FAILED, crashes=MAX_CRASHES - 1)

    assert (settled.state, settled.failures, settled.crashes) == ("waiting", 1, MAX_CRASHES - 1)


def test_the_policy_has_the_last_word_on_a_status() -> None:
    refused = replace(FAILED, status=404)
    policy = Retry(max_attempts=9, never_on=["4xx"])

    settled, record = judged(refused, policy)

    assert (settled.state, record) == ("failed", RECORD)


def test_jitter_shortens_the_wait() -> None:
    policy = Retry(max_attempts=2, initial="10s", jitter="full")

    assert judged(FAILED, policy)[0].available_at == NOON + 5 * SECOND


INTERRUPTED = replace(TIMED_OUT, was_interrupted=True)


@pytest.mark.parametrize("outcome", [INTERRUPTED, Lost(), Released()], ids=lambda o: type(o).__name__)
def test_an_interrupted_attempt_of_a_step_that_runs_once_at_most_is_never_repeated(outcome: Outcome) -> None:
    rules = Rules(retry=Retry(max_attempts=99), at_most_once=True)

    settled, record = judge(HELD, outcome, rules=rules, now=NOON, jitter=lambda: 0.5)

    assert (settled.state, settled.available_at) == ("ambiguous", None)
    assert record is not None


@pytest.mark.parametrize("outcome", [FAILED, Released(was_interrupted=False)], ids=lambda o: type(o).__name__)
def test_a_step_that_runs_once_at_most_is_tried_again_where_nothing_is_in_doubt(outcome: Outcome) -> None:
    settled, _ = judge(
        HELD, outcome, rules=Rules(retry=TWICE, at_most_once=True), now=NOON, jitter=lambda: 0.5
    )

    assert settled.state in {"ready", "waiting"}
