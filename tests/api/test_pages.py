"""Pages hold each row once, whatever is added meanwhile, for a fixed number of statements."""

import base64
import json
from typing import Any

import pytest
from rest_framework.test import APIClient

import clock
from executions.models import Execution
from executions.services import Start, start_many
from tests.api.conftest import V1, names, paths
from workflows.models import Workflow

pytestmark = pytest.mark.django_db

IDENTIFY = 1  # statement: the API key, by the clock of the database


def walk(api: APIClient, url: str, link: str) -> list[Any]:
    """Return the results of all pages from `url` on."""
    pages = []
    while url:
        page = api.get(url).json()
        pages.append(page["results"])
        url = page[link]
    return pages


@pytest.fixture
def executions(workflow: Workflow) -> list[Execution]:
    """Return seven executions of the same instant."""
    start_many([Start(workflow=workflow, source="manual")] * 7, now=clock.now())
    return list(Execution.objects.order_by("-created_at", "-id"))


def test_pages_hold_each_row_once_though_all_are_of_one_instant(api: APIClient, executions: list[Execution]):
    pages = walk(api, f"{V1}/executions/?limit=3", "next")

    assert [len(page) for page in pages] == [3, 3, 1]
    assert [row["id"] for page in pages for row in page] == [str(execution.pk) for execution in executions]


def test_pages_are_read_backwards_too(api: APIClient, executions: list[Execution]):
    first = api.get(f"{V1}/executions/?limit=3").json()
    second = api.get(first["next"]).json()
    last = api.get(second["next"]).json()

    assert (first["previous"], last["next"]) == (None, None)
    assert walk(api, last["previous"], "previous") == [second["results"], first["results"]]


def test_rows_that_are_added_move_no_page(api: APIClient, workflow: Workflow, executions: list[Execution]):
    second = api.get(f"{V1}/executions/?limit=3").json()["next"]
    before = api.get(second).json()["results"]

    start_many([Start(workflow=workflow, source="manual")] * 2, now=clock.now())

    assert api.get(second).json()["results"] == before
    newer = api.get(api.get(second).json()["previous"]).json()
    assert [row["id"] for row in newer["results"]] == [str(execution.pk) for execution in executions[:3]]
    assert newer["previous"]


def test_a_link_keeps_the_filters(api: APIClient, make_schedule):
    for name in ("a", "b", "c"):
        make_schedule(name)
    url = f"{V1}/schedules/?limit=1&state=active"

    assert "state=active" in api.get(url).json()["next"]
    assert [row["name"] for page in walk(api, url, "next") for row in page] == ["a", "b", "c"]


def as_cursor(data: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(data).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "é",
        "AAAA",
        "x" * 10_000,
        as_cursor([]),
        as_cursor({}),
        as_cursor([False]),
        as_cursor([False, "yesterday", "5"]),
        as_cursor([False, "2026-01-01", "0198c4a0-0000-7000-8000-000000000000"]),
        as_cursor([False, "2026-01-01T00:00:00+00:00", "5"]),
        as_cursor(["no", "2026-01-01T00:00:00+00:00", "0198c4a0-0000-7000-8000-000000000000"]),
        as_cursor([False, "2026-01-01T00:00:00+00:00", 5]),
        as_cursor([False, "a\0b", "\ud800"]),
    ],
)
def test_a_cursor_that_is_none_is_named(api: APIClient, cursor: str):
    answer = api.get(f"{V1}/executions/", {"cursor": cursor})

    assert (answer.status_code, paths(answer)) == (400, ["cursor"])


@pytest.mark.parametrize("limit", ["0", "201", "-1", "many", "", "9" * 99])
def test_a_limit_out_of_bounds_is_named(api: APIClient, limit: str):
    for path in ("executions", "events"):
        answer = api.get(f"{V1}/{path}/", {"limit": limit})
        assert (answer.status_code, paths(answer)) == (400, ["limit"])


@pytest.mark.parametrize(
    "path", ["workflows", "schedules", "executions", "dead-letters", "api-keys", "events"]
)
def test_a_list_costs_one_statement_beside_the_callers(
    api: APIClient, make_schedule, executions: list[Execution], django_assert_num_queries, path: str
):
    for name in ("a", "b", "c"):
        make_schedule(name)
    api.get(f"{V1}/{path}/")  # writes when the key was last used

    with django_assert_num_queries(IDENTIFY + 1):
        assert api.get(f"{V1}/{path}/").status_code == 200


def test_an_execution_costs_four_statements_beside_the_callers(
    api: APIClient, executions: list[Execution], django_assert_max_num_queries
):
    api.get(f"{V1}/executions/")

    with django_assert_max_num_queries(IDENTIFY + 4):
        assert len(api.get(f"{V1}/executions/{executions[0].pk}/").json()["steps"]) == 1


def test_lists_below_a_row_are_pages_too(api: APIClient, workflow: Workflow, make_schedule):
    make_schedule("nightly")
    for url in (f"{V1}/workflows/report/versions/", f"{V1}/schedules/nightly/skipped/"):
        assert paths(api.get(url, {"limit": "no"})) == ["limit"]
        assert paths(api.get(url, {"state": "active"})) == ["state"]
    beyond = as_cursor([False, "9" * 40])
    assert api.get(f"{V1}/workflows/report/versions/", {"cursor": beyond}).status_code == 200
    assert api.get(f"{V1}/workflows/report/versions/?limit=1").json()["next"] is None
    assert names(api.get(f"{V1}/workflows/?limit=1")) == ["report"]
