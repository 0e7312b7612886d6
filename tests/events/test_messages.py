"""What clients may say, and how an event is told."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from events import messages
from events.errors import BadMessage
from events.messages import Authenticate, Ping, Subscribe, Unsubscribe
from events.models import Event

WORKFLOW = UUID("01978c5e-0000-7000-8000-000000000001")
SCHEDULE = UUID("01978c5e-0000-7000-8000-000000000002")


@pytest.mark.parametrize(
    ("content", "means"),
    [
        ({"type": "ping"}, Ping()),
        ({"type": "authenticate", "api_key": "hor_a_b"}, Authenticate("hor_a_b")),
        ({"type": "subscribe", "topics": ["execution:*"]}, Subscribe(frozenset({"execution:*"}))),
        ({"type": "unsubscribe", "topics": ["*"]}, Unsubscribe(frozenset({"*"}))),
    ],
)
def test_a_message_means_what_it_says(content: dict[str, Any], means: messages.Message) -> None:
    assert messages.parse(json.dumps(content)) == means


def test_topics_have_one_spelling() -> None:
    spelt = messages.parse_topics([f"workflow:{WORKFLOW.hex.upper()}", f"workflow:{WORKFLOW}"])

    assert spelt == {f"workflow:{WORKFLOW}"}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (None, "message"),
        ("", "message"),
        ("{", "message"),
        ("[" * 10_000, "message"),
        ("1" * 5_000, "message"),
        ("[]", "message"),
        ('"' + "é" * 8_192 + '"', "message"),
        ("{}", "type"),
        ('{"type": "shout"}', "type"),
        ('{"type": ["ping"]}', "type"),
        ('{"type": "subscribe"}', "topics"),
        ('{"type": "subscribe", "topics": []}', "topics"),
        ('{"type": "subscribe", "topics": "execution:*"}', "topics"),
        ('{"type": "subscribe", "topics": ["*", 1]}', "topics.1"),
        ('{"type": "subscribe", "topics": ["execution"]}', "topics.0"),
        ('{"type": "subscribe", "topics": ["step:*"]}', "topics.0"),
        ('{"type": "subscribe", "topics": ["execution:12"]}', "topics.0"),
        ('{"type": "subscribe", "topics": ["execution:' + "-" * 36 + '"]}', "topics.0"),
        ('{"type": "unsubscribe", "topics": ["execution:*\\n"]}', "topics.0"),
        (json.dumps({"type": "subscribe", "topics": ["*"] * 101}), "topics"),
        ('{"type": "authenticate"}', "api_key"),
        ('{"type": "authenticate", "api_key": 1}', "api_key"),
    ],
)
def test_a_bad_message_is_refused_by_the_name_of_its_field(text: str | None, field: str) -> None:
    with pytest.raises(BadMessage) as refused:
        messages.parse(text)

    assert refused.value.field == field
    assert str(refused.value).startswith(f"{field}: ")


@pytest.mark.parametrize("text", ["", "-1", "1.5", "abc", "²", "1" * 5_000, str(2**63)])
def test_only_an_event_id_can_be_resumed_from(text: str) -> None:
    with pytest.raises(BadMessage, match="after"):
        messages.parse_after(text)


def test_the_largest_event_id_can_be_resumed_from() -> None:
    assert messages.parse_after(str(2**63 - 1)) == 2**63 - 1


def test_an_event_is_told_under_what_it_is_about() -> None:
    at = datetime(2026, 11, 20, 12, 30, 15, 250_000, tzinfo=UTC)
    event = Event(
        id=7, transaction_id=70, type="schedule.skipped", at=at, workflow_id=WORKFLOW, schedule_id=SCHEDULE
    )

    entry = messages.entry(event)

    assert entry.position == (70, 7)
    assert entry.topics == {"*", "workflow:*", f"workflow:{WORKFLOW}", "schedule:*", f"schedule:{SCHEDULE}"}
    assert json.loads(entry.text) == {
        "type": "event",
        "id": 7,
        "event": "schedule.skipped",
        "at": "2026-11-20T12:30:15.250000Z",
        "workflow": str(WORKFLOW),
        "schedule": str(SCHEDULE),
        "execution": None,
        "data": {},
    }
