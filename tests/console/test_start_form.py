"""Starting a workflow by hand: the form, what it sends, and where it says what is wrong."""

import re
from typing import Any

import pytest
from django.test import Client

import clock
from executions.models import Execution
from executions.services import Start, start
from organizations.models import Organization
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import said
from workflows import services as workflows
from workflows.models import Workflow

ORDER = {
    "required": ["id", "lines"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "title": "Order", "description": "As the shop <b>writes</b> it"},
        "copies": {"type": "integer", "minimum": 1, "maximum": 9, "default": 2},
        "rate": {"type": "number"},
        "express": {"type": "boolean", "default": False},
        "gift": {"type": "boolean"},
        "size": {"enum": ["S", "M", 40]},
        "day": {"type": "string", "format": "date"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "note": {"type": "string", "maxLength": 2000},
        "lines": {"type": "array", "items": {"type": "object", "required": ["sku"]}},
    },
}
STEPS = [{"id": "only", "kind": "set", "values": {}}]


@pytest.fixture
def order(organization: Organization) -> Workflow:
    return workflows.create(organization, name="order", definition={"inputs": ORDER, "steps": STEPS})


def address(workflow: Workflow) -> str:
    return f"/admin/workflows/workflow/{workflow.pk}/start/"


def form_of(client: Client, where: str) -> Any:
    return client.get(where).context["form"]


def filled(form: Any, **written: str) -> dict[str, str]:
    """Return what the browser posts of a form: what stands in it, changed to what was written."""
    shown = {field.html_name: field.value() for field in form}
    texts = {name: str(value) for name, value in shown.items() if value not in {None, ""}}
    return {**texts, **{name if name in shown else f"input.{name}": text for name, text in written.items()}}


def submit(client: Client, workflow: Workflow, **written: str) -> Any:
    where = address(workflow)
    return client.post(where, filled(form_of(client, where), **written), follow=True)


def started() -> Execution:
    return Execution.objects.latest("created_at")


# What it shows


def test_the_page_of_a_workflow_leads_to_the_form(order: Workflow, login: Login) -> None:
    page = login(Role.OPERATOR).get(f"/admin/workflows/workflow/{order.pk}/change/")

    assert f'href="{address(order)}"' in page.content.decode()


def test_fields_have_the_labels_defaults_and_marks_of_the_schema(order: Workflow, root: Client) -> None:
    form = form_of(root, address(order))

    assert form["input.id"].label == "Order"
    assert form["input.copies"].value() == "2"
    required = {name for name, field in form.fields.items() if name.startswith("input.") and field.required}
    assert required == {"input.id", "input.lines"}


def test_what_is_required_comes_first(order: Workflow, root: Client) -> None:
    names = [field.html_name for field in form_of(root, address(order)).input_fields]

    assert names[:2] == ["input.id", "input.lines"]


def test_what_the_schema_says_is_shown_as_text(order: Workflow, root: Client) -> None:
    page = root.get(address(order)).content.decode()

    assert "As the shop &lt;b&gt;writes&lt;/b&gt; it." in page
    assert "<b>writes" not in page


def test_a_schema_without_properties_is_one_field(root: Client, organization: Organization) -> None:
    workflow = workflows.create(organization, name="any", definition={"steps": STEPS})

    submit(root, workflow, more='{"a": [1]}')

    assert started().input == {"a": [1]}


def test_a_workflow_without_input_asks_for_none(root: Client, organization: Organization) -> None:
    definition = {"inputs": {"additionalProperties": False}, "steps": STEPS}
    workflow = workflows.create(organization, name="none", definition=definition)

    assert "takes no input" in root.get(address(workflow)).content.decode()
    submit(root, workflow)
    assert started().input == {}


# What it sends


def test_what_is_written_becomes_json_and_what_is_empty_is_left_out(order: Workflow, login: Login) -> None:
    submit(login(Role.OPERATOR), order, id="A7", lines='[{"sku": 1}]', priority="8", queue="fast")

    execution = started()
    assert execution.input == {"id": "A7", "lines": [{"sku": 1}], "copies": 2, "express": False}
    assert (execution.source, execution.priority, execution.queue) == ("manual", 8, "fast")
    assert (execution.started_by, execution.workflow) == ("kim", order)


def test_every_kind_of_field_gives_its_type(order: Workflow, root: Client) -> None:
    written = {"copies": "3", "rate": "2.5", "express": "on", "gift": "false", "size": "40"}
    more = {"day": "2026-12-01", "tags": "a\r\n\r\n b", "note": "x\r\ny"}

    submit(root, order, id="A7", lines="[]", **written, **more)

    expected = {"copies": 3, "rate": 2.5, "express": True, "gift": False, "size": 40}
    texts = {"day": "2026-12-01", "tags": ["a", "b"], "note": "x\ny"}
    assert started().input == {"id": "A7", "lines": [], **expected, **texts}


def test_further_properties_are_written_as_json(everything: Everything, root: Client) -> None:
    inputs = {"properties": {"a": {"type": "integer"}}}
    workflow = workflows.create(
        everything.organization, name="open", definition={"inputs": inputs, "steps": STEPS}
    )

    submit(root, workflow, a="1", more='{"b": null}')
    answer = submit(root, workflow, a="1", more='{"a": 2}')

    assert started().input == {"a": 1, "b": None}
    assert answer.context["form"].errors["more"] == ["These have fields of their own: a."]


def test_a_start_leads_to_the_execution_and_stands_in_the_history(
    everything: Everything, root: Client
) -> None:
    answer = submit(root, everything.greet, city="Lima")

    assert answer.redirect_chain[-1][0].endswith(f"/{started().pk}/change/")
    assert said(answer) == "Started; this is the new execution"
    history = root.get(f"/admin/workflows/workflow/{everything.greet.pk}/history/").content.decode()
    assert "Started" in history


# Once


def test_a_double_click_starts_one_execution(order: Workflow, root: Client) -> None:
    posted = filled(form_of(root, address(order)), id="A7", lines="[]")

    root.post(address(order), posted)
    answer = root.post(address(order), posted, follow=True)

    assert Execution.objects.count() == 1
    assert "Nothing new was started" in said(answer)


def test_a_form_that_is_used_again_with_other_input_asks_once_more(order: Workflow, root: Client) -> None:
    posted = filled(form_of(root, address(order)), id="A7", lines="[]")
    root.post(address(order), posted)

    answer = root.post(address(order), {**posted, "input.id": "B8"})
    root.post(address(order), filled(answer.context["form"]))

    assert "has started an execution before" in answer.content.decode()
    assert [execution.input["id"] for execution in Execution.objects.order_by("pk")] == ["A7", "B8"]


def test_a_key_of_ones_own_is_replayed_or_refused_at_its_field(order: Workflow, root: Client) -> None:
    submit(root, order, id="A7", lines="[]", idempotency_key="k")
    again = submit(root, order, id="A7", lines="[]", idempotency_key="k")
    other = submit(root, order, id="B8", lines="[]", idempotency_key="k")

    assert "Nothing new was started" in said(again)
    assert "'k' was used" in other.context["form"].errors["idempotency_key"][0]
    assert started().idempotency_key == "k"


# What is wrong


@pytest.mark.parametrize(
    ("written", "field", "message"),
    [
        ({"lines": "[]"}, "input.id", "is required"),
        ({"id": "A"}, "input.lines", "is required"),
        ({"id": "A", "lines": "{"}, "input.lines", "This is not JSON: Expecting"),
        ({"id": "A", "lines": '[{"sku": 1, "sku": 2}]'}, "input.lines", "stands there twice"),
        ({"id": "A", "lines": "[" * 100_000}, "input.lines", "nested too deep"),
        ({"id": "A", "lines": '[{"sku": 1}, {}]'}, "input.lines", "input.lines[1].sku: is required"),
        ({"id": "A", "lines": "[]", "copies": "12"}, "input.copies", "12 is greater than the maximum of 9"),
        ({"id": "A", "lines": "[]", "copies": "two"}, "input.copies", "Write a whole number."),
        ({"id": "A", "lines": "[]", "rate": "2,5"}, "input.rate", "Write a number, such as 2.5."),
        ({"id": "A", "lines": "[]", "size": '"XL"'}, "input.size", "'XL' is not one of"),
        ({"id": "A", "lines": "[]", "day": "soon"}, "input.day", "Write a day such as 2026-12-01."),
        ({"id": "A", "lines": "[]", "priority": "10"}, "priority", "less than or equal to 9"),
        ({"id": "A", "lines": "[]", "queue": "a b"}, "queue", "use letters"),
        ({"id": "A", "lines": "[]", "idempotency_key": "step:1"}, "idempotency_key", "begin with step:"),
    ],
)
def test_a_problem_stands_at_its_field(
    written: dict[str, str], field: str, message: str, order: Workflow, root: Client
) -> None:
    answer = submit(root, order, **written)

    assert message in answer.context["form"].errors[field][0]
    assert not Execution.objects.exists()


def test_all_that_does_not_fit_is_said_at_once(order: Workflow, root: Client) -> None:
    answer = submit(root, order, copies="0", lines="[{}]")

    assert set(answer.context["form"].errors) == {"input.id", "input.copies", "input.lines"}


def test_a_problem_of_the_whole_input_stands_on_top(root: Client, organization: Organization) -> None:
    inputs = {"properties": {"a": {"type": "integer"}}, "minProperties": 1}
    workflow = workflows.create(organization, name="some", definition={"inputs": inputs, "steps": STEPS})

    (problem,) = submit(root, workflow).context["form"].non_field_errors()

    assert problem.startswith("input: ")


def test_a_form_of_an_older_version_is_shown_anew(order: Workflow, root: Client) -> None:
    posted = filled(form_of(root, address(order)), id="A7", lines="[]")
    workflows.change(order, definition={"inputs": {"properties": {"id": {}}}, "steps": STEPS})

    answer = root.post(address(order), posted)

    assert "form of version 2" in answer.context["form"].non_field_errors()[0]
    root.post(address(order), filled(answer.context["form"], id='"A7"'))
    assert started().version.number == 2


# Again


def test_an_execution_leads_to_a_form_with_its_input(everything: Everything, login: Login) -> None:
    client, earlier = login(Role.OPERATOR), everything.running
    page = client.get(f"/admin/executions/execution/{earlier.pk}/change/").content.decode()
    link = re.search(r'href="([^"]+\?from=[^"]+)"', page)

    assert link is not None
    form = form_of(client, link[1])
    client.post(link[1], filled(form))
    assert form["input.city"].value() == "Oslo"
    assert (started().input, started().redrive_of) == ({"city": "Oslo"}, None)
    assert started() != earlier


def test_an_earlier_input_comes_back_as_it_was(order: Workflow, root: Client) -> None:
    odd = {"id": " two\nlines", "lines": [{"sku": "1"}], "tags": ["a\nb", " "], "rate": 2.5e-7, "note": "\nx"}
    earlier = start(Start(workflow=order, source="manual", input=odd), now=clock.now())
    where = f"{address(order)}?from={earlier.id}"

    root.post(where, filled(form_of(root, where)))

    assert started().pk != earlier.id
    assert started().input == Execution.objects.get(pk=earlier.id).input


def test_what_the_schema_no_longer_takes_is_named(everything: Everything, root: Client) -> None:
    earlier = everything.running
    inputs = {"properties": {"town": {"type": "string"}}, "additionalProperties": False}
    workflows.change(everything.greet, definition={"inputs": inputs, "steps": STEPS})

    page = root.get(f"{address(everything.greet)}?from={earlier.pk}").content.decode()

    assert "Version 2 takes no city" in page


def test_a_failed_execution_is_redriven_instead(everything: Everything, root: Client) -> None:
    page = root.get(f"/admin/executions/execution/{everything.failed.pk}/change/").content.decode()

    assert "?from=" not in page
    assert "/redrive/" in page


@pytest.mark.parametrize("other", ["nothing", "failed", "organization"])
def test_an_earlier_execution_must_be_one_of_the_workflow(
    other: str, everything: Everything, root: Client
) -> None:
    wanted = getattr(everything, other).pk if other != "nothing" else other

    assert root.get(f"{address(everything.greet)}?from={wanted}").status_code == 404


# Who may


@pytest.mark.parametrize("method", ["get", "post"])
def test_only_an_operator_starts(method: str, everything: Everything, login: Login) -> None:
    before = Execution.objects.count()

    answer = getattr(login(Role.VIEWER), method)(address(everything.greet), {"input.city": "Rome"})

    assert answer.status_code == 403
    assert Execution.objects.count() == before


def test_a_viewer_is_offered_no_start(everything: Everything, login: Login) -> None:
    viewer = login(Role.VIEWER)

    for page in (
        f"workflows/workflow/{everything.greet.pk}",
        f"executions/execution/{everything.running.pk}",
    ):
        text = viewer.get(f"/admin/{page}/change/").content.decode()
        assert address(everything.greet) not in text


def test_another_organizations_workflow_is_not_there(
    everything: Everything, login: Login, other: Organization
) -> None:
    stranger = login(Role.ADMIN, of=other)

    assert stranger.get(address(everything.greet)).status_code == 404
    assert stranger.post(address(everything.greet), {"input.city": "Rome"}).status_code == 404
    assert stranger.get("/admin/workflows/workflow/no-id/start/").status_code == 404


def test_an_archived_workflow_starts_nothing(everything: Everything, root: Client) -> None:
    posted = filled(form_of(root, address(everything.greet)))
    workflows.archive(everything.greet)

    assert root.post(address(everything.greet), posted).status_code == 403
    page = root.get(f"/admin/executions/execution/{everything.running.pk}/change/")
    assert "?from=" not in page.content.decode()
