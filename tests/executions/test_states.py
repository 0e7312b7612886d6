"""The two life cycles, from their tables."""

from itertools import product

import pytest
from django.db import IntegrityError, transaction

from executions.models import Execution, Source, StepRun
from executions.services import Start, start
from executions.states import (
    EXECUTION_FINAL,
    EXECUTION_MOVES,
    STEP_FINAL,
    STEP_MOVES,
    ExecutionState,
    StepState,
)
from tests.conftest import MakeWorkflow
from tests.executions.test_start import NOON


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(EXECUTION_MOVES) == set(ExecutionState)
    assert set(STEP_MOVES) == set(StepState)


@pytest.mark.parametrize(("before", "to"), [*product(ExecutionState, ExecutionState)])
def test_a_final_execution_never_moves(before: ExecutionState, to: ExecutionState) -> None:
    assert (to in EXECUTION_MOVES[before]) <= (before not in EXECUTION_FINAL)


@pytest.mark.parametrize(("before", "to"), [*product(StepState, StepState)])
def test_a_final_step_run_never_moves(before: StepState, to: StepState) -> None:
    assert (to in STEP_MOVES[before]) <= (before not in STEP_FINAL)


@pytest.mark.parametrize("state", EXECUTION_FINAL)
def test_the_database_refuses_a_final_execution_without_an_end(
    make_workflow: MakeWorkflow, state: str
) -> None:
    start(Start(workflow=make_workflow(), source=Source.MANUAL), now=NOON)

    with pytest.raises(IntegrityError, match="execution_final_iff_finished"), transaction.atomic():
        Execution.objects.update(state=state)


def test_the_database_refuses_a_running_step_without_a_lease(make_workflow: MakeWorkflow) -> None:
    start(Start(workflow=make_workflow(), source=Source.MANUAL), now=NOON)

    with pytest.raises(IntegrityError, match="step_run_leased_iff_running"), transaction.atomic():
        StepRun.objects.update(state=StepState.RUNNING)
