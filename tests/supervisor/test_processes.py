"""The process table's placeholders mean what they mean to docker-compose."""

import pytest

from scheduler_project import processes


@pytest.mark.parametrize(
    ("env", "expected"),
    [({}, "4"), ({"N": ""}, "4"), ({"N": "9"}, "9")],
)
def test_a_placeholder_takes_the_variable_or_its_default(env: dict[str, str], expected: str) -> None:
    assert processes.expand("${N:-4}", env=env) == expected


def test_a_command_runs_under_the_given_python_with_its_placeholders_filled() -> None:
    words = processes.command("web", env={"PORT": "9000"}, python="/somewhere/python")

    assert words[:4] == ["/somewhere/python", "-m", "uvicorn", "scheduler_project.asgi:application"]
    assert words[words.index("--port") + 1] == "9000"
    assert words[words.index("--host") + 1] == "127.0.0.1"


def test_the_worker_is_the_last_to_stop() -> None:
    phases = {name: processes.PROCESSES[name].stop_phase for name in processes.LASTING}

    assert max(phases, key=lambda name: phases[name]) == "worker"
