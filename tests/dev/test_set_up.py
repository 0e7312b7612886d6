"""./dev sets itself up, once, and mends what was broken off."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from tests.dev.conftest import Clone


@pytest.fixture
def installed(lasting_clone: Clone) -> Clone:
    """Return a clone that is set up."""
    lasting_clone.dev("demo")
    return lasting_clone


@pytest.fixture
def at_clone(script: ModuleType, installed: Clone, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return ./dev as the module that works on the clone."""
    monkeypatch.setattr(script, "ROOT", installed.root)
    monkeypatch.setattr(script, "RUNTIME", installed.root / "requirements.lock")
    monkeypatch.setattr(script, "DEVELOPMENT", installed.root / "requirements-dev.lock")
    look_at(script, installed.root / ".venv", monkeypatch)
    return script


def look_at(script: ModuleType, venv: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(script, "VENV", venv)
    monkeypatch.setattr(script, "PYTHON", venv / "bin" / "python")


def test_two_first_runs_at_once_install_once_and_both_run(clone: Clone) -> None:
    started = [clone.start("demo", "--once"), clone.start("demo", "--once")]
    done = [running.finish() for running in started]

    assert [one.stdout for one in done] == ["demo tiny --once\n"] * 2
    assert sum("Creating .venv" in one.stderr for one in done) == 1
    assert sum("Installing" in one.stderr for one in done) == 1


def test_a_later_run_only_runs_and_passes_the_exit_status_on(installed: Clone) -> None:
    done = installed.dev("demo", "--seven")

    assert (done.stdout, done.stderr, done.returncode) == ("demo tiny --seven\n", "", 7)


def test_a_changed_lock_is_installed_into_the_same_environment(installed: Clone) -> None:
    with (installed.root / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")

    done = installed.dev("demo")

    assert "Installing" in done.stderr
    assert "Creating" not in done.stderr


def test_the_development_lock_covers_the_runtime(installed: Clone) -> None:
    with (installed.root / "requirements-dev.lock").open("a") as lock:
        lock.write("# changed\n")
    (installed.root / ".venv" / "requirements.lock.installed").unlink()

    installed.dev("bench")

    assert installed.dev("demo").stderr == ""


def test_an_installation_that_was_broken_off_starts_over(installed: Clone) -> None:
    (installed.root / ".venv" / ".installing").touch()
    next(installed.root.glob(".venv/lib/*/site-packages/tiny.py")).unlink()

    done = installed.dev("demo")

    assert done.stdout == "demo tiny\n"
    assert "Creating .venv" in done.stderr


def test_a_package_that_cannot_be_had_is_one_sentence(installed: Clone) -> None:
    lock = installed.root / "requirements.lock"
    former = lock.read_text()
    lock.write_text(f"tiny==2 --hash=sha256:{'0' * 64}\n")

    done = installed.dev("demo")
    lock.write_text(former)

    assert done.returncode == 1
    assert installed.dev("demo").stderr == "", "what was there has been touched"
    assert done.stderr.splitlines()[-1].startswith("The package index has no fitting file")


def test_what_was_set_up_is_usable(at_clone: ModuleType) -> None:
    assert at_clone.is_current(at_clone.RUNTIME)
    assert at_clone.is_usable()


def move(venv: Path) -> Path:
    return venv.rename(venv.with_name("elsewhere"))


def remove_python(venv: Path) -> Path:
    (venv / "bin" / "python").rename(venv / "bin" / "gone")
    return venv


def leave_half_filled(venv: Path) -> Path:
    (venv / ".installing").touch()
    return venv


@pytest.mark.parametrize("damage", [move, remove_python, leave_half_filled])
def test_a_damaged_environment_is_made_anew(
    at_clone: ModuleType, damage: Callable[[Path], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    venv = at_clone.VENV
    damaged = damage(venv)
    look_at(at_clone, damaged, monkeypatch)

    assert not at_clone.is_current(at_clone.RUNTIME)
    assert not at_clone.is_usable()

    repair(damaged, venv)


def repair(damaged: Path, venv: Path) -> None:
    damaged.rename(venv)
    if (venv / "bin" / "gone").is_symlink():
        (venv / "bin" / "gone").rename(venv / "bin" / "python")
    (venv / ".installing").unlink(missing_ok=True)
