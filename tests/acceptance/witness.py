"""What attempts did, by the file that they wrote, held against what the database says of them."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from uuid import UUID

from executions.models import WHOLE, Attempt, Execution, StepRun
from executions.states import EXECUTION_FINAL, STEP_FINAL
from tests.acceptance.effects import Attempted, Line, read
from workflows.definition import Definition
from workflows.services import definition_of

INTERRUPTED = frozenset({"lost", "released", "timed_out"})  # attempts of which nobody knows how far they came


def check(path: Path, *, started: Collection[UUID]) -> None:
    """Fail with every disagreement between the file and the database, once all has ended.

    Every step run of kind `task` must be one of `acceptance.effect` that writes to `path`.

    Args:
        started: executions of which a start was answered.
    """
    problems = [*lost(started), *stuck(), *not_undone(), *disagreements(read(path))]
    assert not problems, "\n".join(problems)


def lost(started: Collection[UUID]) -> Iterator[str]:
    """Yield executions that were recorded and are gone."""
    for missing in set(started) - set(Execution.objects.values_list("id", flat=True)):
        yield f"execution {missing} was started and is gone"


def stuck() -> Iterator[str]:
    """Yield what has not ended."""
    for execution in Execution.objects.exclude(state__in=EXECUTION_FINAL):
        yield f"execution {execution.pk} is {execution.state}"
    for row in StepRun.objects.exclude(state__in=STEP_FINAL):
        yield f"{_name(row)} is {row.state} {row.waits_for}"


def not_undone() -> Iterator[str]:
    """Yield completed steps of failed executions that were to be compensated and were not."""
    rows = StepRun.objects.filter(execution__state="failed", state="completed", item_index=WHOLE)
    names = set(StepRun.objects.values_list("execution_id", "step"))
    for row in rows.select_related("execution"):
        step = definition_of(row.execution.version_id).step(row.step)
        undoing = f"{row.step}.compensate"
        if step.compensate is not None and (row.execution_id, undoing) not in names:
            yield f"{_name(row)} was never compensated"


def disagreements(lines: Sequence[Line]) -> Iterator[str]:
    """Yield what the file says and the database does not, or the other way around."""
    left = Counter(lines)
    outcomes = {(one.step_run_id, one.number): one.outcome for one in Attempt.objects.all()}
    for row in StepRun.objects.filter(kind="task").select_related("execution"):
        definition = definition_of(row.execution.version_id)
        own = {line: left.pop(line) for line in list(left) if _is_of(row, line.by)}
        for problem in _problems(row, own, outcomes, definition):
            yield f"{_name(row)} ({row.state}, attempt {row.attempt}): {problem}"
    for line in left:
        yield f"nobody's: {line}"


def _is_of(row: StepRun, by: Attempted) -> bool:
    return by[:3] == (str(row.execution_id), row.step, row.item_index)


def _problems(
    row: StepRun,
    own: Mapping[Line, int],
    outcomes: Mapping[tuple[UUID, int], str],
    definition: Definition,
) -> Iterator[str]:
    begun = {line.by.attempt: times for line, times in own.items() if line.what == "begin"}
    ended = {line.by.attempt: times for line, times in own.items() if line.what == "end"}
    step = definition.step(row.step)
    is_list = row.item_index == WHOLE and step.for_each is not None
    yield from (
        f"attempt {number} wrote twice" for number, times in (*begun.items(), *ended.items()) if times > 1
    )
    yield from (f"attempt {number} ended without having begun" for number in ended.keys() - begun.keys())
    yield from (f"attempt {number} was never claimed" for number in begun if number > row.attempt)
    if row.state == "completed" and not is_list and row.attempt not in ended:
        yield "completed without its effect"
    if step.delivery == "at_most_once" and len(begun) > 1:
        yield f"at_most_once, and begun {len(begun)} times"
    for number in begun:
        yield from _unaccounted(row, number, outcomes.get((row.pk, number)), had_effect=number in ended)


def _unaccounted(row: StepRun, number: int, outcome: str | None, *, had_effect: bool) -> Iterator[str]:
    """Yield what is wrong with an attempt that neither completed its step nor was interrupted."""
    # An attempt that succeeds, or is cancelled, leaves no row: its step run has ended with it.
    if outcome is None and not (number == row.attempt and row.state in {"completed", "cancelled"}):
        yield f"attempt {number} began and is accounted nowhere"
    if outcome is not None and had_effect and outcome not in INTERRUPTED:
        yield f"attempt {number} had its effect and is recorded as {outcome}"


def _name(row: StepRun) -> str:
    return f"{row.execution_id} {row.step} {row.item_index}"
