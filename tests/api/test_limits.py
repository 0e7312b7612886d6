"""Starts that a limit of the workflow refuses, as their callers see it."""

import pytest
from rest_framework.test import APIClient

from organizations.models import Organization
from tests.api.conftest import V1
from workflows import services as workflows

STEPS = [{"id": "only", "kind": "set", "values": {}}]


def test_a_start_that_a_limit_refuses_is_a_conflict(api: APIClient, organization: Organization) -> None:
    limits = [{"running": 1, "when_full": "refuse"}]
    workflows.create(organization, name="once", definition={"limits": limits, "steps": STEPS})

    first, second = (api.post(f"{V1}/workflows/once/start/", {}, format="json") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["error"]["code"] == "limit_reached"


def test_a_start_beyond_those_that_may_wait_is_told_when_to_come_back(
    api: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("executions.admitting.limits.entering.MAX_WAITING", 1)
    workflows.create(organization, name="once", definition={"limits": [{"running": 1}], "steps": STEPS})

    *_, last = (api.post(f"{V1}/workflows/once/start/", {}, format="json") for _ in range(3))

    assert (last.status_code, last["Retry-After"]) == (429, "5")
    assert last.json()["error"]["code"] == "too_many_waiting"


def test_a_key_that_cannot_be_evaluated_is_named(api: APIClient, organization: Organization) -> None:
    limits = [{"running": 1, "key": "${{ input.customer.id }}"}]
    workflows.create(organization, name="keyed", definition={"limits": limits, "steps": STEPS})

    answer = api.post(f"{V1}/workflows/keyed/start/", {}, format="json")

    assert answer.status_code == 400
    assert [field["path"] for field in answer.json()["error"]["fields"]] == ["limits[0].key"]
