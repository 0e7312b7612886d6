"""Another application calls: a process of its own, its own Celery, the same broker."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery
from django.conf import settings

from executions.models import Execution
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from tests.acceptance.processes import ROOT, Running, running
from tests.conftest import MakeWorkflow
from tests.docs.pages import blocks

pytestmark = [pytest.mark.acceptance, pytest.mark.django_db(transaction=True)]

PLACES = ("redis://:password@redis:6379/0", "hor_…")  # in the examples


@pytest.fixture(autouse=True)
def _empty_broker() -> Iterator[None]:
    """Leave nothing in Redis for the next test."""
    yield
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def worker() -> Iterator[Running]:
    """A worker that would log everything it may."""
    with running("worker", HORARIUM_LOG_LEVEL="DEBUG") as process:
        yield process


@pytest.fixture
def key(organization: Organization) -> str:
    return issue_api_key(organization, name="shop", role=Role.OPERATOR, by="ada")[1]


def elsewhere(directory: Path, script: str, *, told: str = "") -> str:
    """Run a script in a directory that has our helper and nothing else, and return what it writes."""
    shutil.copy(ROOT / "horarium.py", directory)
    (directory / "main.py").write_text(script)
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=directory,
        env={"PATH": os.environ["PATH"]},
        input=told,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shop(directory: Path, *calls: tuple[str, dict[str, Any]], **client: str) -> list[Any]:
    """Let the other application make these calls, and return what came of each."""
    told = json.dumps({"url": settings.CELERY_BROKER_URL, "client": client, "calls": calls})
    script = Path(__file__).with_name("shop.py").read_text()
    outcomes: list[Any] = json.loads(elsewhere(directory, script, told=told))
    return outcomes


def make_invoice(make_workflow: MakeWorkflow) -> None:
    step = {"id": "only", "kind": "set", "values": {"order": "${{ input.order }}"}}
    make_workflow(step, name="invoice", inputs={"required": ["order"]})


def test_another_application_starts_watches_and_reads_the_output(
    make_workflow: MakeWorkflow, worker: Running, tmp_path: Path
) -> None:
    make_invoice(make_workflow)
    start = {"workflow": "invoice", "input": {"order": 7}, "idempotency_key": "order-7"}

    first, again, output, status = shop(
        tmp_path,
        ("start", start),
        ("start", start),
        ("result", {"execution": "$", "timeout": 30}),
        ("status", {"execution": "$"}),
    )

    assert (first["result"], again["result"], first["id"]) == ("created", "replayed", again["id"])
    assert output == status["output"] == {"order": 7}
    assert (status["state"], [step["state"] for step in status["steps"]]) == ("completed", ["completed"])


def test_another_application_cancels_what_it_started(
    make_workflow: MakeWorkflow, worker: Running, tmp_path: Path
) -> None:
    make_workflow({"id": "long", "kind": "wait", "duration": "1h"}, name="invoice")

    _, cancelled, again, ended = shop(
        tmp_path,
        ("start", {"workflow": "invoice"}),
        ("cancel", {"execution": "$"}),
        ("cancel", {"execution": "$"}),
        ("result", {"execution": "$", "timeout": 30}),
    )

    assert cancelled["ok"]
    assert again["ok"]
    assert ended == {"ended": "cancelled"}


def test_a_key_opens_its_organization_alone_and_is_in_no_log(
    make_workflow: MakeWorkflow, worker: Running, key: str, tmp_path: Path
) -> None:
    make_invoice(make_workflow)
    Organization.objects.create(slug="rival", name="Rival")
    start = ("start", {"workflow": "invoice", "input": {"order": 7}})

    (served,) = shop(tmp_path, start, api_key=key)
    refused = [
        shop(tmp_path, start, **who)[0]["refused"]
        for who in ({}, {"api_key": key[:-1]}, {"api_key": key, "organization": "rival"})
    ]

    assert served["ok"]
    assert refused == ["not_authenticated", "authentication_failed", "not_a_member"]
    assert Execution.objects.get().started_by == "API key shop"
    assert key[:-1] not in worker.output()


def test_a_refused_input_names_the_path(make_workflow: MakeWorkflow, worker: Running, tmp_path: Path) -> None:
    make_invoice(make_workflow)

    (refused,) = shop(tmp_path, ("start", {"workflow": "invoice", "input": {}}))

    assert refused["refused"] == "invalid"
    assert refused["fields"][0]["path"].startswith("input")


def test_a_message_that_nobody_understands_is_logged_without_its_contents(
    make_workflow: MakeWorkflow, worker: Running, key: str
) -> None:
    make_workflow(name="invoice")
    url = settings.CELERY_BROKER_URL
    stranger = Celery("shop", broker=url, backend=url, set_as_current=False)
    call = {"workflow": "invoice", "api_key": key}

    stranger.send_task("executions.strat", kwargs=call, queue="horarium-calls")
    with pytest.raises(TypeError):
        stranger.send_task("executions.start", args=[key], kwargs=call, queue="horarium-calls").get(
            timeout=30
        )
    sent = stranger.send_task("executions.start", kwargs=call, queue="horarium-calls")
    answer = sent.get(timeout=30)

    stranger.close()
    assert answer == {"ok": True, "id": str(Execution.objects.get().pk), "result": "created"}
    assert "Received unregistered task of type 'executions.strat'" in worker.output()
    assert key not in worker.output()


def test_the_examples_in_the_documentation_run(
    make_workflow: MakeWorkflow, worker: Running, key: str, tmp_path: Path
) -> None:
    make_invoice(make_workflow)
    script = "\n".join(blocks("docs/calling-from-celery.md", "python"))
    for place, value in zip(PLACES, (settings.CELERY_BROKER_URL, key), strict=True):
        script = script.replace(place, value)

    output, state = elsewhere(tmp_path, script).splitlines()

    assert output == "{'order': 7}"
    assert state in {"running", "completed"}
