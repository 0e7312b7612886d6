"""The page on triggers: its examples are run, in its order, and answered as it says; its tables are complete."""

import ast
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import fields
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.signals import user_login_failed
from django.db.models.signals import post_delete, post_save

from events.cloud_events import structured
from events.models import TEXT, Event
from events.reserved import TYPES, reserved_prefix
from events.sending import MAX_BYTES
from executions.models import Execution
from organizations.models import Organization
from organizations.roles import Role
from organizations.services import issue_api_key
from scheduler_project.api.errors import ANSWERS
from scheduler_project.embedded.place import free_port
from tests.acceptance.processes import running
from tests.conftest import MakeWorkflow
from tests.docs.pages import blocks, quoted, text_of
from tests.docs.reader import Broker, Reader, follow_code
from tests.docs.shell import Shell, examples
from tests.events.test_server import await_port
from triggers import reactions
from triggers.models import SkipReason
from triggers.models.webhook import MAX_BODY
from triggers.serializers.triggers import EventTriggerSettingsSerializer
from triggers.serializers.webhooks import NewWebhookSerializer
from triggers.signature import Scheme, sign, verify
from triggers.signature.plain import PlainHmac
from triggers.validation import conditions
from triggers.validation import gathering as gathered
from triggers.validation.causes import MAX_ENDS
from triggers.webhooks import proof, secrets
from triggers.webhooks.deciding import REFUSALS
from triggers.webhooks.errors import LastSecret, NoSuchWebhookSecret, WebhookError, WebhookGone
from triggers.webhooks.validation import MAX_NETWORKS, MAX_TYPES

PAGE = "docs/triggers.md"
TELLERS = ("events", "executions", "schedules", "triggers")
NO_TYPES = {"workflow.output", "workflow.ended"}  # a step's id, and what several ends are shown as
TOOLS = ("bash", "curl", "jq", "openssl")
OF_OWNERS = {LastSecret, NoSuchWebhookSecret, WebhookGone}  # whom no sender meets
WEBHOOKS = ("partner", "github", "stripe", "slack", "plain", "cron-job", "sister")
VECTOR = re.compile(r"^\| `(\w+)` \| `([^`]+)` \| `([\w-]+): ([^`]+)` \|$", re.MULTILINE)
CAPS = {
    "`type`, `source`, `id`, `subject` of an event": TEXT,
    "`data` of an event": MAX_BYTES // 1000,
    "a batch of events": structured.MOST,
    "`filters`": conditions.MAX_FILTERS,
    "`input` of a trigger": conditions.MAX_INPUT // 1000,
    "`after`": MAX_ENDS,
    "`batch_size`": gathered.LARGEST_BATCH,
    "ends and events that lead to a start": reactions.MAX_DEPTH,
    "body of a delivery": MAX_BODY,
    "live secrets of a webhook": secrets.MOST_LIVE,
    "entries of `allowed_networks`": MAX_NETWORKS,
    "entries of `content_types`": MAX_TYPES,
    "requests without proof from one address": proof.MAX_FAILURES,
}


@pytest.fixture
def shell(tmp_path: Path, organization: Organization) -> Iterator[Shell]:
    """A shell that knows a running web process and a key; `$HORARIUM` and `$KEY` are for the page to set."""
    port = free_port()
    _, key = issue_api_key(organization, name="k", role=Role.ADMIN, by="ada")
    with running("web", PORT=str(port)), closing(Shell(tmp_path)) as shell:
        await_port(port)
        shell.instead = {"HORARIUM": f"http://127.0.0.1:{port}", "KEY": key}
        yield shell
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        client.flushdb()


@pytest.fixture
def _watched() -> Iterator[None]:
    """Forget afterwards what an example watches."""
    signals = (post_save, post_delete, user_login_failed)
    before = [list(signal.receivers) for signal in signals]
    yield
    for signal, receivers in zip(signals, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="the page asks for bash, curl, jq and openssl")
@pytest.mark.django_db(transaction=True)
def test_every_example_of_the_page_does_what_the_page_says(
    shell: Shell, make_workflow: MakeWorkflow, drain: Callable[[], int]
) -> None:
    for name in ("extract-a", "extract-b"):
        make_workflow(name=name)
    reader = Reader(shell, work=drain)

    problems = [problem for example in examples(PAGE) for problem in reader.follow(example)]

    assert "\n".join(problems) == ""
    assert started_by("webhook") == {f"webhook {name}" for name in WEBHOOKS} | {"API key k"}
    assert started_by("chain") == {"trigger then-notify"}


def started_by(source: str) -> set[str]:
    rows = Execution.objects.filter(source=source, state="completed")
    return set(rows.values_list("started_by", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_watched", "organization")
def test_the_code_of_the_page_tells_what_the_page_says() -> None:
    names: dict[str, Any] = {"Celery": Broker}
    for example in blocks(PAGE, "python"):
        follow_code(example, names)
    names["pay"](SimpleNamespace(number=13, mark_paid=lambda: None))
    names["AccountsConfig"].ready(None)

    User.objects.create_user("ada").save(update_fields=["is_active"])
    user_login_failed.send("here", credentials={"username": "ada"})

    told = {event.type: event.data["data"] for event in Event.objects.all()}
    assert Event.objects.filter(source="/shop", external_id="order-13-paid").exists()
    assert told["account.updated"]["fields"] == {"username": "ada", "is_active": True}
    assert told["account.updated"]["changed"] == ["is_active"]
    assert told["login.failed"] == {"username": "ada"}


def cells(start: str, end: str = "\n\n") -> set[str]:
    """Return what stands between backticks in the first cells of the table that begins with `start`."""
    table = text_of(PAGE).partition(f"\n| {start} |")[2].partition(end)[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_setting_of_a_trigger_is_documented() -> None:
    assert cells("Setting") == set(EventTriggerSettingsSerializer().fields) - {"version"}


def test_every_setting_of_a_trigger_stands_in_an_example() -> None:
    shown = {name for example in blocks(PAGE, "json") if example[0] == "{" for name in keys_of(example)}

    assert set(EventTriggerSettingsSerializer().fields) - {"version"} <= shown


def keys_of(example: str) -> set[str]:
    """Return the keys of an example that is one object."""
    try:
        return set(json.loads(example))
    except json.JSONDecodeError:
        return set()


def test_every_setting_of_a_webhook_is_documented() -> None:
    table = text_of(PAGE).partition("\n## Webhooks\n")[2].partition("\n### Answers")[0]
    named = set(re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| ([^|]+) \|", table, flags=re.MULTILINE))))

    assert named == set(NewWebhookSerializer().fields) - {"version", "secret"}


def test_every_reason_of_a_skip_is_documented() -> None:
    assert cells("Reason of a skip") == set(SkipReason.values)


def test_every_option_of_plain_signatures_is_documented() -> None:
    assert cells("Option of `hmac`") == {field.name for field in fields(PlainHmac)}


@pytest.mark.parametrize(("what", "most"), CAPS.items())
def test_every_cap_is_the_one_that_holds(what: str, most: int) -> None:
    table = text_of(PAGE).partition("\n### Caps\n")[2].partition("\n## ")[0]
    (row,) = re.findall(rf"^\| {re.escape(what)} \| (.+) \|$", table, flags=re.MULTILINE)

    assert f"{most:,}" in re.findall(r"\d+(?:,\d{3})*", row)


@pytest.mark.parametrize(("scheme", "secret", "header", "value"), VECTOR.findall(text_of(PAGE)))
def test_a_signature_of_the_page_is_what_the_scheme_makes(
    scheme: str, secret: str, header: str, value: str
) -> None:
    made = sign(scheme, secret=secret, body=b'{"order":7}', now=1_700_000_000, delivery_id="msg_7")

    assert made[header] == value
    verify(scheme, secrets=[secret], headers=made, body=b'{"order":7}', now=1_700_000_000)


def test_the_page_shows_a_signature_of_every_scheme_that_signs() -> None:
    shown = [scheme for scheme, *_ in VECTOR.findall(text_of(PAGE))]

    assert {*shown, "bearer"} == set(Scheme)


def test_every_error_that_answers_a_delivery_is_documented() -> None:
    table = text_of(PAGE).partition("\n### Answers\n")[2].partition("\n### ")[0]
    of_senders = [
        kind for kind in ANSWERS if issubclass(kind, (WebhookError, *REFUSALS)) and kind not in OF_OWNERS
    ]

    assert {(ANSWERS[kind].status, ANSWERS[kind].code) for kind in of_senders} <= set(answers_in(table))


def answers_in(table: str) -> Iterator[tuple[int, str]]:
    """Yield each status with each of the codes in its row."""
    for statuses, codes in re.findall(r"^\| ([\d, ]+) \| error ([^|]+) \|", table, flags=re.MULTILINE):
        for status, code in product(statuses.split(", "), re.findall(r"`(\w+)`", codes)):
            yield int(status), code


def test_every_event_that_the_api_tells_of_can_be_found_on_the_page() -> None:
    (listed,) = re.findall(r"^Events: .+$", text_of("docs/api.md"), flags=re.MULTILINE)

    named = set(re.findall(r"`(\w+\.[\w.]+)`", listed))
    assert named <= set(quoted(PAGE))
    assert named <= TYPES


def test_every_type_that_horarium_tells_can_be_named_and_is_documented() -> None:
    table = text_of(PAGE).partition("\n### What Horarium tells itself\n")[2].partition("\n```")[0]

    assert set(re.findall(r"`(\w+\.[\w.]+)`", table.partition("|---|")[2])) == TYPES


def test_every_type_that_the_code_tells_of_can_be_named() -> None:
    told = {type_ for app in TELLERS for path in Path(app).rglob("*.py") for type_ in told_in(path)}

    assert told - NO_TYPES == TYPES & told
    assert "workflow.completed" in told


def told_in(path: Path) -> set[str]:
    """Return what looks like a type of Horarium's own in a module, but for the sources of a serializer's fields."""
    texts = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    looks = {text for text in texts if isinstance(text, str) and re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", text)}
    return set() if "serializers" in str(path) else {text for text in looks if reserved_prefix(text)}
