"""What happened within one execution, step by step, as its page draws it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from executions.models import Attempt, Execution, StepRun
from workflows.definition import Definition, Step

NARROWEST = 0.6  # percent of the width; a shorter bar could not be seen


@dataclass(frozen=True, slots=True)
class Bar:
    """One attempt on the time axis; `left` and `width` are percent of the execution's length."""

    state: str
    left: float
    width: float
    title: str


@dataclass(frozen=True, slots=True)
class Row:
    """One step: its definition, its run where it has one, and the attempts that did not succeed."""

    step: Step
    section: str = "main"
    state: str = "not started"  # or the run's
    run: StepRun | None = None
    child: UUID | None = None  # the execution that it has started
    items: list[tuple[str, int]] = field(default_factory=list)  # how many are in which state
    attempts: list[Attempt] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    @property
    def length(self) -> timedelta | None:
        """Return how long the newest attempt took."""
        if self.run is None or self.run.started_at is None or self.run.finished_at is None:
            return None
        return self.run.finished_at - self.run.started_at

    @property
    def is_open(self) -> bool:
        """Return whether the page shows the details at once: something went wrong, or asks a person."""
        asks = self.run is not None and self.run.state == "waiting" and self.run.waits_for == "approval"
        return asks or self.state in {"failed", "timed_out", "ambiguous"}


def rows(execution: Execution, definition: Definition, *, now: datetime) -> list[Row]:
    """Return a row for each step of the definition, and for each other one that ran, in the order of time."""
    runs = {run.step: run for run in StepRun.objects.whole().filter(execution=execution)}
    found = _Found(_attempts(run.pk for run in runs.values()), _items(execution, runs), _children(runs))
    axis = _Axis(execution.created_at, execution.finished_at or now)
    shown = [step for step in definition.all_steps() if step.id in runs or step in definition.steps]
    return [
        _row(step, definition.section_of(step.id), runs.get(step.id), found, axis=axis, now=now)
        for step in sorted(shown, key=lambda step: _order(runs.get(step.id)))
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    attempts: dict[UUID, list[Attempt]]
    items: dict[str, list[tuple[str, int]]]
    children: dict[UUID, UUID]


def _items(execution: Execution, runs: dict[str, StepRun]) -> dict[str, list[tuple[str, int]]]:
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    if any(run.items_left is not None for run in runs.values()):
        for step, state, count in StepRun.objects.filter(execution=execution).counted_items():
            found[step].append((state, count))
    return found


def _children(runs: dict[str, StepRun]) -> dict[UUID, UUID]:
    parents = [run.pk for run in runs.values() if run.kind == "workflow"]
    if not parents:
        return {}
    started = Execution.objects.filter(parent_step_id__in=parents).order_by("pk")
    return {parent: pk for parent, pk in started.values_list("parent_step_id", "pk") if parent}


@dataclass(frozen=True, slots=True)
class _Axis:
    start: datetime
    end: datetime

    def bar(self, state: str, *, since: datetime, until: datetime, title: str) -> Bar:
        length = max(self.end - self.start, timedelta(milliseconds=1))
        left = min(max(0.0, 100 * ((since - self.start) / length)), 100 - NARROWEST)
        width = min(max(NARROWEST, 100 * ((until - since) / length)), 100 - left)
        return Bar(state, round(left, 2), round(width, 2), title)


def _order(run: StepRun | None) -> float:
    # `sorted` is stable: steps that started together, and those that have not, keep the author's order.
    return run.created_at.timestamp() if run else float("inf")


def _attempts(step_run_ids: Iterable[UUID]) -> dict[UUID, list[Attempt]]:
    found: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in Attempt.objects.filter(step_run_id__in=list(step_run_ids)).order_by("number"):
        found[attempt.step_run_id].append(attempt)
    return found


def _row(step: Step, section: str, run: StepRun | None, found: _Found, *, axis: _Axis, now: datetime) -> Row:
    if run is None:
        return Row(step, section)
    tried = found.attempts[run.pk]
    bars = [
        axis.bar(attempt.outcome, since=attempt.started_at, until=attempt.finished_at, title=str(attempt))
        for attempt in tried
        if attempt.started_at is not None
    ]
    newest = max((attempt.number for attempt in tried), default=0)
    if run.started_at is not None and run.attempt > newest:
        title = f"attempt {run.attempt}: {run.state}"
        bars.append(axis.bar(run.state, since=run.started_at, until=run.finished_at or now, title=title))
    child = found.children.get(run.pk)
    return Row(step, section, run.state, run, child, found.items[run.step], tried, bars)
