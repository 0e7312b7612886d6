"""Outputs as the database keeps them: JSON of at most 1 MB, in UTF-8 and without needless spaces."""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from executions.models import Execution, StepRun
from executions.models.step_run import WHOLE
from executions.rules.outcomes import Completed, Failed, Outcome
from executions.states import ExecutionState
from workflows.definition import OUTPUT, Definition
from workflows.plain import check_plain
from workflows.services import definition_of

MAX_BYTES = 1_000_000


def storable(outcome: Outcome) -> Outcome:
    """Return `outcome` with its output as plain JSON, or a failure that says why it cannot be kept.

    Dates, times, decimals and UUIDs become text.
    """
    if not isinstance(outcome, Completed) or outcome.output is None:
        return outcome
    try:
        return Completed(_plain(outcome.output))
    except (TypeError, ValueError, RecursionError) as error:
        return Failed(error=f"the output cannot be kept: {error}", error_class="InvalidOutput", is_final=True)


def _plain(output: Any) -> Any:
    text = json.dumps(
        output, cls=DjangoJSONEncoder, allow_nan=False, ensure_ascii=False, separators=(",", ":")
    )
    size = len(text.encode(errors="surrogatepass"))  # half a pair is refused below, with a reason
    if size > MAX_BYTES:
        raise ValueError(f"it has {size:,} bytes of JSON; at most {MAX_BYTES:,} are allowed")
    plain = json.loads(text)
    check_plain(plain, max_text=MAX_BYTES)
    return plain


def of_execution(execution: Execution) -> Any:
    """Return what an execution has given, null unless it has completed."""
    step_id = giving_step(definition_of(execution.version_id))
    if execution.state != ExecutionState.COMPLETED or step_id is None:
        return None
    rows = StepRun.objects.filter(execution=execution.pk, step=step_id, item_index=WHOLE)
    return rows.values_list("output", flat=True).first()


def giving_step(definition: Definition) -> str | None:
    """Return the step whose output is that of the execution: what `output` makes, or the only one none needs."""
    if definition.output is not None:
        return OUTPUT
    needed = {need for step in definition.steps for need in step.needs}
    last = [step.id for step in definition.steps if step.id not in needed]
    return last[0] if len(last) == 1 else None
