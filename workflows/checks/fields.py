"""Fields that go together, or do not."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from events.reserved import reserved_prefix
from workflows.checks.places import Place, places
from workflows.duration import format_duration
from workflows.errors import Problem, dotted
from workflows.inputs import schema_problems
from workflows.sections import Section
from workflows.steps import ApprovalStep, BaseStep
from workflows.steps.http import HttpBody
from workflows.steps.task import TaskBody
from workflows.steps.wait import WaitBody

if TYPE_CHECKING:
    from workflows.definition import Definition


def field_problems(definition: "Definition") -> Iterator[Problem]:
    """Yield what is wrong with fields that are right each on its own."""
    for place in places(definition):
        for name, message in _faults(place):
            yield Problem(path=dotted((*place.path, name)), message=message)
        if isinstance(place.body, ApprovalStep):
            yield from schema_problems(place.body.form, start=dotted((*place.path, "form")))


def _faults(place: Place) -> Iterator[tuple[str, str]]:
    body = place.body
    if body.soft_timeout is not None and body.soft_timeout >= body.timeout:
        yield "soft_timeout", f"must be shorter than `timeout`, which is {format_duration(body.timeout)}"
    if body.circuit_breaker and not isinstance(body, HttpBody | TaskBody):
        yield (
            "circuit_breaker",
            "goes with http and task steps; the others call nobody by themselves",
        )
    if isinstance(body, WaitBody) and body.event and (prefix := reserved_prefix(body.event.type)):
        yield "event.type", f"types that begin with {prefix} are Horarium's own and end no wait"
    if isinstance(body, BaseStep):
        yield from _step_faults(body, place.section)


def _step_faults(body: BaseStep, section: Section) -> Iterator[tuple[str, str]]:
    if body.for_each is None and body.max_parallel is not None:
        yield "max_parallel", "goes with `for_each`; without it there are no items"
    if body.for_each is None and body.fail_when != "first_item":
        yield "fail_when", "goes with `for_each`; without it there are no items"
    if body.compensate is not None and section is not Section.MAIN:
        yield "compensate", "only steps of `steps` are undone; these run when that is over"
