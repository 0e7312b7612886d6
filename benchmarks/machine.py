"""The machine that the figures come from, without its name or paths."""

import os
import platform
from importlib.metadata import version
from pathlib import Path

from benchmarks.broker import Broker
from benchmarks.database import Database

PACKAGES = ("celery", "kombu", "django", "psycopg", "redis", "django-celery-beat", "django-celery-results")


def describe(database: Database, broker: Broker) -> dict[str, str]:
    """Return the facts that figures depend on."""
    info = broker.client.info("server")
    return {
        "CPU": f"{_cpu()}, {os.cpu_count()} cores",
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f} GiB",
        "load before": f"{os.getloadavg()[0]:.2f}",
        "kernel": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": ", ".join(
            [
                str(database.value("SHOW server_version")),
                *(f"{name} {database.value('SHOW ' + name)}" for name in ("fsync", "synchronous_commit")),
            ]
        ),
        "broker": f"Valkey {info['valkey_version']}" if "valkey_version" in info else info["redis_version"],
        "packages": ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
