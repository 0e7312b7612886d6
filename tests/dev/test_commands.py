"""./dev says what is wrong in one sentence, also to a Python that is too old."""

import ast
import errno
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.dev.conftest import ROOT


@pytest.fixture
def old_python(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Pretend to be Python 3.9; return the only directory on the PATH."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def put(program: Path, *, status: int) -> None:
    program.write_text(f"#!/bin/sh\nexit {status}\n")
    program.chmod(0o755)


def test_the_script_can_be_read_by_python_3_6() -> None:
    ast.parse((ROOT / "dev").read_text(), feature_version=(3, 6))


def test_an_old_python_without_a_newer_one_is_told_what_to_install(
    script: ModuleType, old_python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert script.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(
        "Horarium needs Python 3.11 or newer, and this is 3.9 with no newer one on the PATH; "
    )
    assert said.count("\n") == 1


def test_an_old_python_hands_over_to_a_newer_one_that_works(
    script: ModuleType, old_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(old_python / "python3.13", status=127)  # a pyenv shim without its Python
    put(old_python / "python3.12", status=0)
    became: list[str] = []
    monkeypatch.setattr(os, "execv", lambda path, _: became.append(path))

    script.main(["demo"])

    assert became == [str(old_python / "python3.12")]


def test_a_python_without_venv_names_the_package(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else object())

    with pytest.raises(script.Trouble, match=r"apt-get install python3\.\d+-venv"):
        script.require_venv_module()


def test_uv_needs_no_venv_module(script: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put(tmp_path / "uv", status=0)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)

    script.require_venv_module()


def test_locking_without_uv_says_so(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    assert script.main(["lock"]) == 1
    assert "needs uv on the PATH" in capsys.readouterr().err


def test_an_unknown_command_is_refused(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main(["fly"]) == 2
    assert "no command 'fly'" in capsys.readouterr().err


def test_help_names_every_command(script: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    assert script.main([]) == 0

    said = capsys.readouterr().out
    assert all(f"  {name} " in said for name in script.COMMANDS if not name.startswith("-"))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("OSError: [Errno 28] No space left on device", "is full; free about 1 GB"),
        ("Failed to establish a new connection: [Errno 111]", "connect to the network"),
        ("error: dns error: failed to lookup address", "connect to the network"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM", "is not the one that was locked"),
        ("ERROR: No matching distribution found for x==1", "no fitting file of a locked package"),
        ("something else", "Installing failed:\nsomething else"),
    ],
)
def test_what_pip_says_becomes_a_sentence_with_a_remedy(script: ModuleType, said: str, expected: str) -> None:
    assert expected in script.explain_output(said, doing="Installing")


@pytest.mark.parametrize(
    ("number", "expected"),
    [(errno.ENOSPC, "is full; free about 1 GB"), (errno.EACCES, "cannot be used (permission denied)")],
)
def test_what_the_system_refuses_becomes_a_sentence_with_a_remedy(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
    expected: str,
) -> None:
    monkeypatch.setattr(script, "set_up", raising(OSError(number, os.strerror(number), ".venv")))

    assert script.main(["demo"]) == 1
    assert expected in capsys.readouterr().err


def raising(error: BaseException) -> Callable[[object], None]:
    def refuse(_: object) -> None:
        raise error

    return refuse


def test_ctrl_c_is_no_traceback(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "set_up", raising(KeyboardInterrupt()))

    assert script.main(["demo"]) == 130


def test_lint_runs_every_check_and_names_those_that_failed(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    checks = {"bad": ["false"], "good": ["true"], "worse": ["false"]}
    monkeypatch.setattr(script, "set_up", lambda _: None)
    monkeypatch.setattr(script, "lint_commands", lambda: checks)

    assert script.main(["lint"]) == 1
    assert capsys.readouterr().err.endswith("Failed: bad, worse.\n")
