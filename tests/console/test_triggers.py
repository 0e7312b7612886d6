"""Triggers in the console: how they are written, what their pages tell, and trying an event on them."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

import clock
from events.models import Dispatch, Event
from events.publishing import publish
from organizations.models import Organization
from organizations.roles import Role
from tests.console.conftest import Everything, Login
from tests.console.test_actions import press, said
from tests.console.test_forms import as_shown, errors
from triggers import dispatching, services
from triggers.models import Gathering, Trigger

ADD = "/admin/triggers/trigger/add/"
TRY = "/admin/triggers/trigger/try_any/"
# What the browser posts of a new trigger's form where nobody has touched it.
UNTOUCHED = {
    "cause": "events",
    "gathering": "",
    "join_window": "1d",
    "rate_period": "1m",
    "concurrency_limit": "1",
    "overlap": "allow_all",
    "priority": "5",
    "queue": "default",
}


def fields(everything: Everything, **given: str) -> dict[str, str]:
    own = {"organization": str(everything.organization.pk), "workflow": str(everything.greet.pk)}
    return {**UNTOUCHED, **own, "name": "on-paid", "pattern": "order.paid", **given}


def page_of(trigger: Trigger) -> str:
    return f"/admin/triggers/trigger/{trigger.pk}/change/"


def of(trigger: Trigger) -> str:
    return f"triggers/trigger/{trigger.pk}"


# Written


def test_an_editor_writes_a_trigger(everything: Everything, login: Login) -> None:
    given = {
        "filters": "data.kind: new",
        "condition": "event.data.total > 100",
        "input": "to: ${{ event.id }}",
    }

    login(Role.EDITOR).post(ADD, fields(everything, source="/shop", **given))

    trigger = Trigger.objects.get(name="on-paid")
    assert (trigger.pattern, trigger.source, trigger.created_by) == ("order.paid", "/shop", "kim")
    assert trigger.filters == {"data.kind": "new"}
    assert trigger.input == {"to": "${{ event.id }}"}


def test_an_input_may_be_one_expression(everything: Everything, root: Client) -> None:
    root.post(ADD, fields(everything, input="${{ event.data }}"))

    assert Trigger.objects.get(name="on-paid").input == "${{ event.data }}"


def test_a_chain_names_what_must_have_ended(everything: Everything, root: Client) -> None:
    after = json.dumps([{"workflow": "broken", "states": ["failed"]}])

    root.post(ADD, fields(everything, cause="ends", after=after))

    trigger = Trigger.objects.get(name="on-paid")
    assert trigger.pattern == ""
    assert trigger.after == [{"workflow": str(everything.broken.pk), "states": ["failed"]}]


def test_what_belongs_to_another_choice_is_not_kept(everything: Everything, root: Client) -> None:
    burst = {"debounce": "10s", "batch_size": "3", "batch_window": "5m", "after": "[1]"}

    root.post(ADD, fields(everything, gathering="burst", concurrency_key="event.id", **burst))

    trigger = Trigger.objects.get(name="on-paid")
    assert (trigger.debounce, trigger.batch_size, trigger.batch_window) == (timedelta(seconds=10), None, None)
    assert (trigger.after, trigger.concurrency_key) == ([], "")


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("name", "On Paid"),
        ("pattern", "two words"),
        ("filters", "- a list"),
        ("filters", "nowhere.kind: 1"),
        ("condition", "event.data >"),
        ("input", "x: ${{ steps.a }}"),
        ("input", "just text"),
        ("rate_limit", "-1"),
        ("rate_period", "soon"),
    ],
)
def test_what_is_wrong_stands_at_its_field(
    field: str, text: str, everything: Everything, root: Client
) -> None:
    assert errors(root.post(ADD, fields(everything, **{field: text})))[field]


def test_an_end_that_is_not_there_stands_at_its_field(everything: Everything, root: Client) -> None:
    answer = root.post(ADD, fields(everything, cause="ends", after='[{"workflow": "nothing"}]'))

    assert "there is no workflow 'nothing'" in errors(answer)["after"][0]


def test_a_chain_without_ends_is_told_so_at_the_field_that_is_shown(
    everything: Everything, root: Client
) -> None:
    assert errors(root.post(ADD, fields(everything, cause="ends")))["after"]


def test_a_name_taken_is_said_above_the_form(everything: Everything, root: Client) -> None:
    assert "on-order" in errors(root.post(ADD, fields(everything, name="on-order")))["__all__"][0]


def test_a_form_that_nobody_has_touched_changes_nothing(everything: Everything, root: Client) -> None:
    ends = [{"workflow": "broken"}, {"schedule": "daily", "states": ["failed"]}]
    joined = services.create(
        everything.organization, now=clock.now(), name="joined", workflow=everything.greet, after=ends
    )

    for trigger in (everything.trigger, joined):
        answer = root.post(page_of(trigger), as_shown(root, page_of(trigger)))
        assert answer.status_code == 302
        trigger.refresh_from_db()
        assert trigger.version == 1


def test_who_edits_an_older_version_is_refused(everything: Everything, root: Client) -> None:
    page = page_of(everything.trigger)
    shown = as_shown(root, page)
    services.change(everything.trigger, now=clock.now(), description="Somebody else's")

    answer = root.post(page, {**shown, "description": "Mine"})

    assert "is at version 2, not 1" in errors(answer)["__all__"][0]


# Shown


def test_a_list_says_in_words_what_a_trigger_waits_for(everything: Everything, root: Client) -> None:
    root.post(ADD, fields(everything, source="/shop", filters="data.kind: new"))
    root.post(ADD, fields(everything, name="chain", cause="ends", after='[{"workflow": "broken"}]'))

    text = root.get("/admin/triggers/trigger/").content.decode()

    assert "order.paid from /shop where data.kind = &quot;new&quot;" in text
    assert "after broken has completed" in text


def test_a_page_shows_what_was_started_and_what_was_not(everything: Everything, root: Client) -> None:
    publish("order.paid", {"city": "Oslo"}, source="/shop", organization=everything.organization)
    dispatching.drain()

    context = root.get(page_of(everything.trigger)).context
    (execution,) = context["executions"]

    assert execution.input == {"city": "Oslo"}
    assert (context["tally"].matched, context["tally"].started) == (1, 1)
    assert [skip.reason for skip in context["skips"]] == ["rate_limited"]


def test_a_page_shows_which_end_a_join_lacks(everything: Everything, root: Client) -> None:
    now, ends = clock.now(), [{"workflow": "broken"}, {"schedule": "daily"}]
    trigger = services.create(
        everything.organization, now=now, name="joined", workflow=everything.greet, after=ends
    )
    Gathering.objects.create(
        organization=everything.organization,
        trigger=trigger,
        event_ids=[7, 0],
        count=1,
        first_at=now,
        due_at=now + timedelta(hours=1),
    )

    assert "lacks that schedule daily has completed" in root.get(page_of(trigger)).content.decode()


def test_an_execution_leads_to_its_trigger_and_back(everything: Everything, root: Client) -> None:
    publish("order.paid", {}, source="/shop", organization=everything.organization)
    dispatching.drain()
    trigger = everything.trigger

    listed = root.get("/admin/executions/execution/", {"q": str(trigger.pk)})
    execution = listed.context["cl"].result_list[0]
    page = root.get(f"/admin/executions/execution/{execution.pk}/change/").content.decode()

    assert listed.context["cl"].result_count == 1
    assert f'href="{page_of(trigger)}">on-order</a>' in listed.content.decode()
    assert f'href="{page_of(trigger)}">on-order</a>' in page


def test_a_viewer_reads_a_trigger(everything: Everything, login: Login) -> None:
    services.change(everything.trigger, now=clock.now(), input={"city": "${{ event.id }}"})

    text = login(Role.VIEWER).get(page_of(everything.trigger)).content.decode()

    assert "city: ${{ event.id }}" in text
    assert "<textarea" not in text


# Acted on


def test_an_operator_pauses_and_resumes(everything: Everything, login: Login) -> None:
    operator, trigger = login(Role.OPERATOR), everything.trigger

    press(operator, of(trigger), "pause")
    trigger.refresh_from_db()
    assert trigger.state == "paused"

    press(operator, of(trigger), "resume")
    trigger.refresh_from_db()
    assert trigger.state == "active"


def test_only_an_editor_deletes(everything: Everything, login: Login) -> None:
    assert press(login(Role.OPERATOR, name="op"), of(everything.trigger), "remove").status_code == 403

    press(login(Role.EDITOR, name="ed"), of(everything.trigger), "remove")

    assert not Trigger.objects.exists()


def test_some_triggers_are_paused_at_once(everything: Everything, login: Login) -> None:
    chosen = {"action": "pause_selected", "_selected_action": [str(everything.trigger.pk)]}

    login(Role.OPERATOR).post("/admin/triggers/trigger/", chosen)

    everything.trigger.refresh_from_db()
    assert everything.trigger.state == "paused"


def test_an_event_that_is_put_off_is_tried_at_once(everything: Everything, login: Login) -> None:
    dispatch = Dispatch.objects.get()

    press(login(Role.OPERATOR), f"events/dispatch/{dispatch.pk}", "try_now")

    dispatch.refresh_from_db()
    assert dispatch.available_at <= clock.now()


def test_events_on_their_way_are_not_in_the_list_of_those_that_failed(
    everything: Everything, root: Client
) -> None:
    Dispatch.objects.update(error="")

    assert root.get("/admin/events/dispatch/").context["cl"].result_count == 0


# Tried


def tried(answer: Any) -> dict[str, tuple[str, str]]:
    return {trial.owner.name: (trial.outcome, trial.failed_at) for trial in answer.context["tried"].trials}


def sample(everything: Everything, event: object) -> dict[str, str]:
    return {"organization": str(everything.organization.pk), "event": json.dumps(event)}


def test_a_sample_shows_what_it_would_start(everything: Everything, login: Login) -> None:
    viewer = login(Role.VIEWER)

    answer = viewer.post(TRY, sample(everything, {"type": "order.paid", "data": {"city": "Oslo"}}))

    assert tried(answer) == {"on-order": ("start", "")}
    assert "&quot;city&quot;: &quot;Oslo&quot;" in answer.content.decode()


def test_a_sample_shows_where_it_fails(everything: Everything, root: Client) -> None:
    answer = root.post(TRY, sample(everything, {"type": "page.changed"}))

    assert tried(answer) == {"on-order": ("nothing", "type")}
    assert "is &#x27;page.changed&#x27;" in answer.content.decode()


@pytest.mark.parametrize("event", [[], {}, {"type": ""}, {"type": "a", "source": "horarium", "data": 1}])
def test_a_sample_that_is_no_event_is_said_at_the_field(
    event: object, everything: Everything, root: Client
) -> None:
    assert root.post(TRY, sample(everything, event)).context["form"].errors["event"]


def test_the_page_of_a_trigger_begins_with_an_event_that_it_may_want(
    everything: Everything, root: Client
) -> None:
    services.change(everything.trigger, now=clock.now(), filters={"data.kind": "new"})
    page = f"/admin/{of(everything.trigger)}/try_event/"

    event = root.get(page).context["form"]["event"].value()
    answer = root.post(page, {"organization": str(everything.organization.pk), "event": event})

    assert tried(answer)["on-order"][1] == ""


def test_the_page_begins_with_an_event_of_the_log(everything: Everything, root: Client) -> None:
    sent = publish("order.paid", {"city": "Oslo"}, source="/shop", organization=everything.organization)

    event = root.get(TRY, {"event": sent.id}).context["form"]["event"].value()

    assert json.loads(event)["data"] == {"city": "Oslo"}
    assert tried(root.post(TRY, {**sample(everything, {}), "event": event}))["on-order"] == ("start", "")


def test_nothing_of_another_organization_is_tried(
    everything: Everything, login: Login, other: Organization
) -> None:
    stranger = login(Role.ADMIN, of=other)
    event = Event.objects.filter(organization=everything.organization).latest("pk")

    assert stranger.get(TRY, {"event": event.pk}).status_code == 404
    assert stranger.get(TRY, {"delivery": str(everything.delivery.pk)}).status_code == 404
    assert stranger.get(f"/admin/{of(everything.trigger)}/try_event/").status_code in {302, 403, 404}
    assert (
        stranger.post(TRY, sample(everything, {"type": "order.paid"})).context["form"].errors["organization"]
    )


@pytest.mark.parametrize("query", [{"event": "x"}, {"event": "9" * 40}, {"delivery": "x"}])
def test_a_beginning_that_cannot_be_is_not_there(
    query: dict[str, str], everything: Everything, root: Client
) -> None:
    assert root.get(TRY, query).status_code == 404


def test_a_refused_resume_is_said(everything: Everything, root: Client) -> None:
    one: dict[str, Any] = {
        "now": clock.now(),
        "after": [{"workflow": "greet"}],
        "workflow": everything.broken,
    }
    paused = services.create(everything.organization, name="there", **one)
    services.pause(paused, by="ada", now=clock.now())
    back = {**one, "after": [{"workflow": "broken"}], "workflow": everything.greet}
    services.create(everything.organization, name="back", **back)

    answer = press(root, of(paused), "resume")

    assert "closes a loop" in said(answer)


@pytest.mark.parametrize("text", ["²", "9" * 5_000, "x", "0"])
def test_an_event_that_cannot_be_is_not_found(text: str, everything: Everything, root: Client) -> None:
    assert root.get(TRY, {"event": text}).status_code == 404
