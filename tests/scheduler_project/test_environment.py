"""What the settings refuse, and in which words."""

import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from scheduler_project.environment import DEVELOPMENT_SECRET, Environment
from tests.acceptance.processes import ROOT

SAFE = {
    "HORARIUM_ENV": "production",
    "SECRET_KEY": "s" * 50,
    "DATABASE_URL": "postgres://h:p@db/h",
    "REDIS_URL": "redis://cache/0",
}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment that says nothing."""
    for name in Environment.env_names():
        monkeypatch.delenv(name, raising=False)


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Environment:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Environment()


def test_without_a_word_the_mode_is_production_and_nothing_starts() -> None:
    with pytest.raises(ValidationError, match="SECRET_KEY"):
        Environment()


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECRET_KEY", DEVELOPMENT_SECRET),
        ("SECRET_KEY", "short"),
        ("DEBUG", "1"),
        ("DATABASE_URL", ""),
        ("REDIS_URL", ""),
    ],
)
def test_production_refuses_an_unsafe_setting_and_names_it(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    with pytest.raises(ValidationError, match=variable):
        read(monkeypatch, **{**SAFE, variable: value})


def test_production_starts_with_safe_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read(monkeypatch, **SAFE)

    assert environment.mode == "production"
    assert not environment.debug


def test_lists_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read(
        monkeypatch, **SAFE, ALLOWED_HOSTS="a.example, b.example", HORARIUM_WORKER_QUEUES="x,y"
    )

    assert environment.allowed_hosts == ["a.example", "b.example"]
    assert environment.worker_queues == ["x", "y"]


def test_a_value_out_of_bounds_names_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="PORT"):
        read(monkeypatch, **SAFE, PORT="99999")


def test_a_process_with_unsafe_settings_ends_with_one_sentence() -> None:
    env = {"PATH": os.environ["PATH"], **SAFE, "DEBUG": "1"}

    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode != 0
    assert "DEBUG must not be set in production" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("key", ["short", "x" * 44, "é" * 43 + "="])
def test_a_malformed_key_is_named_and_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    with pytest.raises(ValidationError, match=r"HORARIUM_ENCRYPTION_KEYS\n.*urandom\(32\)") as refused:
        read(monkeypatch, **SAFE, HORARIUM_ENCRYPTION_KEYS=f"{'k' * 43}=, {key}")

    assert key not in str(refused.value)


def test_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = read(monkeypatch, **SAFE, HORARIUM_ENCRYPTION_KEYS=f"{'k' * 43}=,{'l' * 43}=")

    assert environment.encryption_keys == ["k" * 43 + "=", "l" * 43 + "="]
    assert "kkk" not in repr(environment)
    assert "sss" not in repr(environment)
