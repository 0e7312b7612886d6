"""Another application: it has Celery and a copy of `horarium.py`, and nothing else of ours.

Reads `{"url": …, "client": {…}, "calls": [[method, arguments], …]}` and writes what came of each call, as JSON.
"""

import json
import sys
from typing import Any

from celery import Celery
from celery._state import _set_task_join_will_block  # type: ignore[attr-defined]

import horarium


def main() -> None:
    """Make the calls one after the other; `$` stands for the execution that the first one started."""
    wanted = json.load(sys.stdin)
    app = Celery("shop", broker=wanted["url"], backend=wanted["url"])
    _set_task_join_will_block(True)  # as in a task of its own, run by its own worker
    client = horarium.Client(app, **wanted["client"])
    told: list[Any] = []
    for method, arguments in wanted["calls"]:
        if arguments.get("execution") == "$":
            arguments["execution"] = told[0]["id"]
        told.append(outcome(client, method, arguments))
    json.dump(told, sys.stdout)


def outcome(client: horarium.Client, method: str, arguments: dict[str, Any]) -> Any:
    """Return what a call returned, or why it was refused, or how the execution ended."""
    try:
        returned = getattr(client, method)(**arguments)
        return returned.answer() if isinstance(returned, horarium.Call) else returned
    except horarium.Refused as refused:
        return {"refused": refused.code, "message": str(refused), "fields": refused.fields}
    except horarium.ExecutionFailed as failed:
        return {"ended": failed.status["state"]}


if __name__ == "__main__":
    main()
