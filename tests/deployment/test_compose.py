"""The files that describe production say what the supervisor does."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduler_project import processes
from scheduler_project.environment import Environment

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = tuple(processes.PROCESSES)
IN_A_CONTAINER = {"HOST": "0.0.0.0", "PORT": "8000"}
# Read by the images of PostgreSQL and Redis, and put together into the addresses of ours.
OF_THE_IMAGES = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
MENTIONED = re.compile(r"\$\{(\w+)")


def filled(words: list[str], env: Mapping[str, str] = IN_A_CONTAINER) -> list[str]:
    return [processes.expand(word, env=env) for word in words]


def test_every_part_of_the_platform_is_a_service() -> None:
    assert set(SERVICES) == {"postgres", "redis", *OURS}


@pytest.mark.parametrize("name", OURS)
@pytest.mark.parametrize("extra", [{}, {"HORARIUM_WORKER_CONCURRENCY": "9", "HORARIUM_WORKER_QUEUES": "a,b"}])
def test_a_service_runs_the_command_of_the_process_table(name: str, extra: dict[str, str]) -> None:
    env = IN_A_CONTAINER | extra

    expected = processes.command(name, env=env, python="python")

    assert filled(SERVICES[name]["command"], env) == expected


@pytest.mark.parametrize("name", OURS)
def test_a_service_has_the_environment_of_the_process_table(name: str) -> None:
    expected = processes.PROCESSES[name].environment

    assert expected.items() <= SERVICES[name]["environment"].items()


def test_the_image_runs_web_unless_told_otherwise() -> None:
    command = re.search(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)

    assert command
    assert json.loads(command[1]) == SERVICES["web"]["command"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_a_health_check(name: str) -> None:
    check = SERVICES[name]["healthcheck"]["test"]

    assert check[0] in {"CMD", "CMD-SHELL"}
    if name in processes.LASTING:
        assert check[1:] == ["python", "-m", "scheduler_project.healthcheck", name]


@pytest.mark.parametrize("name", OURS)
def test_every_variable_of_our_services_is_a_setting(name: str) -> None:
    assert set(SERVICES[name]["environment"]) <= Environment.env_names()


def test_every_variable_of_the_file_is_a_setting_or_the_images_own() -> None:
    mentioned = set(MENTIONED.findall((ROOT / "docker-compose.yml").read_text()))

    assert mentioned <= Environment.env_names() | OF_THE_IMAGES


def test_every_variable_of_the_image_is_a_setting_or_pythons_own() -> None:
    lines = re.findall(r"^ENV (.*)$", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    names = {word.partition("=")[0] for line in lines for word in line.split()}

    assert {name for name in names if not name.startswith(("PIP_", "PYTHON"))} - {
        "PATH"
    } <= Environment.env_names()


@pytest.mark.parametrize("name", ["SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD"])
def test_a_secret_has_no_default(name: str) -> None:
    text = (ROOT / "docker-compose.yml").read_text()

    uses = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)

    assert uses
    assert all(use.startswith(":?") for use in uses)


@pytest.mark.parametrize("name", ["beat", "worker"])
def test_beat_and_worker_can_be_scaled(name: str) -> None:
    assert "container_name" not in SERVICES[name]
    assert "ports" not in SERVICES[name]


@pytest.mark.parametrize("name", processes.LASTING)
def test_nothing_starts_before_the_migrations_are_done(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_postgresql_keeps_its_data_where_images_from_18_on_do() -> None:
    assert SERVICES["postgres"]["image"] == "postgres:18"
    assert SERVICES["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]


def test_the_image_runs_without_rights_and_checks_what_it_installs() -> None:
    text = (ROOT / "Dockerfile").read_text()

    assert text.count("\nFROM ") == 2
    assert "\nUSER horarium\n" in text
    assert "--require-hashes" in text
