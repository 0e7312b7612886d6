"""One caller cannot take the platform for itself."""

import json
from typing import Any

import pytest
from django.conf import settings
from rest_framework.test import APIClient

from organizations import throttling
from organizations.models import Organization
from tests.api.conftest import V1

URL = f"{V1}/workflows/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Allow two requests a minute, in a minute that does not end."""
    monkeypatch.setattr("time.time", lambda: 1_800_000_045.0)
    monkeypatch.setattr(throttling, "_counter", throttling.Counter())
    limited = settings.ENVIRONMENT.model_copy(update={"api_requests_per_minute": 2})
    monkeypatch.setattr(settings, "ENVIRONMENT", limited)


def test_a_caller_over_the_bound_is_told_when_to_come_again(bound: None, api: APIClient, stranger: APIClient):
    allowed = [api.get(URL).status_code for _ in range(2)]

    refused = api.get(URL)

    assert allowed == [200, 200]
    assert (refused.status_code, refused["Retry-After"]) == (429, "15")
    assert refused.json()["error"]["code"] == "throttled"
    assert stranger.get(URL).status_code == 200


def test_without_redis_nobody_is_refused(bound: None, api: APIClient, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")

    assert [api.get(URL).status_code for _ in range(4)] == [200] * 4


def test_a_bound_of_zero_is_none(bound: None, api: APIClient, monkeypatch, organization: Organization):
    unlimited = settings.ENVIRONMENT.model_copy(update={"api_requests_per_minute": 0})
    monkeypatch.setattr(settings, "ENVIRONMENT", unlimited)

    assert [api.get(URL).status_code for _ in range(4)] == [200] * 4


def sent(api: APIClient, *ids: str) -> Any:
    batch = [{"specversion": "1.0", "id": id_, "source": "/shop", "type": "order.paid"} for id_ in ids]
    return api.post(f"{V1}/events/", json.dumps(batch), content_type="application/cloudevents-batch+json")


def test_an_organization_sends_no_more_events_than_it_may(
    bound: None, api: APIClient, stranger: APIClient, monkeypatch: pytest.MonkeyPatch
):
    limited = settings.ENVIRONMENT.model_copy(update={"events_per_minute": 3})
    monkeypatch.setattr(settings, "ENVIRONMENT", limited)

    answers = [sent(api, "1", "2").status_code, sent(api, "3").status_code]
    refused = sent(api, "4")

    assert (answers, refused.status_code, refused["Retry-After"]) == ([200, 200], 429, "15")
    assert sent(stranger, "4").status_code == 200
    assert api.get(URL).status_code == 200
