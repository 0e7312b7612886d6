"""A sample is held against triggers: what matches, what fails where, and what would follow."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import clock
from events import sending
from executions.models import Execution
from organizations.models import Organization
from organizations.roles import Role
from tests.conftest import MakeWorkflow
from triggers import services, trying
from triggers.errors import InvalidTrigger
from triggers.models import Tally, Trigger

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAID: dict[str, Any] = {"type": "order.paid", "source": "/shop", "data": {"amount": 12, "order": 7}}


@pytest.fixture
def make(organization: Organization, make_workflow: MakeWorkflow) -> Callable[..., Trigger]:
    def make(name: str, **settings: Any) -> Trigger:
        inputs = settings.pop("inputs", None)
        workflow = make_workflow(name=f"{name}-work", inputs=inputs)
        wanted = {"pattern": "" if "after" in settings else "order.*", **settings}
        return services.create(organization, name=name, workflow=workflow, now=clock.now(), **wanted)

    return make


def tried(api: Any, body: dict[str, Any], *, code: int = 200) -> dict[str, Any]:
    answer = api.post("/api/v1/triggers/test", body)
    assert answer.status_code == code, answer.content
    result: dict[str, Any] = answer.json()
    return result


def test_what_matches_comes_first_with_the_input_that_would_result(api: Any, make: Any) -> None:
    make("a", pattern="order.created")
    make("b", input={"number": "${{ event.data.order }}"})

    results = tried(api, {"event": PAID})["results"]

    assert [(one["name"], one["matches"], one["failed_at"]) for one in results] == [
        ("b", True, ""),
        ("a", False, "type"),
    ]
    assert (results[0]["outcome"], results[0]["input"]) == ("start", {"number": 7})


def test_the_condition_that_fails_is_named_with_what_stands_there(api: Any, make: Any) -> None:
    make("a", filters={"data.order": 8})
    make("b", condition="event.data.amount > 100")

    results = {one["name"]: one for one in tried(api, {"event": PAID})["results"]}

    assert (results["a"]["failed_at"], results["a"]["detail"]) == ("filters.data.order", "is 7")
    assert (results["b"]["failed_at"], results["b"]["detail"]) == ("condition", "is false")


def test_an_input_that_would_not_fit_is_told(api: Any, make: Any) -> None:
    make("a", inputs={"required": ["sku"]})

    (result,) = tried(api, {"event": PAID})["results"]

    assert (result["matches"], result["outcome"]) == (True, "nothing")
    assert "sku" in result["problem"]


def test_an_event_of_the_log_can_be_tried_on_one_trigger(
    api: Any, make: Any, organization: Organization
) -> None:
    make("a")
    make("b")
    event = sending.Event(organization_id=organization.pk, external_id="1", **PAID)
    sent = sending.send(event, now=clock.now())

    (result,) = tried(api, {"event_id": sent.id, "trigger": "b"})["results"]

    assert (result["name"], result["input"]) == ("b", {"amount": 12, "order": 7})


def test_what_horarium_tells_can_be_sampled(api: Any, make: Any, make_workflow: MakeWorkflow) -> None:
    extract = make_workflow(name="extract")
    make("a", after=[{"workflow": str(extract.pk), "states": ["completed"]}])
    data = {"workflow_id": str(extract.pk), "output": {"rows": 3}}

    (result,) = tried(api, {"event": {"source": "horarium", "type": "workflow.completed", "data": data}})[
        "results"
    ]

    assert (result["outcome"], result["input"]) == ("start", {"rows": 3})


def test_what_gathers_is_told_to_gather(api: Any, make: Any) -> None:
    make("a", debounce=timedelta(seconds=5))

    (result,) = tried(api, {"event": PAID})["results"]

    assert result["outcome"] == "gather"


def test_nothing_is_started_or_counted(api: Any, make: Any) -> None:
    trigger = make("a")

    tried(api, {"event": PAID})

    assert not Execution.objects.exists()
    assert not Tally.objects.filter(pk=trigger.pk, matched__gt=0).exists()


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "event"),
        ({"event": PAID, "event_id": 1}, "event"),
        ({"event": {**PAID, "type": ""}}, "event.type"),
        ({"event": {"source": "horarium", "type": 7}}, "event.type"),
        ({"event": {"source": "horarium", "type": "a." * 12_000}}, "event.type"),
        ({"event": {"source": "horarium", "type": "workflow.failed", "data": 1}}, "event.data"),
        ({"event": {"type": "workflow.failed", "data": 1}}, "event.type"),
        ({"event_id": 0}, "event_id"),
        ({"sample": PAID}, "sample"),
    ],
)
def test_a_sample_that_is_none_is_refused_by_name(api: Any, body: dict[str, Any], path: str) -> None:
    error = tried(api, body, code=400)["error"]

    assert path in {field["path"] for field in error["fields"]}


@pytest.mark.parametrize("body", [{"event_id": 1}, {"event": PAID, "trigger": "none"}])
def test_what_is_not_there_is_not_found(api: Any, body: dict[str, Any]) -> None:
    tried(api, body, code=404)


def test_a_viewer_may_try(program: Any, make: Any) -> None:
    make("a")

    assert tried(program(Role.VIEWER), {"event": PAID})["results"]


def test_the_input_of_a_burst_is_known(api: Any, make: Any) -> None:
    make("a", debounce=timedelta(seconds=5))

    (result,) = tried(api, {"event": PAID})["results"]

    assert result["input"] == {"amount": 12, "order": 7}


def test_a_sample_of_an_own_type_is_told_how_to_be_one(api: Any) -> None:
    error = tried(api, {"event": {"type": "workflow.failed"}}, code=400)["error"]

    assert "'horarium'" in {field["path"]: field["message"] for field in error["fields"]}["event.source"]


def test_what_cannot_be_stored_is_no_sample_in_the_console_either(organization: Organization) -> None:
    for text in ("a\0b", "\ud800"):
        with pytest.raises(InvalidTrigger, match=r"event\.type"):
            trying.sample_of({"source": "horarium", "type": text}, organization_id=organization.pk, now=NOON)


def test_one_sample_is_looked_at_at_a_time(api: Any, make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make("a")
    monkeypatch.setattr(trying, "MOST_WAIT_SECONDS", 0.01)

    with trying._TURN:
        error = tried(api, {"event": PAID}, code=429)["error"]

    assert "try again" in error["message"]
    assert tried(api, {"event": PAID})["results"]
