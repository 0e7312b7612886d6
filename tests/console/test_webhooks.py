"""Webhooks and deliveries in the console: secrets are shown once, and what came can be looked into and replayed."""

import subprocess
import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client

import clock
from executions.models import Execution
from organizations.models import Organization
from organizations.roles import Role
from organizations.sealing import unseal
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said
from tests.console.test_forms import as_shown, errors
from triggers import webhooks
from triggers.admin.deliveries import body_text
from triggers.admin.sending import how_to_send
from triggers.admin.webhook_layout import OPTIONS
from triggers.models import Delivery, Webhook, WebhookSecret
from triggers.signature import Scheme, new_secret, verify

ADD = "/admin/triggers/webhook/add/"
# What the browser posts of a new webhook's form where nobody has touched it.
UNTOUCHED = {
    "scheme": "standard",
    "tolerance_seconds": "300",
    "max_body_bytes": "262144",
    "rate_limit": "600",
    "priority": "5",
    "queue": "default",
    "content_types": "application/json",
}
EVERY_OPTION = {
    "header": "X-Sign",
    "encoding": "base64",
    "prefix": "sha256=",
    "id_header": "X-Id",
    "timestamp_header": "X-Time",
}
OPTION_FIELDS = {field: EVERY_OPTION[name] for field, name in OPTIONS.items()}


def fields(everything: Everything, **given: str) -> dict[str, str]:
    own = {"organization": str(everything.organization.pk), "workflow": str(everything.greet.pk)}
    return {**UNTOUCHED, **own, "name": "pulls", **given}


def page_of(webhook: Webhook) -> str:
    return f"/admin/triggers/webhook/{webhook.pk}/change/"


def of(row: Webhook | Delivery) -> str:
    return f"triggers/{row._meta.model_name}/{row.pk}"


def secrets_of(webhook: Webhook) -> list[str]:
    rows = WebhookSecret.objects.filter(webhook=webhook).order_by("created_at")
    return [unseal(row.sealed).decode() for row in rows]


# Written


def test_an_editor_writes_a_webhook(everything: Everything, login: Login) -> None:
    given = {"filters": "data.action: opened", "input": "to: ${{ event.data.n }}", "content_types": ""}

    login(Role.EDITOR).post(
        ADD, fields(everything, scheme="github", allowed_networks="192.0.2.0/24", **given)
    )

    webhook = Webhook.objects.get(name="pulls")
    assert (webhook.scheme, webhook.options, webhook.created_by) == ("github", {}, "kim")
    assert (webhook.content_types, webhook.allowed_networks) == (["application/json"], ["192.0.2.0/24"])
    assert (webhook.filters, webhook.input) == ({"data.action": "opened"}, {"to": "${{ event.data.n }}"})


@pytest.mark.parametrize(
    ("scheme", "kept"),
    [("hmac", EVERY_OPTION), ("bearer", {"header": "X-Sign", "id_header": "X-Id"}), ("stripe", {})],
)
def test_a_scheme_keeps_the_options_that_it_has(
    scheme: str, kept: dict[str, str], everything: Everything, root: Client
) -> None:
    root.post(ADD, fields(everything, scheme=scheme, **OPTION_FIELDS))

    assert Webhook.objects.get(name="pulls").options == kept


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("name", {"name": "Pull Requests"}),
        ("header", {"scheme": "hmac", "header": "X Sign"}),
        ("before", {"scheme": "hmac", "before": "\u00e9"}),
        ("allowed_networks", {"allowed_networks": "office"}),
        ("content_types", {"content_types": "json"}),
        ("max_body_bytes", {"max_body_bytes": "9999999"}),
        ("tolerance_seconds", {"tolerance_seconds": "0"}),
        ("filters", {"filters": "data.a"}),
        ("condition", {"condition": "event."}),
        ("secret", {"secret": "not base64!"}),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    field: str, given: dict[str, str], everything: Everything, root: Client
) -> None:
    assert errors(root.post(ADD, fields(everything, **given)))[field]


def test_a_form_that_nobody_has_touched_changes_nothing(everything: Everything, root: Client) -> None:
    root.post(ADD, fields(everything, scheme="hmac", **OPTION_FIELDS))

    for webhook in Webhook.objects.all():
        assert root.post(page_of(webhook), as_shown(root, page_of(webhook))).status_code == 302
        webhook.refresh_from_db()
        assert webhook.version == 1


def test_who_edits_an_older_version_is_refused(everything: Everything, root: Client) -> None:
    shown = as_shown(root, page_of(everything.webhook))
    webhooks.change(everything.webhook, now=clock.now(), description="Somebody else's")

    answer = root.post(page_of(everything.webhook), {**shown, "description": "Mine"})

    assert "is at version 2, not 1" in errors(answer)["__all__"][0]


# Secrets


def test_the_secret_of_a_new_webhook_is_shown_once(everything: Everything, login: Login) -> None:
    editor = login(Role.EDITOR)

    first = editor.post(ADD, fields(everything), follow=True)

    webhook = Webhook.objects.get(name="pulls")
    (secret,) = secrets_of(webhook)
    assert first.content.decode().count(secret) == 1
    assert f"http://testserver/hooks/{webhook.token}" in said(first)
    for page in (page_of(webhook), "/admin/triggers/webhook/", "/admin/", f"/admin/{of(webhook)}/history/"):
        assert secret not in editor.get(page).content.decode()


def test_a_secret_of_the_senders_is_taken(everything: Everything, root: Client) -> None:
    root.post(ADD, fields(everything, scheme="github", secret="a secret of the sender"))

    assert secrets_of(Webhook.objects.get(name="pulls")) == ["a secret of the sender"]


def test_a_refused_form_does_not_send_the_secret_back(everything: Everything, root: Client) -> None:
    answer = root.post(ADD, fields(everything, name="Bad Name", secret="a secret of the sender"))

    assert "a secret of the sender" not in answer.content.decode()


def test_an_added_secret_is_shown_once_and_ends_the_others_later(
    everything: Everything, root: Client
) -> None:
    answer = press(root, of(everything.webhook), "add_secret", expire_others_in="1h")

    old, new = WebhookSecret.objects.order_by("created_at")
    secret = secrets_of(everything.webhook)[1]
    assert answer.content.decode().count(secret) == 1
    assert secret not in root.get(page_of(everything.webhook)).content.decode()
    assert old.expires_at is not None
    assert (new.expires_at, old.expires_at - new.created_at) == (None, timedelta(hours=1))


def test_older_secrets_live_on_where_nothing_is_said(everything: Everything, root: Client) -> None:
    press(root, of(everything.webhook), "add_secret", expire_others_in="")

    assert not WebhookSecret.objects.filter(expires_at__isnull=False).exists()


def test_a_secret_that_proves_nothing_is_said_in_the_dialog(everything: Everything, root: Client) -> None:
    answer = press(root, of(everything.webhook), "add_secret", value="not base64!")

    assert "can never verify" in answer.context["form"].errors["value"][0]
    assert "not base64!" not in answer.content.decode()


def test_a_secret_is_ended_and_the_last_one_is_not(everything: Everything, root: Client) -> None:
    press(root, of(everything.webhook), "add_secret")
    old, new = WebhookSecret.objects.order_by("created_at")

    press(root, of(everything.webhook), "end_secret", secret_id=str(old.pk))
    answer = press(root, of(everything.webhook), "end_secret", secret_id=str(new.pk))

    assert list(WebhookSecret.objects.all()) == [new]
    assert "the only live secret" in said(answer)


def test_a_secret_of_another_webhook_cannot_be_ended(everything: Everything, root: Client) -> None:
    root.post(ADD, fields(everything))
    foreign = WebhookSecret.objects.exclude(webhook=everything.webhook).get()

    answer = press(root, of(everything.webhook), "end_secret", secret_id=str(foreign.pk))

    assert answer.context["form"].errors["secret_id"]


# Sent to


def ran(script: str, *, secret: str) -> tuple[dict[str, str], bytes]:
    """Run a script with a curl that only says what it was told; return the headers and the body."""
    curl = 'curl() { for word in "$@"; do printf \'%s\\0\' "$word"; done; }\n'
    lines = curl + script.replace("SECRET=''", f"SECRET='{secret}'")
    told = subprocess.run(["sh", "-c", lines], capture_output=True, check=True).stdout.decode().split("\0")
    headers = dict(one.split(": ", 1) for flag, one in pairwise(told) if flag == "-H")
    return headers, told[told.index("--data-binary") + 1].encode()


@pytest.mark.parametrize(
    ("scheme", "options"),
    [
        *((scheme, {}) for scheme in Scheme),
        (Scheme.HMAC, {"prefix": 'v`$1"\\=', "encoding": "base64", "timestamp_header": "X-T"}),
        (Scheme.BEARER, {"header": "X-Token"}),
    ],
)
def test_the_script_on_the_page_sends_what_the_webhook_takes(scheme: Scheme, options: dict[str, str]) -> None:
    webhook = Webhook(scheme=scheme, options=options, content_types=["application/json"])
    secret, now = new_secret(scheme), time.time()  # by which the script signs

    headers, body = ran(how_to_send(webhook, address="http://h/hooks/x").script, secret=secret)

    verify(scheme, secrets=[secret], headers=headers, body=body, now=now, options=options)


def test_the_page_tells_how_to_send_without_a_secret(everything: Everything, login: Login) -> None:
    text = login(Role.VIEWER).get(page_of(everything.webhook)).content.decode()

    assert "webhook-signature: v1,&lt;signature&gt;" in text
    assert f"http://testserver/hooks/{everything.webhook.token}" in text
    assert secrets_of(everything.webhook)[0] not in text
    assert "<textarea" not in text


# Acted on


def test_an_operator_pauses_and_resumes(everything: Everything, login: Login) -> None:
    operator, webhook = login(Role.OPERATOR), everything.webhook

    press(operator, of(webhook), "pause")
    webhook.refresh_from_db()
    assert webhook.state == "paused"

    press(operator, of(webhook), "resume")
    webhook.refresh_from_db()
    assert webhook.state == "active"


@pytest.mark.parametrize("button", ["add_secret", "end_secret", "remove"])
def test_an_operator_neither_deletes_nor_touches_secrets(
    button: str, everything: Everything, login: Login
) -> None:
    assert press(login(Role.OPERATOR), of(everything.webhook), button).status_code == 403


def test_an_editor_deletes(everything: Everything, login: Login) -> None:
    press(login(Role.EDITOR), of(everything.webhook), "remove")

    assert not Webhook.objects.exists()
    assert not Delivery.objects.exists()


# Deliveries


def test_a_delivery_is_found_by_its_ids(everything: Everything, root: Client) -> None:
    for term in ("msg_1", everything.delivery.pk, everything.webhook.pk):
        found = root.get("/admin/triggers/delivery/", {"q": str(term)})
        assert found.context["cl"].result_count == 1


def test_a_replay_starts_an_execution_and_leads_to_it(everything: Everything, login: Login) -> None:
    answer = press(login(Role.OPERATOR), of(everything.delivery), "replay")

    again = Delivery.objects.get(replay_of_id=everything.delivery.pk)
    started = Execution.objects.get(trigger_id=everything.webhook.pk)
    assert (again.replayed_by, again.execution_id) == ("kim", started.pk)
    assert started.input == {"city": "Rome"}
    assert answer.redirect_chain[-1][0] == f"/admin/{of(again)}/change/"
    assert f"/admin/executions/execution/{started.pk}/change/" in said(answer)


def test_a_replay_that_is_not_wanted_says_where_it_fails(everything: Everything, root: Client) -> None:
    webhooks.change(everything.webhook, now=clock.now(), filters={"data.city": "Oslo"})

    assert "does not match at filters.data.city" in said(press(root, of(everything.delivery), "replay"))


def test_a_replay_that_the_workflow_refuses_is_said_and_kept(everything: Everything, root: Client) -> None:
    webhooks.change(everything.webhook, now=clock.now(), input={"town": "x"})

    answer = press(root, of(everything.delivery), "replay")

    assert "town" in said(answer)
    assert Delivery.objects.get(replay_of_id=everything.delivery.pk).outcome == "refused"
    assert [again.outcome for again in answer.context["replays"]] == ["refused"]


def test_a_delivery_is_tried_by_the_settings_of_now(everything: Everything, login: Login) -> None:
    answer = login(Role.VIEWER).get(f"/admin/triggers/trigger/try_any/?delivery={everything.delivery.pk}")

    (trial,) = answer.context["tried"].trials
    assert (trial.outcome, trial.input) == ("start", {"city": "Rome"})
    assert not Execution.objects.filter(trigger_id=everything.webhook.pk).exists()


@pytest.mark.parametrize(
    ("body", "kind", "text"),
    [
        (b'{"a":[1]}', "application/json", '{\n  "a": [\n    1\n  ]\n}'),
        (b"{", "application/json", "{"),
        (b"a=1&b=2", "application/x-www-form-urlencoded", "a=1&b=2"),
        (b"\xff\xfe", "application/octet-stream", "2 bytes that are no text"),
        (b"[" * 50_000, "application/json", "[" * 50_000),
        (b'"\\ud800"', "text/json", '"?"'),
    ],
)
def test_a_body_is_shown_as_it_can_be_read(body: bytes, kind: str, text: str) -> None:
    assert body_text(Delivery(body=body, content_type=kind)) == text


def test_a_long_body_is_cut_off() -> None:
    assert body_text(Delivery(body=b"x" * 100_007, content_type="text/plain")).endswith(
        "\n… and 7 characters"
    )


def test_markup_in_deliveries_and_samples_is_shown_as_text(everything: Everything, root: Client) -> None:
    attack: Any = "<script>alert(1)</script>"
    Delivery.objects.update(body=attack.encode(), headers={attack: attack}, delivery_id=attack, detail=attack)

    for page in (
        "/admin/triggers/delivery/",
        f"/admin/{of(everything.delivery)}/change/",
        page_of(everything.webhook),
    ):
        assert attack not in root.get(page).content.decode()


def test_another_organization_acts_on_nothing(
    everything: Everything, login: Login, other: Organization
) -> None:
    stranger = login(Role.ADMIN, of=other)

    for row in (everything.webhook, everything.delivery):
        assert stranger.get(f"/admin/{of(row)}/change/").status_code in {302, 404}
    assert press(stranger, of(everything.webhook), "add_secret").status_code in {403, 404}
    assert WebhookSecret.objects.count() == 1
