"""`./dev demo`, as a script and as a person would run it. Needs no database of the test session."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.acceptance.processes import ROOT, eventually

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(240)]

OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "HORARIUM_ENV", "PORT", "PYTEST_CURRENT_TEST")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A place with a space in its name that PostgreSQL's own account may enter."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o711)
    return tmp_path / "my demo"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def demo(*arguments: str) -> "subprocess.Popen[str]":
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    return subprocess.Popen(
        [sys.executable, "-m", "scheduler_project.demo", *arguments],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@contextmanager
def serving(data: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    process = demo("--data", str(data), "--port", str(port))
    try:
        eventually(lambda: answers(port), within=90, what="the demonstration serves")
        yield process
    finally:
        process.kill()
        process.communicate()


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def test_once_reaches_every_end_prints_a_table_and_leaves_nothing_behind(data: Path) -> None:
    process = demo("--once", "--data", str(data), "--port", str(free_port()))
    seen: set[int] = set()
    output = ""
    while process.returncode is None:
        with suppress(subprocess.TimeoutExpired):
            output = process.communicate(timeout=0.2)[0]
        with suppress(psutil.NoSuchProcess):
            seen |= {child.pid for child in psutil.Process(process.pid).children(recursive=True)}

    assert process.returncode == 0, output
    assert output.count("  ok") == 7
    assert "becomes a dead letter" in output
    account = json.loads((data / "account.json").read_text())
    assert account["password"] in output
    assert (data / "account.json").stat().st_mode & 0o077 == 0
    assert not [pid for pid in seen if psutil.pid_exists(pid)]
    assert (data / "reports" / "api-digest.md").exists()


def test_sigterm_stops_everything_within_ten_seconds_and_the_data_is_kept(data: Path) -> None:
    port = free_port()
    with serving(data, port) as process:
        family = psutil.Process(process.pid).children(recursive=True)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert time.monotonic() - began < 10
    assert not [child for child in family if child.is_running()]

    again = demo("--password", "--data", str(data))
    assert json.loads((data / "account.json").read_text())["password"] in again.communicate()[0]


def test_a_child_that_dies_is_started_again(data: Path) -> None:
    port = free_port()
    with serving(data, port) as process:
        web = _child(process.pid, "uvicorn")
        web.kill()
        eventually(lambda: not web.is_running() and answers(port), within=30, what="web serves again")
        process.send_signal(signal.SIGINT)
        process.wait(10)


def test_a_second_demonstration_and_a_taken_port_are_refused_in_one_sentence(data: Path) -> None:
    port = free_port()
    with serving(data, port) as process:
        taken = demo("--data", str(data.with_name("other")), "--port", str(port))
        assert f"Port {port} is taken" in taken.communicate()[0]
        second = demo("--data", str(data), "--port", str(free_port()))
        said = second.communicate()[0]
        assert "already running" in said
        assert "Traceback" not in said
        assert (taken.returncode, second.returncode) == (1, 1)
        process.terminate()
        process.wait(10)


def _child(pid: int, word: str) -> psutil.Process:
    children = psutil.Process(pid).children(recursive=True)
    return next(child for child in children if any(word in part for part in child.cmdline()))
