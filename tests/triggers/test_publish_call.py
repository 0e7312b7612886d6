"""`triggers.publish`: other applications tell of events by a Celery task."""

from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from events.models import Event
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from triggers import calls

pytestmark = pytest.mark.django_db


def publish(*, task_id: str = "task-1", **call: Any) -> dict[str, Any]:
    # As a worker does, without its signals, which may end the connection of the test.
    calls.publish.push_request(id=task_id)
    try:
        answer: dict[str, Any] = calls.publish(**{"type": "order.paid", **call})
    finally:
        calls.publish.pop_request()
    return answer


def test_a_call_is_recorded_once_however_often_it_is_delivered(organization: Organization):
    first, again, other = publish(data=7), publish(data=7), publish(data=7, task_id="task-2")

    assert (first["ok"], first["result"], again["result"]) == (True, "created", "replayed")
    assert (again["id"], other["result"]) == (first["id"], "created")
    row = Event.objects.get(pk=first["id"])
    assert (row.source, row.external_id) == ("celery", "celery:task-1")


def test_a_call_says_all_that_an_event_may_say(organization: Organization):
    answer = publish(
        data={"order": 7},
        source="/shop",
        id="7",
        subject="seven",
        time="2026-11-20T12:00:00+01:00",
        extensions={"tenant": 4},
    )

    row = Event.objects.get(pk=answer["id"])
    assert (row.source, row.external_id, row.subject) == ("/shop", "7", "seven")
    assert row.data == {
        "data": {"order": 7},
        "time": "2026-11-20T11:00:00+00:00",
        "extensions": {"tenant": 4},
    }


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"type": "workflow.failed"}, "invalid", "type"),
        ({"type": None}, "invalid", "type"),
        ({"hunter2": 1}, "invalid", "hunter2"),
        ({"source": "hunter2 "}, "invalid", "source"),
        ({"id": ""}, "invalid", "id"),
        ({"time": "hunter2"}, "invalid", "time"),
        ({"data": float("nan")}, "invalid", "data"),
        ({"extensions": {"Region": "eu"}}, "invalid", "Region"),
        ({"extensions": {"region": [1]}}, "invalid", "region"),
        ({"extensions": {"region": 1.5}}, "invalid", "region"),
        ({"extensions": {"region": None}}, "invalid", "region"),
        ({"extensions": []}, "invalid", "extensions"),
        ({"data": "x" * 256_000}, "too_large", "data"),
        ({"id": "hunter2", "data": 8}, "duplicate", "id"),
        ({"organization": "other"}, "not_found", "organization"),
        ({"api_key": "hor_x_y"}, "authentication_failed", "api_key"),
    ],
)
def test_a_call_that_is_refused_says_why(
    organization: Organization, wrong: dict[str, Any], code: str, path: str, monkeypatch: pytest.MonkeyPatch
):
    publish(id="hunter2")
    with capture_logs() as lines:
        monkeypatch.setattr(calls, "log", structlog.get_logger())  # it may have been bound before
        answer = publish(**wrong)

    assert not answer["ok"]
    assert answer["error"]["code"] == code
    assert [field["path"] for field in answer["error"]["fields"]] == [path]
    assert [line["event"] for line in lines] == ["call refused"]
    assert "hunter2" not in str(lines) or path == "hunter2"


def test_a_key_that_only_reads_publishes_nothing(organization: Organization):
    _, key = issue_api_key(organization, name="shop", role=Role.VIEWER, by="test")

    assert publish(api_key=key)["error"]["code"] == "role_too_low"
    assert not Event.objects.exists()
