"""Start real PostgreSQL and Redis for a test session, before anything reads the settings.

Loaded early (`-p tests.servers`): pytest-django reads the settings ahead of every conftest.py.
"""

import os
import secrets
import signal
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import pytest

from scheduler_project import embedded

OURS = "HORARIUM_TESTS_STARTED_SERVERS"  # set where the addresses were not given from outside


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Fill the environment first: a wrapper runs ahead of the plugins' own hooks."""
    os.environ["HORARIUM_ENV"] = "test"
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
    os.environ.setdefault("HORARIUM_HTTP_ALLOW", "127.0.0.1")  # where tests have their servers
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and OURS in os.environ:
        # Servers of its own: a writing transaction anywhere in a cluster delays the event log of all its databases.
        del os.environ["DATABASE_URL"], os.environ["REDIS_URL"]
        _start(early_config)
    elif worker:
        os.environ["REDIS_URL"] = own_redis_database(os.environ["REDIS_URL"], worker=worker)
    elif not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
        os.environ[OURS] = "1"
        _start(early_config)
    return (yield)


def own_redis_database(url: str, *, worker: str) -> str:
    """Return `url` with the database of an xdist worker: gw0 has 1, gw1 has 2, and so on."""
    number = int(worker.removeprefix("gw")) + 1
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def _start(config: pytest.Config) -> None:
    """Start the servers of this process."""
    stack = ExitStack()
    # Runs even when the session ends in a usage error or Ctrl-C, before any test.
    config.add_cleanup(stack.close)
    signal.signal(signal.SIGTERM, _leave)
    directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="horarium-tests-"))
    Path(directory).chmod(0o711)  # as root the servers run under another account
    try:
        servers = stack.enter_context(embedded.running(Path(directory) / "servers", durable=False))
    except embedded.EmbeddedServerError as error:
        raise pytest.UsageError(str(error)) from error
    os.environ.setdefault("DATABASE_URL", servers.database_url)
    os.environ.setdefault("REDIS_URL", servers.redis_url)


def _leave(number: int, frame: FrameType | None) -> None:
    """End like Ctrl-C, so that the clean-up runs."""
    del number, frame
    raise KeyboardInterrupt
