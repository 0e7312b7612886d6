"""The entry script as a module, and a clone whose only package needs no network."""

import base64
import hashlib
import importlib.util
import os
import subprocess
import sys
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEMO = (
    "import sys, tiny\nprint('demo', tiny.NAME, *sys.argv[1:])\nsys.exit(7 if '--seven' in sys.argv else 0)\n"
)


class Clone:
    """A checkout with one package that pip installs from a file."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def dev(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self.start(*arguments).finish()

    def start(self, *arguments: str) -> "Running":
        return Running([sys.executable, str(self.root / "dev"), *arguments])


class Running:
    """A ./dev that has been started."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PIP_NO_INDEX": "1"},
        )

    def finish(self) -> "subprocess.CompletedProcess[str]":
        out, err = self.process.communicate()
        return subprocess.CompletedProcess(self.process.args, self.process.returncode, out, err)


@pytest.fixture
def script() -> ModuleType:
    """Return ./dev, imported afresh."""
    loader = SourceFileLoader("dev_script", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("dev_script", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    """Return a fresh clone."""
    return make_clone(tmp_path)


@pytest.fixture(scope="session")
def lasting_clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone that several tests use: a virtual environment takes seconds to make."""
    return make_clone(tmp_path_factory.mktemp("lasting"))


def make_clone(directory: Path) -> Clone:
    """Make a clone in a path with a space."""
    root = directory / "a clone"
    (root / "scheduler_project").mkdir(parents=True)
    (root / "dev").write_bytes((ROOT / "dev").read_bytes())
    (root / "scheduler_project" / "demo.py").write_text(DEMO)
    wheel = tiny_wheel(directory)
    lock = f"tiny @ {wheel.as_uri()} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"
    (root / "requirements.lock").write_text(lock)
    (root / "requirements-dev.lock").write_text(lock)
    return Clone(root)


def tiny_wheel(directory: Path) -> Path:
    """Write the smallest package that pip takes."""
    files = {
        "tiny.py": "NAME = 'tiny'\n",
        "tiny-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: tiny\nVersion: 1\n",
        "tiny-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},sha256={digest(text)},{len(text)}\n" for name, text in files.items())
    path = directory / "tiny-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in files.items():
            wheel.writestr(name, text)
        wheel.writestr("tiny-1.dist-info/RECORD", record + "tiny-1.dist-info/RECORD,,\n")
    return path


def digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
