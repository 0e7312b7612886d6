"""What the console asks before it starts a workflow."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from executions.admin.dialogs import begun
from executions.models import DEFAULT_PRIORITY
from organizations.json_field import Json
from organizations.scoped_admin import as_uuid
from organizations.theme import DialogForm
from workflows.models import Workflow
from workflows.services import definition_of


class StartForm(DialogForm):
    """The input of an execution, and how urgent it is."""

    input = Json(required=False, rows=8, label="Input", help_text="JSON; what is left out has its default.")
    priority = forms.IntegerField(
        min_value=0,
        max_value=9,
        initial=DEFAULT_PRIORITY,
        help_text="0 to 9; 9 is claimed first.",
        widget=UnfoldAdminIntegerFieldWidget,
    )

    def __init__(self, request: HttpRequest, object_id: str | None = None, **options: Any) -> None:
        super().__init__(request, object_id, **options)  # type: ignore[arg-type]
        wanted = as_uuid(object_id or "")
        if wanted is None:
            raise Http404
        self.fields["input"].initial = _defaults(wanted)


def _defaults(workflow_id: UUID) -> dict[str, Any]:
    """Return an input to begin with."""
    version_id = Workflow.objects.values_list("current_version_id", flat=True).filter(pk=workflow_id).first()
    if version_id is None:
        return {}
    return begun(definition_of(version_id).inputs)
