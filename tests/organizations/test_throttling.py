"""What may happen so often in a minute is counted for all processes together."""

import uuid

import pytest
from django.conf import settings

from organizations import throttling
from organizations.throttling import Counter, allowed

AT = 1_800_000_045.0  # 15 seconds before a minute ends


@pytest.fixture
def name() -> str:
    return f"test:{uuid.uuid4()}"


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing listen where Redis should be."""
    monkeypatch.setattr(throttling, "_counter", Counter())
    monkeypatch.setattr(settings, "REDIS_URL", "redis://127.0.0.1:1/0")


def test_what_is_over_the_limit_waits_for_the_next_minute(name: str):
    within = [allowed(name, limit=2, at=AT) for _ in range(2)]

    assert within == [None, None]
    assert allowed(name, limit=2, at=AT) == 15.0
    assert allowed(name, limit=2, at=AT + 14.5) == 0.5
    assert allowed(name, limit=2, at=AT + 15) is None


def test_another_name_has_a_count_of_its_own(name: str):
    assert allowed(name, limit=1, at=AT) is None
    assert allowed(name, limit=1, at=AT) == 15.0
    assert allowed(f"{name}:other", limit=1, at=AT) is None


def test_several_count_at_once(name: str):
    assert allowed(name, limit=10, at=AT, amount=10) is None
    assert allowed(name, limit=10, at=AT) == 15.0
    assert allowed(f"{name}:other", limit=10, at=AT, amount=11) == 15.0


def test_processes_count_together(name: str, monkeypatch: pytest.MonkeyPatch):
    allowed(name, limit=1, at=AT)

    monkeypatch.setattr(throttling, "_counter", Counter())

    assert allowed(name, limit=1, at=AT) == 15.0


def test_a_limit_of_zero_is_none_and_counts_nothing(name: str):
    assert [allowed(name, limit=0, at=AT) for _ in range(3)] == [None] * 3
    assert allowed(name, limit=1, at=AT) is None


def test_without_redis_everything_is_allowed(away: None, name: str):
    assert [allowed(name, limit=1, at=AT) for _ in range(3)] == [None] * 3


def test_while_redis_is_away_it_is_not_asked_each_time(
    away: None, name: str, caplog: pytest.LogCaptureFixture
):
    for _ in range(3):
        allowed(name, limit=1, at=AT)

    assert len([line for line in caplog.messages if "Redis is away" in line]) == 1
