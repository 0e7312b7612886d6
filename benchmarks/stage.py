"""What the benchmarks run on: servers of their own, two databases, and nothing of it left afterwards."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

from benchmarks import stamps
from benchmarks.broker import Broker
from benchmarks.database import Database, named
from benchmarks.processes import ROOT, Failed, Running, running
from benchmarks.progress import say
from scheduler_project import embedded, processes
from scheduler_project.embedded.place import free_port
from scheduler_project.environment import Environment
from scheduler_project.watchdog import Watchdog

PEERS = "peers"  # name of their database
SETTINGS = "DJANGO_SETTINGS_MODULE"
CONCURRENCY = 2  # of every worker


@dataclass(frozen=True, slots=True)
class Stage:
    """The servers, and how processes are started on them."""

    database: Database
    broker: Broker
    peer_database: Database
    peer_broker: Broker
    env: dict[str, str] = field(repr=False)
    logs: Path
    watchdog: Watchdog

    def platform(
        self, name: str, *, number: int = 1, **changes: str
    ) -> contextlib.AbstractContextManager[Running]:
        """Run a process of the platform; `number` tells those of one kind apart."""
        env = {**self.env, **processes.PROCESSES[name].environment, **changes}
        return self._running(f"horarium-{name}-{number}", processes.command(name, env=env), env)

    def peer(self, app: str, *command: str, **changes: str) -> contextlib.AbstractContextManager[Running]:
        """Run a Celery command of a peer, such as `worker`."""
        words = [sys.executable, "-m", "celery", "-A", f"benchmarks.peers.{app}", "--quiet", *command]
        return self._running(f"{app}-{command[0]}", words, self.env | changes)

    def peer_worker(self, app: str, **changes: str) -> contextlib.AbstractContextManager[Running]:
        """Run a peer's worker, of the same concurrency as ours."""
        return self.peer(app, "worker", "-n", f"{app}@%h", "--concurrency", str(CONCURRENCY), **changes)

    def run(self, *words: str, **changes: str) -> str:
        """Run a Python command to its end and return what it printed."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=ROOT,
            env=self.env | changes,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise Failed(f"{' '.join(words)} ended:\n{done.stderr[-3_000:]}")
        return done.stdout

    def _running(
        self, name: str, command: list[str], env: dict[str, str]
    ) -> contextlib.AbstractContextManager[Running]:
        log = self.logs / f"{name}.log"
        return running(command, env=env, log=log, watchdog=self.watchdog)


@contextlib.contextmanager
def ready() -> Iterator[Stage]:
    """Start the servers, fill the environment of this process and migrate; undo it all at the end."""
    signal.signal(signal.SIGTERM, _leave)
    with contextlib.ExitStack() as stack:
        # As root the servers run under another account, which must get in.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="horarium-bench-")))
        directory.chmod(0o711)
        say("starting PostgreSQL and Valkey")
        servers = stack.enter_context(embedded.running(directory / "servers", durable=True))
        env = _environment(servers)
        os.environ.clear()
        os.environ.update({**env, SETTINGS: "scheduler_project.settings"})
        stage = _stage(env, logs=directory, stack=stack)
        say("migrating")
        stage.run("manage.py", "migrate", "--noinput", HORARIUM_ROLE="command")
        stage.run("-m", "django", "migrate", "--noinput", **{SETTINGS: "benchmarks.peers.settings"})
        yield stage


def _environment(servers: embedded.Servers) -> dict[str, str]:
    # Each application names its own settings; bare Celery must not find any.
    dropped = {SETTINGS, *Environment.env_names()}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return {
        **kept,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": _redis(servers.redis_url, 0),
        "HORARIUM_ENV": "production",
        "HORARIUM_ROLE": "worker",  # this process's connections are kept as a worker's are
        "HORARIUM_LOG_LEVEL": "WARNING",
        "HORARIUM_TASK_MODULES": "benchmarks.tasks",
        "HORARIUM_WORKER_CONCURRENCY": str(CONCURRENCY),
        "PORT": str(free_port()),
        "SECRET_KEY": secrets.token_urlsafe(48),
        "PEER_DATABASE_URL": named(servers.database_url, PEERS),
        "PEER_BROKER_URL": _redis(servers.redis_url, 1),
        stamps.URL: _redis(servers.redis_url, 2),
    }


def _stage(env: dict[str, str], *, logs: Path, stack: contextlib.ExitStack) -> Stage:
    database = Database(env["DATABASE_URL"])
    stack.callback(database.close)
    database.execute(f"CREATE DATABASE {PEERS}")
    peer_database = Database(env["PEER_DATABASE_URL"])
    stack.callback(peer_database.close)
    return Stage(
        database,
        Broker(env["REDIS_URL"]),
        peer_database,
        Broker(env["PEER_BROKER_URL"]),
        env,
        logs,
        stack.enter_context(Watchdog()),
    )


def _redis(url: str, number: int) -> str:
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def _leave(number: int, frame: FrameType | None) -> None:
    """End like Ctrl-C, so that the clean-up runs."""
    del number, frame
    raise KeyboardInterrupt
