"""`./dev demo`, `./dev password` and `./dev manage`."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from scheduler_project.demo import account, platform, run
from scheduler_project.embedded import EmbeddedServerError


def main(arguments: list[str]) -> int:
    """Do what the arguments ask, and say in one sentence what is in the way."""
    if arguments[:1] == ["--manage"]:
        return _guarded(lambda: _manage(arguments[1:]))
    options = _parser().parse_args(arguments)
    return _guarded(lambda: _print_password(options.data) if options.password else _demo(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="./dev demo", description="Run the platform on this machine.")
    parser.add_argument(
        "--once", action="store_true", help="end when every demonstration has reached its end"
    )
    parser.add_argument("--fresh", action="store_true", help="delete the data of earlier runs first")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT") or 8000), help="of the web process"
    )
    parser.add_argument("--data", type=Path, default=platform.DATA_DIR, help="where the data is kept")
    parser.add_argument("--password", action="store_true", help="print the account and end")
    return parser


def _guarded(act: Callable[[], int]) -> int:
    signal.signal(signal.SIGTERM, _leave)
    try:
        return act()
    except (platform.DemoError, EmbeddedServerError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(number: int, frame: FrameType | None) -> None:
    """End like Ctrl-C, so that servers which have just started are stopped again."""
    del number, frame
    raise KeyboardInterrupt


def _demo(options: argparse.Namespace) -> int:
    if options.fresh:
        platform.start_over(options.data)
    run.say("Starting PostgreSQL and Valkey …")
    with platform.servers(data_dir=options.data, port=options.port) as site:
        platform.require_free_port(options.port)
        return run.run(site, data_dir=options.data, once=options.once)


def _print_password(data_dir: Path) -> int:
    known = account.load(data_dir)
    if known is None:
        raise platform.DemoError("There is no account yet; ./dev demo makes one at its first start.")
    run.say(f"{known.username}   {known.password}")
    return 0


def _manage(arguments: list[str]) -> int:
    with platform.servers_or_attached(data_dir=platform.DATA_DIR, port=8000) as site:
        os.environ.update(site.env)
        from django.core.management import execute_from_command_line

        execute_from_command_line(["./dev manage", *arguments])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
