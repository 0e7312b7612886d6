"""A data directory with a space in its name, and launchers that can be killed."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from scheduler_project import embedded

LAUNCH = """
import json, sys
from pathlib import Path
from scheduler_project import embedded
with embedded.running(Path(sys.argv[1]), durable=sys.argv[2] == "durable") as servers:
    servers.announce("http://127.0.0.1:8000/")
    print(json.dumps([servers.database_url, servers.redis_url]), flush=True)
    sys.stdin.read()
"""


@dataclass(frozen=True)
class Launcher:
    """A process that runs servers until it is told to stop, or killed."""

    process: "subprocess.Popen[str]"
    database_url: str
    redis_url: str


Launch = Callable[..., Launcher]


@pytest.fixture
def new_dir() -> Iterator[Path]:
    """Yield a place that the servers' account can get into, as a user's checkout is; nothing is there yet."""
    with tempfile.TemporaryDirectory(prefix="horarium-embedded-") as parent:
        Path(parent).chmod(0o755)
        directory = Path(parent) / "my data"
        yield directory
        with contextlib.suppress(FileNotFoundError):
            embedded.remove(directory)


@pytest.fixture
def data_dir(new_dir: Path, template: Path) -> Path:
    """Return a directory as an earlier start left it: a copy is quicker than an initialisation."""
    subprocess.run(["cp", "-a", template, new_dir], check=True)
    return new_dir


@pytest.fixture(scope="session")
def template() -> Iterator[Path]:
    """Yield the directory that `data_dir` copies."""
    with tempfile.TemporaryDirectory(prefix="horarium-template-") as parent:
        Path(parent).chmod(0o755)
        with embedded.running(Path(parent) / "data", durable=False):
            pass
        yield Path(parent) / "data"


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Yield a function that starts a launcher on a directory."""
    with contextlib.ExitStack() as stack:

        def start(directory: Path, durability: str = "durable") -> Launcher:
            command = [sys.executable, "-c", LAUNCH, str(directory), durability]
            process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            stack.enter_context(process)
            stack.callback(process.kill)
            assert process.stdout
            return Launcher(process, *json.loads(process.stdout.readline()))

        yield start


@pytest.fixture
def private_home() -> Iterator[Path]:
    """Yield a directory that only this user may enter, as /root is."""
    directory = Path(tempfile.mkdtemp(prefix="horarium-private-"))
    yield directory
    shutil.rmtree(directory)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes accounts")
