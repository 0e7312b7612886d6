"""The console says states and names as people do, and leads from counts to what they count."""

from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

import clock
from executions.models import StepRun
from executions.services import Start, start
from executions.states import ExecutionState
from organizations.models import Organization
from tests.console.conftest import Everything
from workflows import services as workflows

EACH = {"id": "each", "kind": "set", "for_each": "${{ [1, 2] }}", "values": {"x": "${{ item }}"}}


def test_the_overview_names_states_in_words(everything: Everything, root: Client) -> None:
    page = root.get("/admin/").content.decode()

    assert 'hz-is-timed_out">timed out <b>' in page
    assert ">timed_out" not in page


def test_the_chart_has_a_colour_for_every_state() -> None:
    style = Path(str(finders.find("console/console.css"))).read_text()

    assert [state for state in ExecutionState if f".hz-is-{state}" not in style] == []


def test_reasons_to_wait_stand_apart(everything: Everything, root: Client) -> None:
    StepRun.objects.filter(state="ready").update(state="waiting", waits_for="time")

    page = root.get("/admin/executions/queuesetting/").content.decode()

    assert "1 approval, 1 time<" in page or "1 time, 1 approval<" in page


@pytest.mark.parametrize(("model", "title"), [("queuesetting", "Queues"), ("workernode", "Workers")])
def test_a_list_has_the_name_that_leads_to_it(
    model: str, title: str, everything: Everything, root: Client
) -> None:
    page = root.get(f"/admin/executions/{model}/").content.decode()

    assert f"  {title}\n" in page  # above the list
    assert f"<span>{title}</span>" in page  # in the menu


def test_a_count_of_items_leads_to_them(
    organization: Organization, root: Client, drain: Callable[[], int]
) -> None:
    workflow = workflows.create(organization, name="list", definition={"steps": [EACH]})
    execution = start(Start(workflow=workflow, source="manual"), now=clock.now()).id
    drain()
    items = f"execution__exact={execution}&step__exact=each&item_index__gte=0&state__exact=completed"

    page = root.get(f"/admin/executions/execution/{execution}/change/").content.decode()

    assert f"/admin/executions/steprun/?{items}" in unescape(page)
    assert root.get(f"/admin/executions/steprun/?{items}").context["cl"].result_count == 2
