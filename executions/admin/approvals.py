"""The buttons with which a person answers a step that asks."""

from functools import partial
from typing import Any, ClassVar

from django.http import HttpRequest

from executions.admin.dialogs import ApproveForm, DecisionForm
from executions.errors import ExecutionError
from executions.models.step_run import WaitsFor
from executions.waiting.approvals import decide
from organizations.buttons import Button, ButtonsAdmin
from organizations.scoped_admin import ScopedAdmin
from workflows.errors import Invalid

BUTTONS = {
    "approve": Button(
        title="Approve",
        ask="The execution goes on.",
        icon="check",
        may="decide",
        form=ApproveForm,
        service=partial(decide, approved=True),
        done="Approved",
        blame="form",
        variant="primary",
    ),
    "reject": Button(
        title="Reject",
        ask="What follows is the workflow's; unless it says otherwise the execution fails.",
        icon="close",
        may="decide",
        form=DecisionForm,
        service=partial(decide, approved=False),
        done="Rejected",
        blame="form",
        variant="danger",
    ),
}


class DecidingAdmin(ButtonsAdmin, ScopedAdmin):
    """An admin of step runs on which people answer those that ask."""

    refusals = (ExecutionError, Invalid)
    buttons: ClassVar = BUTTONS
    actions_detail = ("approve", "reject")

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return whether the step asks, and this person may answer."""
        run = self.row_of(request, obj)
        is_asking = run is None or run.waits_for == WaitsFor.APPROVAL
        return is_asking and self.has_operate_permission(request, obj)
