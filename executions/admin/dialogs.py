"""What the console asks before it acts on executions."""

from typing import Any

from django.http import HttpRequest

from executions.models import DeadLetter, Execution
from organizations.json_field import Json
from organizations.theme import DialogForm, Line


class RedriveForm(DialogForm):
    """Start a failed execution again, with its input or another one."""

    input = Json(
        required=False, rows=8, label="Input", help_text="JSON; the input of the failed execution as it was."
    )

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        self.fields["input"].initial = self.old_input(object_id or "")

    def old_input(self, object_id: str) -> Any:
        """Return what the execution was started with."""
        return Execution.objects.values_list("input", flat=True).filter(pk=object_id).first()


class RedriveLetterForm(RedriveForm):
    """The same, for the execution of a dead letter."""

    def old_input(self, object_id: str) -> Any:
        """Return what the execution was started with."""
        letters = DeadLetter.objects.values_list("execution__input", flat=True)
        return letters.filter(pk=object_id).first()


class DiscardForm(DialogForm):
    """Close a dead letter with a note."""

    note = Line(required=False, max_length=500, label="Note", help_text="Why nothing more is to be done.")
