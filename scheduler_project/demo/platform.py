"""Where the demonstration runs: its directory, its environment, its servers."""

import contextlib
import os
import secrets
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scheduler_project import embedded

ROOT = Path(__file__).resolve().parents[2]
DATA_DIR = ROOT / ".data" / "demo"
HOST = "127.0.0.1"
TASKS = "scheduler_project.demo.tasks"


class DemoError(Exception):
    """Something that the person at the keyboard can mend; the message is one sentence that says how."""


@dataclass(frozen=True)
class Site:
    """A running pair of servers and the environment that the platform's processes get."""

    env: dict[str, str]
    base_url: str


@contextlib.contextmanager
def servers(*, data_dir: Path, port: int) -> Iterator[Site]:
    """Start, or adopt, the embedded servers; with DATABASE_URL and REDIS_URL set, use those instead."""
    data_dir.mkdir(parents=True, exist_ok=True)
    given = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if all(given):
        yield _site(data_dir, port=port, database_url=str(given[0]), redis_url=str(given[1]))
        return
    if any(given):
        raise DemoError("Set both DATABASE_URL and REDIS_URL, or neither: one of them is missing.")
    with embedded.running(data_dir / "servers") as running:
        site = _site(data_dir, port=port, database_url=running.database_url, redis_url=running.redis_url)
        running.announce(site.base_url)
        yield site


@contextlib.contextmanager
def servers_or_attached(*, data_dir: Path, port: int) -> Iterator[Site]:
    """Use the servers of a demonstration that is running, or start them for the length of the block."""
    running = embedded.attached(data_dir / "servers")
    if running is None:
        with servers(data_dir=data_dir, port=port) as site:
            yield site
    else:
        yield _site(data_dir, port=port, database_url=running.database_url, redis_url=running.redis_url)


def _site(data_dir: Path, *, port: int, database_url: str, redis_url: str) -> Site:
    ours = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "HOST": HOST,
        "DJANGO_SETTINGS_MODULE": "scheduler_project.settings",
        "HORARIUM_TASK_MODULES": _list_with("HORARIUM_TASK_MODULES", TASKS),
        "HORARIUM_HTTP_ALLOW": _list_with(
            "HORARIUM_HTTP_ALLOW", f"{HOST}:{port}"
        ),  # it asks for its own health
    }
    defaults = {
        "HORARIUM_ENV": "development",
        "HORARIUM_LOG_LEVEL": "WARNING",
        "UVICORN_LOG_LEVEL": "warning",
        "SECRET_KEY": _secret(data_dir / "secret"),
    }
    return Site({**defaults, **os.environ, **ours}, f"http://{HOST}:{port}")


def _list_with(name: str, ours: str) -> str:
    return ",".join(filter(None, (os.environ.get(name), ours)))


def _secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(48))
    return path.read_text()


def start_over(data_dir: Path) -> None:
    """Delete what earlier demonstrations left. Servers given by the environment are not touched."""
    embedded.remove(data_dir / "servers")
    shutil.rmtree(data_dir, ignore_errors=True)


def require_free_port(port: int) -> None:
    """Refuse a port that something listens on.

    Raises:
        DemoError: saying how to choose another.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"Port {port} is taken ({error.strerror}); stop what uses it, or run ./dev demo --port {port + 1}."
            ) from None
