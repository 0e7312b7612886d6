"""The page of an execution that waits for a person shows at once where the person answers."""

import pytest
from django.test import Client

from executions.models import StepRun
from tests.console.test_approvals import asked

__all__ = ["asked"]


@pytest.mark.parametrize(("waits_for", "is_open"), [("approval", True), ("event", False)])
def test_a_row_is_open_while_it_asks(asked: StepRun, root: Client, waits_for: str, is_open: bool) -> None:
    StepRun.objects.filter(pk=asked.pk).update(waits_for=waits_for)

    page = root.get(f"/admin/executions/execution/{asked.execution_id}/change/").content.decode()

    assert ("<details open>" in page) is is_open
