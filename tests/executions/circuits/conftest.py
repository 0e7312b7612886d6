"""Steps that call a target, and workers that know nothing yet."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from executions.circuits import process
from executions.circuits.rows import Key
from executions.models import Circuit
from executions.steps import Call
from organizations.models import Organization
from tests.executions.circuits.test_breaker import NOON
from workflows.definition import HttpStep, load_definition

TARGET = "http:api.example"
BREAKER = {"failures": 0.5, "minimum": 4, "window": "60s", "pause": "30s"}


@pytest.fixture(autouse=True)
def _new_process() -> Iterator[None]:
    process.forget()
    yield
    process.forget()


@pytest.fixture
def key(organization: Organization) -> Key:
    return Key(organization.pk, TARGET)


@pytest.fixture
def make_call(organization: Organization) -> Callable[..., Call]:
    """Make the call of an attempt, so many seconds after noon."""

    def make(after: float = 0, *, waited: float = 0, **facts: Any) -> Call:
        now = NOON + timedelta(seconds=after)
        usual = {
            "execution_id": uuid4(),
            "organization_id": organization.pk,
            "step_run_id": uuid4(),
            "step": "call",
            "attempt": 1,
            "now": now,
            "resume_at": None,
            "created_at": now - timedelta(seconds=waited),
            "variables": {"input": {}},
        }
        return Call(**{**usual, **facts})

    return make


def step(**fields: Any) -> HttpStep:
    """Return a step that calls the target."""
    data = {
        "id": "call",
        "kind": "http",
        "url": "http://api.example/x",
        "timeout": "10s",
        "circuit_breaker": BREAKER,
        **fields,
    }
    (made,) = load_definition({"steps": [data]}).steps
    assert isinstance(made, HttpStep)
    return made


def row() -> Circuit:
    """Return the only circuit's row."""
    return Circuit.objects.get()


def at(seconds: float) -> datetime:
    """Return the instant so many seconds after noon."""
    return NOON + timedelta(seconds=seconds)
