"""Who follows a page: shell examples in a shell, Python in this process, settings by the API."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from celery import current_app
from rest_framework.test import APIClient

from tests.docs.shell import Example, Shell, differences
from triggers import dispatching


class Broker:
    """A Celery application whose messages our tasks answer at once."""

    backend = SimpleNamespace(as_uri=lambda: "redis://")

    def __init__(self, *arguments: str, **named: str) -> None:
        del arguments, named

    def send_task(self, name: str, *, kwargs: dict[str, Any], **how: Any) -> Any:
        assert getattr(how["queue"], "name", how["queue"]) == "horarium-calls"
        current_app.loader.import_default_modules()  # as a worker does when it starts
        return current_app.tasks[name].apply(kwargs={**kwargs, "api_key": None})


class Reader:
    """Does what the page says, beside a running web process; workers work after each example."""

    def __init__(self, shell: Shell, api: APIClient, work: Callable[[], Any]) -> None:
        self._shell = shell
        self._api = api
        self._work = work
        self.names: dict[str, Any] = {"Celery": Broker}
        self.given = ""

    def follow(self, example: Example) -> list[str]:
        """Do what one example says, and return how that went otherwise than the page says."""
        problems: list[str] = getattr(self, f"_{example.language}", lambda _: [])(example)
        while dispatching.drain() + self._work():
            pass
        return [f"{problem}, below {example.text[:100]}" for problem in problems]

    def _sh(self, example: Example) -> list[str]:
        written = self._shell.run(example.text)
        if "KEY=hor_…" in example.text:
            self._shell.run(self.given)
        return differences(example.answers, written)

    def _python(self, example: Example) -> list[str]:
        exec(example.text.replace("from celery import Celery\n", ""), self.names)
        return []

    def _json(self, example: Example) -> list[str]:
        answer = self._api.post("/api/v1/triggers/", json.loads(example.text))
        return [] if answer.status_code == 201 else [answer.content.decode()]
