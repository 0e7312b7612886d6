"""Every page of every model opens, costs a bounded number of queries, and shows what it is about."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import clock
from console.queries import first_id_at
from events.models import Subscription
from executions.models import Execution, Place
from executions.services import Start, start
from schedules import fire
from schedules.models import Schedule
from tests.console.conftest import Everything, Login
from triggers.models import Gathering, Tally, WebhookSecret

MODELS = [
    pytest.param(model, id=model.__name__)
    for model in sorted(admin.site._registry, key=lambda model: model.__name__)
]
MOST_QUERIES = 25
MOST_LINKS = 60  # of a crawl


def url(model: type[Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_every_model_of_ours_has_its_pages() -> None:
    from django.apps import apps

    ours = {"organizations", "events", "workflows", "executions", "schedules", "triggers"}
    models = {model for label in ours for model in apps.get_app_config(label).get_models()}

    # These are shown on the page of what they belong to; what waits for a place has a page of its own.
    beside = {Schedule.history.model, Place, Subscription, Tally, Gathering, WebhookSecret}
    assert models - beside <= set(admin.site._registry)


@pytest.mark.parametrize("model", MODELS)
def test_the_list_opens(model: type[Model], everything: Everything, root: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        answer = root.get(url(model, "changelist"))

    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES
    assert answer.context["cl"].result_count >= 1


@pytest.mark.parametrize("model", MODELS)
def test_the_search_box_finds_or_finds_nothing(
    model: type[Model], everything: Everything, root: Client
) -> None:
    for term in ("nothing-like-this", str(everything.failed.pk), "'%_\\"):
        assert root.get(url(model, "changelist"), {"q": term}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_the_page_of_a_row_opens(model: type[Model], everything: Everything, root: Client) -> None:
    row = model._default_manager.first()
    assert row is not None

    with CaptureQueriesContext(connection) as queries:
        answer = root.get(url(model, "change", row.pk))

    assert answer.status_code == 200
    assert len(queries) <= MOST_QUERIES


@pytest.mark.parametrize("model", MODELS)
def test_the_page_of_a_new_row_opens_where_rows_are_made_by_hand(
    model: type[Model], everything: Everything, root: Client, rf: Any
) -> None:
    answer = root.get(url(model, "add"))

    allowed = admin.site._registry[model].has_add_permission(answer.wsgi_request)
    assert answer.status_code == (200 if allowed else 403)


def test_executions_and_their_kin_are_made_and_changed_by_nobody(
    everything: Everything, root: Client
) -> None:
    request = root.get("/admin/").wsgi_request
    read_only = {"Execution", "StepRun", "Attempt", "DeadLetter", "Pulse", "Event", "SkippedFire", "Backfill"}
    read_only |= {"Delivery", "Skip", "Dispatch"}

    for model, pages in admin.site._registry.items():
        if model.__name__ in read_only:
            assert not pages.has_add_permission(request)
            assert not pages.has_change_permission(request)
            assert not pages.has_delete_permission(request)


@pytest.mark.parametrize("path", ["/admin/executions/execution/", "/admin/executions/steprun/", "/admin/"])
def test_a_list_costs_the_same_with_more_rows(path: str, everything: Everything, root: Client) -> None:
    with CaptureQueriesContext(connection) as few:
        root.get(path)
    for _ in range(10):
        start(Start(workflow=everything.greet, source="manual"), now=clock.now())

    with CaptureQueriesContext(connection) as many:
        root.get(path)

    assert len(many) == len(few)


def test_a_list_does_not_read_inputs(everything: Everything, root: Client) -> None:
    with CaptureQueriesContext(connection) as queries:
        root.get("/admin/executions/execution/")

    rows = [query["sql"] for query in queries if 'FROM "executions_execution"' in query["sql"]]
    assert rows
    assert not any('"executions_execution"."input"' in sql or '"definition"' in sql for sql in rows)


def test_the_address_without_a_path_leads_to_the_console(client: Client, db: None) -> None:
    assert client.get("/").headers["Location"] == "/admin/"


def test_logging_in_leads_to_the_console(everything: Everything, client: Client) -> None:
    from django.contrib.auth.models import User

    User.objects.create_superuser("lea", password="a long password")

    answer = client.post("/admin/login/", {"username": "lea", "password": "a long password"})

    assert answer.headers["Location"] == "/admin/"


def test_an_empty_platform_has_an_overview(root: Client) -> None:
    answer = root.get("/admin/")

    assert "Nothing has run yet" in answer.content.decode()
    assert "never seen" in answer.content.decode()


def test_the_overview_counts_what_happened(everything: Everything, root: Client) -> None:
    fire.set_aside(everything.schedule.pk, error=ValueError("unreadable"))

    with CaptureQueriesContext(connection) as queries:
        shown = root.get("/admin/").context

    assert (shown["running"], shown["letters"], shown["waiting"], shown["in_error"]) == (2, 1, 1, 1)
    assert dict(shown["by_state"]) == {
        "pending": 0,
        "running": 2,
        "completed": 1,
        "failed": 1,
        "timed_out": 0,
        "cancelled": 0,
    }
    assert len(shown["bars"]) == 24
    assert shown["bars"][-1].total == 4 or sum(bar.total for bar in shown["bars"]) == 4
    assert [life.is_well for life in shown["lives"]] == [True, True]
    assert len(queries) <= 15


def test_the_overview_begins_at_its_first_id() -> None:
    from uuid import UUID

    from uuid_utils.compat import uuid7

    some_id = uuid7()
    created_at = Execution(id=some_id).id

    from datetime import UTC, datetime

    at = datetime.fromtimestamp((UUID(str(created_at)).int >> 80) / 1000, UTC)
    assert first_id_at(at) <= some_id < first_id_at(at + timedelta(milliseconds=1))


def test_the_page_of_a_failed_execution_tells_why(everything: Everything, root: Client) -> None:
    text = root.get(f"/admin/executions/execution/{everything.failed.pk}/change/").content.decode()

    assert "divide" in text
    assert "by zero" in text
    assert "Dead letter" in text


def test_the_page_of_an_execution_shows_input_output_and_schedule(
    everything: Everything, root: Client
) -> None:
    text = root.get(f"/admin/executions/execution/{everything.done.pk}/change/").content.decode()

    assert "&quot;city&quot;: &quot;Rome&quot;" in text
    assert "&quot;to&quot;: &quot;Rome&quot;" in text
    assert f'/admin/schedules/schedule/{everything.schedule.pk}/change/">daily</a>' in text


def test_the_list_names_the_schedule_that_started_an_execution(everything: Everything, root: Client) -> None:
    text = root.get("/admin/executions/execution/").content.decode()

    assert ">daily</a> (ada)" in text


def test_markup_in_names_inputs_and_errors_is_shown_as_text(everything: Everything, root: Client) -> None:
    attack = "<script>alert(1)</script>"
    Execution.objects.filter(pk=everything.failed.pk).update(
        error=attack, started_by=attack, input={"a": attack}
    )

    for path in ("", f"{everything.failed.pk}/change/"):
        assert attack not in root.get(f"/admin/executions/execution/{path}").content.decode()


def test_the_page_of_a_schedule_shows_times_with_the_offset_of_its_zone(
    everything: Everything, root: Client, make_schedule: Callable[..., Any]
) -> None:
    berlin = make_schedule("berlin", timezone="Europe/Berlin")

    answer = root.get(f"/admin/schedules/schedule/{berlin.pk}/change/")

    times = [time.local for time in answer.context["ahead"]]
    assert len(times) == 10
    assert all(time[11:] in {"06:00:00+01:00", "06:00:00+02:00"} for time in times)


def test_nothing_is_loaded_from_another_host(everything: Everything, root: Client) -> None:
    for path in ("/admin/", "/admin/login/", f"/admin/executions/execution/{everything.done.pk}/change/"):
        text = root.get(path, follow=True).content.decode()
        assert 'src="http' not in text
        assert 'href="http' not in text


def test_no_link_of_the_console_is_broken(everything: Everything, root: Client) -> None:
    seen: set[str] = set()
    waiting = ["/admin/"]
    while waiting and len(seen) < MOST_LINKS:
        path = waiting.pop(0)
        seen.add(path)
        answer = root.get(path, follow=True)
        assert answer.status_code == 200, path
        found = re.findall(r'href="([^"#]+)"', answer.content.decode())
        here = {urljoin(path, unescape(link)) for link in found}
        waiting += sorted(link for link in here - seen - set(waiting) if _is_page(link))

    assert len(seen) > 40


def _is_page(link: str) -> bool:
    return link.startswith("/admin/") and "/logout/" not in link


def test_dead_ends_are_not_found(everything: Everything, root: Client) -> None:
    for path in ("executions/execution", "schedules/schedule", "workflows/workflow"):
        for row in ("nothing", everything.organization.pk):
            assert root.get(f"/admin/{path}/{row}/change/").status_code in {302, 404}


def test_the_menu_shows_a_viewer_no_keys_and_no_users(everything: Everything, login: Login) -> None:
    from organizations.roles import Role

    text = login(Role.VIEWER).get("/admin/").content.decode()

    assert "Executions" in text
    assert "/admin/organizations/apikey/" not in text
    assert "/admin/auth/user/" not in text
