"""What the console asks before it acts on executions."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from executions.models import DeadLetter, Execution, StepRun
from executions.steps.approval import asked_in
from executions.waiting.approvals import MAX_NOTE
from organizations.display import pretty
from organizations.json_field import Json
from organizations.scoped_admin import as_uuid
from organizations.theme import DialogForm, Line


class RedriveForm(DialogForm):
    """Start a failed execution again, with its input or another one."""

    input = Json(
        required=False, rows=8, label="Input", help_text="JSON; the input of the failed execution as it was."
    )

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        wanted = as_uuid(object_id or "")
        if wanted is None:
            raise Http404
        self.fields["input"].initial = self.old_input(wanted)

    def old_input(self, object_id: UUID) -> Any:
        """Return what the execution was started with."""
        return Execution.objects.values_list("input", flat=True).filter(pk=object_id).first()


class RedriveLetterForm(RedriveForm):
    """The same, for the execution of a dead letter."""

    def old_input(self, object_id: UUID) -> Any:
        """Return what the execution was started with."""
        letters = DeadLetter.objects.values_list("execution__input", flat=True)
        return letters.filter(pk=object_id).first()


class DiscardForm(DialogForm):
    """Close a dead letter with a note."""

    note = Line(required=False, max_length=500, label="Note", help_text="Why nothing more is to be done.")


class DecisionForm(DialogForm):
    """What a person says beside yes or no, below what is asked."""

    form_before_template = "executions/asked.html"
    note = Line(required=False, max_length=MAX_NOTE, label="Note")
    form = Json(required=False, rows=6, label="Form", help_text="JSON; must fit the schema above.")

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        rows = StepRun.objects.values_list("output", flat=True)
        asked_id = as_uuid(object_id or "")
        self.asked: dict[str, Any] = (rows.filter(pk=asked_id).first() if asked_id else None) or {}
        if not self.schema:
            del self.fields["form"]

    @property
    def schema(self) -> dict[str, Any]:
        """The schema of what is to be filled in."""
        return self.asked.get("form") or {}

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        """Return what the dialog shows above its fields."""
        del request, object_id
        schema = pretty(self.schema) if self.schema else ""
        return {"message": asked_in(self.asked), "schema": schema}


class ApproveForm(DecisionForm):
    """The same, begun with the defaults; a rejection may leave the form empty."""

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)
        if self.schema:
            self.fields["form"].initial = begun(self.schema)


def begun(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a value to begin with: the defaults of the schema, and null for what is required."""
    required = dict.fromkeys(schema.get("required", ()))
    properties = schema.get("properties", {}).items()
    given = {
        name: part["default"] for name, part in properties if isinstance(part, dict) and "default" in part
    }
    return {**required, **given}
