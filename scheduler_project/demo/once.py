"""`--once`: what each demonstration should reach, and whether it has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from executions.models import Attempt, DeadLetter, Execution, Source
from organizations.models import Organization


@dataclass(frozen=True)
class Expectation:
    """The end that a demonstration should reach, in words and as a test of an execution."""

    workflow: str
    words: str
    is_met: Callable[[Execution], bool]


@dataclass(frozen=True)
class Seen:
    """How far a demonstration has come: the execution that met the expectation, or the newest one."""

    expectation: Expectation
    execution: Execution | None
    is_met: bool

    def reason(self) -> str:
        """Return why the expectation is not met."""
        if self.execution is None:
            return "it has not started"
        return f"its newest execution is {self.execution.state} {self.execution.error}".strip()


def _completed(execution: Execution) -> bool:
    return execution.state == "completed"


def _retried(execution: Execution) -> bool:
    failed = Attempt.objects.filter(step_run__execution=execution, outcome=Attempt.Outcome.FAILED)
    return _completed(execution) and failed.count() >= 1


def _dead(execution: Execution) -> bool:
    return execution.state == "failed" and DeadLetter.objects.filter(execution=execution).exists()


def _chained(execution: Execution) -> bool:
    return _completed(execution) and execution.source == Source.CHAIN


def _delivered(execution: Execution) -> bool:
    return _completed(execution) and execution.source == Source.WEBHOOK


EXPECTATIONS = (
    Expectation("platform-health", "completes", _completed),
    Expectation("api-digest", "fans out, joins and completes", _completed),
    Expectation("flaky-delivery", "completes after a retry", _retried),
    Expectation("doomed-import", "becomes a dead letter", _dead),
    Expectation("greeting", "completes with its input", _completed),
    Expectation("digest-delivery", "follows on api-digest", _chained),
    Expectation("digest-received", "is started by a signed delivery", _delivered),
)


def look(organization: Organization, *, since: datetime) -> list[Seen]:
    """Return how far each demonstration has come with executions created from `since` on."""
    return [_seen(organization, expectation, since=since) for expectation in EXPECTATIONS]


def _seen(organization: Organization, expectation: Expectation, *, since: datetime) -> Seen:
    rows = Execution.objects.filter(
        organization=organization, workflow__name=expectation.workflow, created_at__gte=since
    )
    newest_first = list(rows.order_by("-created_at")[:20])
    met = next((row for row in newest_first if expectation.is_met(row)), None)
    return Seen(expectation, met or next(iter(newest_first), None), met is not None)


def table(seen: Iterable[Seen]) -> str:
    """Return the summary that `--once` prints."""
    rows: list[tuple[str, ...]] = [("WORKFLOW", "SHOULD", "STATE", "STEPS", "ATTEMPTS", "SECONDS", "")]
    rows += [_row(item) for item in seen]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def _row(seen: Seen) -> tuple[str, ...]:
    execution = seen.execution
    if execution is None:
        return (seen.expectation.workflow, seen.expectation.words, "-", "", "", "", "missing")
    step_runs = list(execution.step_runs.all())
    seconds = (
        (execution.finished_at - execution.created_at).total_seconds() if execution.finished_at else None
    )
    return (
        seen.expectation.workflow,
        seen.expectation.words,
        execution.state,
        str(len(step_runs)),
        str(sum(row.attempt for row in step_runs)),
        "" if seconds is None else f"{seconds:.2f}",
        "ok" if seen.is_met else "not reached",
    )
