"""Who follows a page: shell examples in a shell, code in this process, settings of triggers through the API."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from celery import current_app

from tests.docs.shell import Example, Shell, differences
from triggers import dispatching


class Broker:
    """A Celery application whose messages our tasks answer at once."""

    backend = SimpleNamespace(as_uri=lambda: "redis://")

    def __init__(self, *arguments: str, **named: str) -> None:
        del arguments, named

    def send_task(self, name: str, *, kwargs: dict[str, Any], **how: Any) -> Any:
        """Answer a message, which must be for the queue of calls."""
        assert getattr(how["queue"], "name", how["queue"]) == "horarium-calls"
        current_app.loader.import_default_modules()  # as a worker does when it starts
        return current_app.tasks[name].apply(kwargs={**kwargs, "api_key": None})


def follow_code(source: str, names: dict[str, Any]) -> None:
    """Run an example in Python with these names, where Celery is ours."""
    exec(source.replace("from celery import Celery\n", ""), names)


class Reader:
    """Does what the page says, one example after the other; workers work after each.

    Args:
        work: runs what is ready, and returns how much that was.
    """

    def __init__(self, shell: Shell, *, work: Callable[[], int]) -> None:
        self._shell = shell
        self._work = work
        self._names: dict[str, Any] = {"Celery": Broker}

    def follow(self, example: Example) -> list[str]:
        """Do what an example says, and return how it went otherwise than the page says."""
        problems = []
        if example.language == "sh":
            problems = differences(example.answers, self._shell.run(example.text))
        elif example.language == "json":
            problems = differences([], self._shell.run(f"api triggers/ -d @- <<'END'\n{example.text}END"))
        elif example.language == "python":
            follow_code(example.text, self._names)
        while dispatching.drain() + self._work():
            pass
        return [f"{problem}, below {example.text[:100]}" for problem in problems]
