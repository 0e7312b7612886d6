"""The API describes itself, without help from elsewhere."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import get_resolver

from scheduler_project.api.openapi import described, operations


def test_the_description_is_valid_and_complete():
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=StringIO())


def test_every_operation_is_described_once_with_its_errors():
    for path, method, operation in operations(described()):
        assert path.startswith("/api/v1/"), path
        assert operation["summary"], (path, method)
        assert "4XX" in operation["responses"]


def test_a_path_says_where_it_takes_a_name():
    for path, _, operation in operations(described()):
        for parameter in operation["parameters"]:
            if parameter.get("name") == "id":
                is_named = path.split("/")[3] in {"workflows", "schedules", "triggers", "webhooks"}
                is_id = "format" in parameter["schema"] or parameter["schema"]["type"] == "integer"
                assert is_id is not is_named, path


def test_a_list_is_called_one():
    named = {(path, method): operation["operationId"] for path, method, operation in operations(described())}

    assert named["/api/v1/webhooks/{id}/secrets/", "get"] == "webhooks_secrets_list"


@pytest.mark.parametrize(("query", "kind"), [("", "application/json"), ("?format=yaml", "application/yaml")])
def test_the_description_is_served_to_anyone(client, query: str, kind: str):
    answer = client.get(f"/api/v1/schema/{query}")

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith(kind)


def test_the_page_lists_every_operation_and_loads_nothing(client):
    page = client.get("/api/v1/docs/").content.decode()

    for path, _, operation in operations(described()):
        assert path in page
        assert operation["operationId"] in page
    assert "://" not in page.split("</head>")[0]
    assert "<script" not in page


def test_both_prefixes_lead_to_the_same_views():
    patterns: dict[str, Any] = {str(pattern.pattern): pattern for pattern in get_resolver().url_patterns}

    assert patterns["api/v1/"].url_patterns == patterns["api/"].url_patterns
