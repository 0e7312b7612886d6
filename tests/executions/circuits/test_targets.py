"""What a step calls, and which breaker guards it."""

import pytest

from executions.circuits.targets import MAX_TARGET, aim_of
from workflows.definition import CircuitBreaker, load_definition

OWN = {"failures": 0.1, "minimum": 3, "window": "10s", "pause": "5s"}


def aim(variables=None, **fields):
    (step,) = load_definition({"steps": [{"id": "s", **fields}]}).steps
    return aim_of(step, variables or {"input": {}})


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("https://api.example.com/v1/orders?token=secret", "http:api.example.com"),
        ("https://API.example.com:443/", "http:api.example.com"),
        ("http://user:secret@api.example.com:8080/", "http:api.example.com:8080"),
        ("http://[::1]:8080/", "http:[::1]:8080"),
        ("https://${{ input.tenant }}.example.com/x", "http:acme.example.com"),
    ],
)
def test_http_steps_are_guarded_per_host(url, target):
    found = aim({"input": {"tenant": "acme"}}, kind="http", url=url)

    assert (found.target, found.policy) == (target, CircuitBreaker())


def test_an_address_that_cannot_be_computed_or_read_is_no_target():
    assert aim(kind="http", url="${{ input.missing }}") is None
    assert aim({"input": {"url": 5}}, kind="http", url="${{ input.url }}") is None
    assert aim(kind="http", url="http://[::1") is None


def test_a_long_host_is_cut_off():
    assert len(aim(kind="http", url=f"http://{'a.' * 150}example/").target) == MAX_TARGET


def test_a_step_sets_its_own_breaker_or_none():
    assert aim(kind="http", url="http://a.example", circuit_breaker=False) is None
    assert aim(kind="http", url="http://a.example", circuit_breaker=OWN).policy.minimum == 3


def test_tasks_are_guarded_only_where_they_say_so():
    assert aim(kind="task", task="shop.charge") is None
    assert aim(kind="task", task="shop.charge", circuit_breaker=OWN).target == "task:shop.charge"


def test_what_calls_nothing_is_guarded_by_nothing():
    assert aim(kind="set", values={}, circuit_breaker=OWN) is None
    assert aim(kind="wait", duration="1s", circuit_breaker=OWN) is None
