"""Steps: a body of some kind, and its place in the graph.

A new kind is one file with its body, one class here, and one row in `Step` (and in `Compensation`, where it can
undo something).
"""

from functools import cached_property
from typing import Annotated, Any, Literal, TypeAlias, get_args

from pydantic import BeforeValidator, Field

from workflows.expressions import Expression, References, compile_expression
from workflows.steps.approval import ApprovalBody
from workflows.steps.body import Body
from workflows.steps.http import HttpBody
from workflows.steps.remote_task import RemoteTaskBody
from workflows.steps.task import TaskBody
from workflows.steps.values import SetBody
from workflows.steps.wait import WaitBody
from workflows.steps.workflow import WorkflowBody
from workflows.templates import OPENING, Template, compile_template

ID_PATTERN = r"^[a-z][a-z0-9_]{0,62}$"
MAX_ITEMS = 10_000  # of one `for_each`; each is a step run
COMPENSATE = "compensate"  # the field, and what the ids of its step runs end in

Compensation: TypeAlias = Annotated[
    TaskBody | RemoteTaskBody | HttpBody | SetBody | WorkflowBody, Field(discriminator="kind")
]


def _list_or_expression(value: Any) -> Any:
    if isinstance(value, list) and len(value) > MAX_ITEMS:
        raise ValueError(f"holds {len(value):,} items; {MAX_ITEMS:,} at most")
    if value is None or isinstance(value, list) or str(value).lstrip().startswith(OPENING):
        return value
    raise ValueError("write a list, or one expression that gives a list, such as ${{ input.orders }}")


class BaseStep(Body):
    """What every step has, whatever its kind."""

    id: str = Field(pattern=ID_PATTERN)
    needs: list[Annotated[str, Field(max_length=63)]] = Field(default=[], max_length=100)
    """Steps that must have completed before this one starts."""
    condition: str | None = Field(default=None, alias="if")
    """An expression; where it is false the step is skipped, and so is what needs it."""
    for_each: Annotated[
        str | Annotated[list[Any], Field(max_length=MAX_ITEMS)] | None, BeforeValidator(_list_or_expression)
    ] = None
    """A list, or an expression that gives one: the step runs once for each, as `item` and `index`."""
    max_parallel: int | None = Field(default=None, ge=1, le=1_000)
    """How many items run at once; all unless given."""
    fail_when: Literal["first_item", "any_item", "every_item", "never"] = "first_item"
    """When failed items fail the step. `first_item` begins no further ones; the others let all run first."""
    compensate: Compensation | None = None
    """What undoes this step, once it has completed, when the execution fails, times out or is cancelled."""

    @cached_property
    def guard(self) -> Expression | None:
        """Return the compiled `if`.

        Raises:
            ExpressionError: it does not compile; not after `parse_definition`.
        """
        return None if self.condition is None else compile_expression(self.condition)

    @cached_property
    def items_template(self) -> Template | None:
        """Return the compiled `for_each`; it renders to the list, where the expression gives one.

        Raises:
            ExpressionError: it does not compile; not after `parse_definition`.
        """
        return None if self.for_each is None else compile_template(self.for_each)

    @cached_property
    def references(self) -> References:
        """Return all that its expressions read, `if` and `for_each` included."""
        guard = self.guard.references() if self.guard else frozenset()
        items = self.items_template.references if self.items_template else frozenset()
        return super().references | guard | items


class TaskStep(TaskBody, BaseStep):
    """A step that calls a Celery task registered in the worker. Output: what it returns."""


class RemoteTaskStep(RemoteTaskBody, BaseStep):
    """A step that sends a task to another Celery application. Output: what it returned."""


class HttpStep(HttpBody, BaseStep):
    """A step that makes one HTTP request. Output: `{"status", "headers", "body"}` of the answer."""


class WorkflowStep(WorkflowBody, BaseStep):
    """A step that runs another workflow. Output: the output of that."""


class WaitStep(WaitBody, BaseStep):
    """A step that waits for a while, until an instant, or for an event."""


class ApprovalStep(ApprovalBody, BaseStep):
    """A step that waits for a person's yes or no."""


class SetStep(SetBody, BaseStep):
    """A step that computes values. Output: `values`, filled in."""


Step: TypeAlias = Annotated[
    TaskStep | RemoteTaskStep | HttpStep | WorkflowStep | WaitStep | ApprovalStep | SetStep,
    Field(discriminator="kind"),
]


def _kinds(union: Any) -> tuple[str, ...]:
    members = get_args(get_args(union)[0])
    return tuple(get_args(member.model_fields["kind"].annotation)[0] for member in members)


KINDS = _kinds(Step)
UNDOING = _kinds(Compensation)

_STEP_OF: dict[type[Body], type[BaseStep]] = {
    TaskBody: TaskStep,
    RemoteTaskBody: RemoteTaskStep,
    HttpBody: HttpStep,
    WorkflowBody: WorkflowStep,
    SetBody: SetStep,
}


def compensation_of(step: BaseStep) -> Any:
    """Return the step that undoes `step`, whose id is `<id>.compensate`, or None where it has none."""
    body = step.compensate
    if body is None:
        return None
    fields = {name: getattr(body, name) for name in type(body).model_fields}
    # Its id is no id that an author may write, so it is not validated again.
    return _STEP_OF[type(body)].model_construct(id=f"{step.id}.{COMPENSATE}", **fields)
