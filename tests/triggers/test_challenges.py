"""Slack tries an address before it sends anything there; that starts nothing."""

from typing import Any

import pytest

from executions.models import Execution
from organizations.models import Organization
from tests.triggers.deliveries import a_workflow, error_of, make_sender
from triggers.models import Delivery
from triggers.webhooks.challenges import MAX_CHALLENGE, challenge_of

ASKED = {
    "token": "x",
    "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
    "type": "url_verification",
}


@pytest.mark.django_db
def test_slack_reads_its_challenge_in_the_answer_and_nothing_starts(organization: Organization):
    sender = make_sender(a_workflow(organization), scheme="slack")

    answer = sender.post(ASKED)

    assert (answer.status_code, answer.json()) == (200, {"challenge": ASKED["challenge"]})
    assert not Execution.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_nobody_reads_a_challenge_who_proves_nothing(organization: Organization):
    sender = make_sender(a_workflow(organization), scheme="slack")

    answer = sender.post(ASKED, headers={"X-Slack-Signature": "v0=00", "X-Slack-Request-Timestamp": "1"})

    assert (answer.status_code, error_of(answer)) == (401, "unproven")


@pytest.mark.parametrize(
    ("scheme", "data"),
    [
        ("github", ASKED),
        ("slack", {**ASKED, "type": "event_callback"}),
        ("slack", {**ASKED, "challenge": 7}),
        ("slack", {**ASKED, "challenge": "x" * (MAX_CHALLENGE + 1)}),
        ("slack", "url_verification"),
    ],
)
def test_anything_else_is_a_delivery(scheme: str, data: Any):
    assert challenge_of(scheme, data) is None
