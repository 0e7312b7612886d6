"""`workflow`: start another workflow of the organization and wait for its end, without holding a worker."""

from typing import Any

from executions import services
from executions.errors import ExecutionError, NotStartable
from executions.models import Execution, Source
from executions.queries.families import depth
from executions.rules.outcomes import Failed, Outcome, Waiting
from executions.services import Start
from executions.steps.call import Call
from executions.waiting.children import child_of, key_of
from workflows.definition import WorkflowStep
from workflows.errors import Invalid
from workflows.models import Workflow

MAX_DEPTH = 10  # executions that wait one for the other; a workflow that starts itself would never end

WAIT = Waiting(None, waits_for="execution")


def run(step: WorkflowStep, call: Call) -> Outcome:
    """Start the child, once for each attempt that counts. Output: that of the child.

    A repeat after a crash finds the child that the first one has started.
    """
    if child_of(call.step_run_id, failures=call.failures, organization_id=call.organization_id):
        return WAIT
    if depth(call.execution_id, most=MAX_DEPTH) >= MAX_DEPTH:
        return _refused(f"workflows are nested {MAX_DEPTH} deep already; does one start itself?", "TooDeep")
    known = Workflow.objects.filter(organization_id=call.organization_id, name=step.workflow)
    workflow = known.select_related("organization").first()
    if workflow is None:
        return _refused(f"there is no workflow {step.workflow!r} in the organization", "NoSuchWorkflow")
    return _start(step, call, workflow, input_=step.render(call.variables)["input"])


def _start(step: WorkflowStep, call: Call, workflow: Workflow, *, input_: Any) -> Outcome:
    parent = Execution.objects.only("priority", "queue", "depth").get(pk=call.execution_id)
    cause = Start(
        workflow=workflow,
        source=Source.PARENT,
        input=input_,
        idempotency_key=key_of(call.step_run_id, call.failures),
        priority=parent.priority if step.priority is None else step.priority,
        queue=parent.queue,
        by=f"step {step.id}",
        parent_step_id=call.step_run_id,
        depth=parent.depth,
    )
    try:
        services.start(cause, now=call.now)
    except Invalid as error:  # its messages may quote the values, its paths do not
        paths = ", ".join(dict.fromkeys(problem["path"] for problem in error.errors))
        remedy = " must fit its inputs" if paths.startswith("input") else ""
        reason = f"workflow {step.workflow!r} cannot be started so: {paths}{remedy}"
        return _refused(reason, type(error).__name__)
    except NotStartable as error:
        return _refused(str(error), "NotStartable")
    except ExecutionError as error:
        return Failed(error=str(error), error_class=type(error).__name__)
    return WAIT


def _refused(error: str, error_class: str) -> Failed:
    return Failed(error=error, error_class=error_class, is_final=True)
