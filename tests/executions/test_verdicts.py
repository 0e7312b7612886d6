"""What becomes of a step run when an attempt has ended: the whole table."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from executions.outcomes import Cancelled, Completed, Failed, Lost, Outcome, Released, Skipped, Waiting
from executions.queries import Claim, Settled
from executions.verdicts import CRASH_DELAY, MAX_CRASHES, Record, judge
from workflows.definition import Retry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
SECOND = timedelta(seconds=1)
TWICE = Retry(max_attempts=2, initial="10s", jitter="none")
HELD = Claim(
    id=UUID(int=1),
    step="a",
    queue="default",
    attempt=3,
    failures=0,
    crashes=0,
    worker="w:1",
    created_at=NOON - timedelta(minutes=1),
    started_at=NOON,
    resume_at=None,
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
    input_json="{}",
)
FAILED = Failed(error="no route", error_class="OSError", traceback="File …")
TIMED_OUT = replace(FAILED, timed_out=True)
RECORD = Record("failed", "no route", "File …")
HANDED_BACK = Record("released", "handed back by a worker that was stopping")
SILENT = Record("lost", "worker w:1 fell silent")
POISON = f"its worker died {MAX_CRASHES} times while running it; it is not tried again by itself"


def judged(outcome: Outcome, policy: Retry = TWICE, **changes: Any) -> tuple[Settled, Record | None]:
    return judge(replace(HELD, **changes), outcome, policy=policy, now=NOON, jitter=lambda: 0.5)


def ready(at: datetime, **changes: Any) -> Settled:
    return Settled(state="ready", available_at=at, **changes)


@pytest.mark.parametrize(
    ("outcome", "changes", "settled", "record"),
    [
        (Completed({"n": 1}), {}, Settled(state="completed", output={"n": 1}), None),
        (Completed(), {}, Settled(state="completed"), None),
        (Skipped(), {}, Settled(state="skipped"), None),
        (Cancelled(), {}, Settled(state="cancelled"), None),
        (Waiting(LATER), {}, ready(LATER, resume_at=LATER), None),
        (Released(), {}, ready(NOON), HANDED_BACK),
        (Released(), {"resume_at": LATER}, ready(NOON, resume_at=LATER), HANDED_BACK),
        (Lost(), {}, ready(NOON, crashes=1), SILENT),
        (Lost(), {"resume_at": LATER}, ready(NOON, crashes=1, resume_at=LATER), SILENT),
        (Lost(), {"crashes": 1}, ready(NOON + CRASH_DELAY, crashes=2), SILENT),
        (
            Lost(),
            {"crashes": MAX_CRASHES - 1},
            Settled(state="failed", error=POISON, crashes=MAX_CRASHES),
            SILENT,
        ),
        (FAILED, {}, ready(NOON + 10 * SECOND, failures=1, error="no route"), RECORD),
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
            ready(NOON + 10 * SECOND, failures=1, error="no route"),
            replace(RECORD, outcome="timed_out"),
        ),
        (
            replace(FAILED, retry_after=30 * SECOND),
            {},
            ready(NOON + 30 * SECOND, failures=1, error="no route"),
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
def test_a_step_run_is_available_again_exactly_when_it_is_ready(
    outcome: Outcome, failures: int, crashes: int
) -> None:
    settled, _ = judged(outcome, failures=failures, crashes=crashes)

    assert (settled.available_at is not None) == (settled.state == "ready")


def test_crashes_are_no_failures_and_leave_the_policys_attempts_alone() -> None:
    settled, _ = judged(FAILED, crashes=MAX_CRASHES - 1)

    assert (settled.state, settled.failures, settled.crashes) == ("ready", 1, MAX_CRASHES - 1)


def test_the_policy_has_the_last_word_on_a_status() -> None:
    refused = replace(FAILED, status=404)
    policy = Retry(max_attempts=9, never_on=["4xx"])

    settled, record = judged(refused, policy)

    assert (settled.state, record) == ("failed", RECORD)


def test_jitter_shortens_the_wait() -> None:
    policy = Retry(max_attempts=2, initial="10s", jitter="full")

    assert judged(FAILED, policy)[0].available_at == NOON + 5 * SECOND
