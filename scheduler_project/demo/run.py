"""Run the platform: migrate, seed, supervise, show."""

import os
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

from scheduler_project.demo import account as accounts
from scheduler_project.demo.platform import DemoError, Site
from scheduler_project.supervisor import Supervisor, platform_processes, stopping_on_signals

if TYPE_CHECKING:  # Django's applications load only after the environment is known
    from organizations.models import Organization
    from scheduler_project.demo.live import LiveLines

SERVING_SECONDS = 60.0  # a slow machine's first start
ONCE_SECONDS = 120.0
LOOK_SECONDS = 0.25
STOP_SECONDS = 8.0  # leaves the servers two of the ten seconds


def run(site: Site, *, data_dir: Path, once: bool) -> int:
    """Run until someone asks to stop, or with `once` until each demonstration has reached its end."""
    os.environ.update(site.env)
    import django

    django.setup()
    _migrate()
    supervisor = Supervisor(platform_processes(site.env), env=site.env)
    with stopping_on_signals(supervisor):
        try:
            supervisor.start()
            return _show(site, supervisor, data_dir=data_dir, once=once)
        finally:
            say("Stopping …")
            supervisor.stop(timeout=STOP_SECONDS)


def _migrate() -> None:
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        say("Creating the tables …")
        call_command("migrate", verbosity=0, interactive=False)
    connection.close()


def _show(site: Site, supervisor: Supervisor, *, data_dir: Path, once: bool) -> int:
    import clock
    from scheduler_project.demo.live import LiveLines
    from scheduler_project.demo.seed import seed

    account = accounts.load(data_dir)
    is_first = account is None
    account = account or accounts.create(data_dir)
    since = clock.now()
    _await_serving(site, supervisor)
    organization = seed(base_url=site.base_url, folder=data_dir / "reports", account=account)
    _greet(site, account, is_first=is_first)

    lines = LiveLines(organization, since=since, echo=say)
    if once:
        return _until_done(lines, supervisor, organization=organization, since=since)
    while not supervisor.wait(LOOK_SECONDS):
        lines.print_new()
    return 0


def _await_serving(site: Site, supervisor: Supervisor) -> None:
    until = time.monotonic() + SERVING_SECONDS
    while not _is_serving(site.base_url):
        if supervisor.wait(0.05):
            raise KeyboardInterrupt
        if time.monotonic() > until:
            raise DemoError(f"The web process does not answer at {site.base_url}; the lines above say why.")


def _is_serving(base_url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{base_url}/healthz", timeout=2) as answer:  # noqa: S310 - ours
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _greet(site: Site, account: accounts.Account, *, is_first: bool) -> None:
    password = account.password if is_first else "(./dev password prints it)"
    say("")
    say(f"  Horarium is running:  {site.base_url}/admin/")
    say(f"  API:                  {site.base_url}/api/v1/docs/")
    say(f"  Account:              {account.username}   {password}")
    say("  Stop with Ctrl-C; the data is kept (./dev demo --fresh starts over).")
    say("")


def _until_done(
    lines: "LiveLines", supervisor: Supervisor, *, organization: "Organization", since: datetime
) -> int:
    from scheduler_project.demo import once

    until = time.monotonic() + ONCE_SECONDS
    while True:
        lines.print_new()
        seen = once.look(organization, since=since)
        if all(item.is_met for item in seen) or time.monotonic() > until:
            break
        if supervisor.wait(LOOK_SECONDS):
            raise KeyboardInterrupt
    say("\n" + once.table(seen))
    missing = [item for item in seen if not item.is_met]
    for item in missing:
        say(f"{item.expectation.workflow} should have: {item.expectation.words}; {item.reason()}.")
    return 1 if missing else 0


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
