"""The form of a workflow: its definition as YAML."""

from typing import Any, ClassVar

from organizations.service_form import ServiceForm
from organizations.theme import Code, Line, paragraph
from workflows import services
from workflows.errors import ArchivedWorkflow, DuplicateWorkflow, InvalidDefinition
from workflows.models import NAME, Workflow, WorkflowVersion
from workflows.services import definition_of
from workflows.steps import KINDS
from workflows.writing import as_written

EXAMPLE = """\
inputs:
  properties:
    name: {type: string, default: world}
steps:
  - id: greet
    kind: set
    values:
      text: ${{ "Hello, " + input.name }}
"""


class WorkflowForm(ServiceForm):
    """A workflow, and the definition of its next version."""

    invalid = (InvalidDefinition,)
    refusals = (ArchivedWorkflow, DuplicateWorkflow)

    definition = Code(
        rows=24,
        strip=False,
        initial=EXAMPLE,
        help_text="YAML or JSON: <code>inputs</code> (JSON Schema) and <code>steps</code> of kind "
        f"{', '.join(KINDS)}. A changed definition becomes the next version; running executions keep theirs.",
    )
    note = Line(required=False, max_length=500, label="Note", help_text="Why this version; optional.")

    class Meta:
        model = Workflow
        fields: ClassVar = ("organization", "name", "description")
        widgets: ClassVar = {"description": paragraph()}

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "name" in self.fields:  # it cannot be changed later
            self.fields["name"].help_text = NAME.message
            self.fields["name"].validators.append(NAME)
        if self.instance.current_version_id is not None:
            self.initial["definition"] = as_text(self.instance.current_version)

    def field_of(self, path: str) -> str | None:
        """Return the definition: every problem is in it."""
        del path
        return "definition"

    def write(self) -> Workflow:
        """Create the workflow, or change it."""
        data = self.cleaned_data
        written = {name: data[name] for name in ("definition", "description", "note")}
        if self.is_new:
            return services.create(data["organization"], name=data["name"], by=self.by, **written)
        return services.change(self.instance, by=self.by, **written)


def as_text(version: WorkflowVersion) -> str:
    """Return the definition as its author would write it: YAML, without what is default anyway."""
    return as_written(definition_of(version.pk))
