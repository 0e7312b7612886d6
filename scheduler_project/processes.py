"""The one table of process commands: the supervisor, the image and docker-compose run these.

A word may hold `${NAME}` or `${NAME:-default}`, as docker-compose writes it.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

PLACEHOLDER = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")


@dataclass(frozen=True)
class ProcessType:
    """One kind of process.

    `stop_phase` orders the stop: phase 0 first, so that nothing new starts while the workers drain.
    """

    command: tuple[str, ...]
    stop_phase: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)


WEB = ProcessType(
    command=(
        *("python", "-m", "uvicorn", "scheduler_project.asgi:application"),
        *("--host", "${HOST:-127.0.0.1}", "--port", "${PORT:-8000}"),
        *("--http", "scheduler_project.heads:BoundedHeads"),
        *("--ws", "websockets-sansio", "--ws-max-size", "65536", "--lifespan", "off", "--no-access-log"),
        # Whom to believe about addresses is a setting of ours; uvicorn would believe anybody on this machine.
        "--no-proxy-headers",
        *("--timeout-graceful-shutdown", "5"),
    ),
    environment={"HORARIUM_ROLE": "web"},
)
BEAT = ProcessType(
    command=(
        *("python", "-m", "celery", "-A", "scheduler_project", "--quiet", "beat"),
        *("--scheduler", "schedules.beat:Scheduler", "--pidfile=", "--loglevel", "info"),
    ),
    environment={"HORARIUM_ROLE": "beat"},
)
WORKER = ProcessType(  # its queues and concurrency come from the settings
    command=(
        *("python", "-m", "celery", "-A", "scheduler_project", "--quiet", "worker", "-n", "worker@%h"),
        *("--without-mingle", "--without-gossip", "--without-heartbeat", "--loglevel", "info"),
    ),
    stop_phase=1,
    environment={"HORARIUM_ROLE": "worker"},
)
MIGRATE = ProcessType(command=("python", "manage.py", "migrate", "--noinput"))

PROCESSES: Mapping[str, ProcessType] = {"web": WEB, "beat": BEAT, "worker": WORKER, "migrate": MIGRATE}
LASTING = ("web", "beat", "worker")  # what a supervisor keeps alive; `migrate` runs once, before


def command(name: str, *, env: Mapping[str, str], python: str = sys.executable) -> list[str]:
    """Return the words of process `name` with the placeholders filled from `env`, run by `python`."""
    words = [expand(word, env=env) for word in PROCESSES[name].command]
    return [python, *words[1:]]


def expand(word: str, *, env: Mapping[str, str]) -> str:
    """Fill the placeholders; as in docker-compose, an empty variable counts as missing."""
    return PLACEHOLDER.sub(lambda match: env.get(match["name"]) or match["default"] or "", word)
