"""What an outcome says of the target."""

import pytest

from executions.circuits.effects import is_well
from executions.rules.outcomes import Cancelled, Completed, Deferred, Failed, Lost, Released, Skipped, Waiting
from tests.executions.circuits.test_breaker import NOON

REFUSED = ("httpx.ConnectError", "httpx.NetworkError", "httpx.TransportError", "builtins.Exception")


def failed(**facts):
    return Failed(**{"error": "no", "error_class": "UnexpectedStatus", **facts})


@pytest.mark.parametrize(
    ("outcome", "well"),
    [
        (Completed(), True),
        (failed(status=500), False),
        (failed(status=503), False),
        (failed(status=429), False),
        (failed(status=404), True),
        (failed(status=302), True),
        (failed(error_class="ConnectError", error_classes=REFUSED), False),
        (failed(error_class="Timeout", timed_out=True, was_interrupted=True), False),
        (failed(error_class="InvalidRequest"), None),
        (failed(error_class="BodyTooLarge"), None),
    ],
)
def test_an_http_target_is_to_blame_for_what_it_answers_and_for_not_answering(outcome, well):
    assert is_well("http", outcome) is well


@pytest.mark.parametrize(
    ("outcome", "well"),
    [
        (Completed(), True),
        (failed(error_class="shop.Down"), False),
        (failed(error_class="Timeout", timed_out=True, was_interrupted=True), False),
        (failed(error_class="shop.WrongCard", is_final=True), None),
        (failed(error_class="shop.Down", was_interrupted=True), None),
        (failed(error_class="NotRegistered"), None),
        (failed(error_class="ExpressionError"), None),
    ],
)
def test_a_task_is_to_blame_for_what_may_be_tried_again(outcome, well):
    assert is_well("task", outcome) is well


@pytest.mark.parametrize(
    "outcome", [None, Cancelled(), Released(), Lost(), Skipped(), Waiting(NOON), Deferred(NOON)]
)
@pytest.mark.parametrize("kind", ["http", "task"])
def test_what_was_not_carried_through_says_nothing(kind, outcome):
    assert is_well(kind, outcome) is None
