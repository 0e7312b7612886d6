"""`set`: compute values from expressions."""

from executions.rules.outcomes import Completed, Outcome
from executions.steps.call import Call
from workflows.definition import SetStep


def run(step: SetStep, call: Call) -> Outcome:
    """Return the rendered `values`."""
    return Completed(step.render(call.variables)["values"])
