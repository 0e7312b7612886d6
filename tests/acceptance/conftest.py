"""What stories of real processes share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings

from tests.acceptance.shapes import Load, make_load
from tests.conftest import MakeWorkflow


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in the session's Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def load(make_workflow: MakeWorkflow, tmp_path: Path) -> Load:
    """Return executions of several shapes to be started, with a witness outside of the database."""
    return make_load(make_workflow, tmp_path)
