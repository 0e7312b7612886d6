"""Triggers by REST."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from events.models import Event, Subscription
from organizations.roles import Role
from schedules.models import Schedule
from tests.api.conftest import V1, Client, names, paths
from tests.conftest import MakeWorkflow
from triggers import skips, tallies
from triggers.models import SkipReason, Trigger
from triggers.skips import Skipped
from workflows.models import Workflow

URL = f"{V1}/triggers/"
ONE = f"{URL}on-order/"
NEW = {"name": "on-order", "workflow": "report", "type": "order.*", "filters": {"data.kind": "book"}}

pytestmark = pytest.mark.django_db


@pytest.fixture
def trigger(api: APIClient, workflow: Workflow) -> Trigger:
    assert api.post(URL, NEW).status_code == 201
    return Trigger.objects.get(name="on-order")


def test_a_new_trigger_is_shown_with_every_setting(api: APIClient, workflow: Workflow):
    answer = api.post(URL, {**NEW, "debounce": "10s", "input": {"city": "${{ event.data.city }}"}})

    assert (answer.status_code, answer["ETag"]) == (201, '"1"')
    shown = answer.json()
    assert (shown["type"], shown["workflow"], shown["debounce"], shown["state"]) == (
        *("order.*", "report", "10s", "active"),
    )
    assert shown["counters"] == api.get(ONE).json()["counters"]
    assert shown["warnings"] == []


def test_what_was_read_can_be_put_back_and_is_no_new_version(api: APIClient, trigger: Trigger):
    whole = api.get(ONE).json()

    answer = api.put(ONE, whole)

    assert (answer.status_code, answer.json()["version"]) == (200, 1)
    assert {**whole, "warnings": []} == answer.json()


def test_ends_are_written_and_shown_by_name(api: APIClient, schedule: Schedule, make_workflow: MakeWorkflow):
    make_workflow(name="mail")
    after = [{"workflow": "report"}, {"schedule": str(schedule.pk), "states": ["failed"]}]

    shown = api.post(URL, {"name": "chain", "workflow": "mail", "after": after}).json()

    assert shown["after"] == [
        {"workflow": "report", "states": ["completed"]},
        {"schedule": "nightly", "states": ["failed"]},
    ]
    assert api.put(f"{URL}chain/", shown).json()["version"] == 1


def test_an_end_that_is_gone_is_shown_by_its_id_with_a_note(
    api: APIClient, schedule: Schedule, make_workflow: MakeWorkflow
):
    make_workflow(name="mail")
    api.post(URL, {"name": "chain", "workflow": "mail", "after": [{"schedule": "nightly"}]})
    purged = str(schedule.pk)
    schedule.delete()

    (end,) = api.get(f"{URL}chain/").json()["after"]

    assert (end["schedule"], end["states"]) == (purged, ["completed"])
    assert "does not exist any more" in end["note"]
    answer = api.patch(f"{URL}chain/", {"description": "mail it"})
    assert (answer.status_code, paths(answer)) == (400, ["after[0].schedule"])


def test_put_gives_what_is_left_out_its_default_and_patch_does_not(api: APIClient, trigger: Trigger):
    api.patch(ONE, {"priority": 9, "queue": "orders"})

    patched = api.patch(ONE, {"queue": "default"}).json()
    replaced = api.put(ONE, NEW).json()

    assert (patched["priority"], patched["version"]) == (9, 3)
    assert (replaced["priority"], replaced["version"]) == (5, 4)


def test_a_change_based_on_an_older_version_is_refused(api: APIClient, trigger: Trigger):
    api.patch(ONE, {"priority": 9})

    for answer in (
        api.patch(ONE, {"priority": 1}, headers={"If-Match": '"1"'}),
        api.put(ONE, {**NEW, "version": 1}),
        api.delete(ONE, headers={"If-Match": '"1"'}),
        api.post(f"{ONE}pause/", headers={"If-Match": '"1"'}),
    ):
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "stale")


def test_every_problem_is_named_at_once(api: APIClient, trigger: Trigger):
    wrong = {"type": "a b", "condition": "event.", "filters": {"body.x": 1}, "batch_window": "1m"}

    answer = api.patch(ONE, wrong)

    assert answer.status_code == 400
    assert set(paths(answer)) == {"type", "condition", "filters.body.x", "batch_window"}


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"state": "paused"}, "state"),
        ({"pattern": "order.*"}, "pattern"),
        ({"debounce": "soon"}, "debounce"),
        ({"batch_size": 1}, "batch_size"),
        ({"workflow": "nothing"}, "workflow"),
        ({"filters": []}, "filters"),
        ({"after": "extract"}, "after"),
        ({"after": None}, "after"),
    ],
)
def test_what_cannot_be_written_so_is_named(api: APIClient, trigger: Trigger, body: Any, path: str):
    answer = api.patch(ONE, body)

    assert (answer.status_code, paths(answer)) == (400, [path])


def test_two_triggers_of_one_name_are_refused(api: APIClient, trigger: Trigger):
    answer = api.post(URL, NEW)

    assert (answer.status_code, answer.json()["error"]["code"], paths(answer)) == (409, "duplicate", ["name"])


def test_a_mapping_that_the_workflow_will_refuse_is_warned_of(api: APIClient, trigger: Trigger):
    answer = api.patch(ONE, {"input": {"town": "${{ event.data.town }}"}})

    assert [warning["path"] for warning in answer.json()["warnings"]] == ["input.town"]


def test_constants_that_do_not_fit_the_workflow_are_warned_of(api: APIClient, make_workflow: MakeWorkflow):
    line = {"properties": {"sku": {"type": "string"}}, "required": ["sku"]}
    lines = {"type": "array", "items": {"$ref": "#/$defs/line"}}
    properties = {"n": {"type": "integer"}, "lines": lines, "more": lines}
    make_workflow(
        name="strict", inputs={"$defs": {"line": line}, "properties": properties, "minProperties": 9}
    )
    made = {"n": "text", "lines": [{"sku": "a"}, {}], "more": [{"sku": "${{ event.id }}"}, 5]}

    answer = api.post(URL, {**NEW, "workflow": "strict", "input": made})

    assert [warning["path"] for warning in answer.json()["warnings"]] == ["input.n", "input.lines[1].sku"]


def test_what_is_read_with_the_usual_period_can_be_put_back(api: APIClient, trigger: Trigger):
    limited = api.patch(ONE, {"rate_limit": 5, "rate_period": "10s"})
    unlimited = api.patch(ONE, {"rate_limit": None})

    assert (limited.status_code, paths(unlimited)) == (200, ["rate_period"])
    assert api.put(ONE, {**limited.json(), "rate_limit": None, "rate_period": "1m"}).status_code == 200


def test_the_list_is_narrowed(api: APIClient, trigger: Trigger, make_workflow: MakeWorkflow):
    make_workflow(name="mail")
    api.post(URL, {"name": "chain", "workflow": "mail", "after": [{"workflow": "report"}]})
    api.post(f"{URL}chain/pause/")

    assert names(api.get(URL)) == ["chain", "on-order"]
    for query in ({"state": "paused"}, {"workflow": "mail"}, {"search": "HAI"}):
        assert names(api.get(URL, query)) == ["chain"]
    assert names(api.get(URL, {"type": "order.*"})) == ["on-order"]
    assert paths(api.get(URL, {"kind": "x"})) == ["kind"]


def test_a_list_costs_five_statements_however_many_there_are(
    api: APIClient, schedule: Schedule, make_workflow: MakeWorkflow, django_assert_max_num_queries
):
    make_workflow(name="mail")
    for number in range(5):
        after = [{"workflow": "report"}, {"schedule": "nightly"}]
        api.post(URL, {"name": f"chain-{number}", "workflow": "mail", "after": after})

    with django_assert_max_num_queries(2 + 4):
        assert len(names(api.get(URL))) == 5


def test_a_paused_trigger_is_offered_nothing_until_it_is_resumed(api: APIClient, trigger: Trigger):
    paused = api.post(f"{ONE}pause/").json()
    wanted = Subscription.objects.filter(owner_id=trigger.pk).count()
    resumed = api.post(f"{ONE}resume/").json()

    assert (paused["state"], wanted, resumed["state"]) == ("paused", 0, "active")
    assert Subscription.objects.filter(owner_id=trigger.pk).count() == 1
    assert (paused["version"], resumed["version"]) == (1, 1)


def test_a_deleted_trigger_is_gone_and_the_log_knows_it(api: APIClient, trigger: Trigger):
    assert api.delete(ONE).status_code == 204

    assert api.get(ONE).status_code == 404
    assert not Subscription.objects.filter(owner_id=trigger.pk).exists()
    told = Event.objects.get(type="trigger.deleted").data
    assert (told["name"], told["trigger"]) == ("on-order", str(trigger.pk))
    assert api.post(URL, NEW).status_code == 201


def test_what_matched_and_started_nothing_is_listed_newest_first(api: APIClient, trigger: Trigger):
    for event_id, reason in ((7, SkipReason.OVERLAP), (8, SkipReason.TOO_DEEP)):
        one = Skipped(
            trigger_id=trigger.pk, organization_id=trigger.organization_id, event_id=event_id, reason=reason
        )
        skips.record([one], now=trigger.created_at)

    rows = api.get(f"{ONE}skips/").json()["results"]

    assert [(row["event_id"], row["reason"], row["count"]) for row in rows] == [
        (8, "too_deep", 1),
        (7, "overlap", 1),
    ]
    assert paths(api.get(f"{ONE}skips/", {"reason": "overlap"})) == ["reason"]


def test_the_counters_are_shown(api: APIClient, trigger: Trigger):
    count = tallies.Count(organization_id=trigger.organization_id, matched=3, problem="limit: full")
    tallies.add({trigger.pk: count}, now=trigger.created_at)

    counters = api.get(ONE).json()["counters"]

    assert (counters["matched"], counters["started"], counters["last_problem"]) == (3, 0, "limit: full")


@pytest.mark.parametrize(
    ("request_", "role"),
    [
        (("get", "", None), Role.VIEWER),
        (("get", "on-order/", None), Role.VIEWER),
        (("get", "on-order/skips/", None), Role.VIEWER),
        (("post", "on-order/pause/", {}), Role.OPERATOR),
        (("post", "on-order/resume/", {}), Role.OPERATOR),
        (("post", "", {**NEW, "name": "other"}), Role.EDITOR),
        (("put", "on-order/", NEW), Role.EDITOR),
        (("patch", "on-order/", {}), Role.EDITOR),
        (("delete", "on-order/", None), Role.EDITOR),
    ],
)
def test_each_request_is_open_from_its_role_on(
    program: Client, trigger: Trigger, request_: tuple[str, str, Any], role: Role
):
    method, path, body = request_

    for held in Role:
        if not held.includes(role):
            assert getattr(program(held), method)(URL + path, body).status_code == 403
    assert getattr(program(role), method)(URL + path, body).status_code < 300


def test_another_organizations_triggers_do_not_exist(stranger: APIClient, trigger: Trigger):
    assert names(stranger.get(URL)) == []
    for path in ("on-order/", f"{trigger.pk}/", "on-order/skips/"):
        assert stranger.get(URL + path).status_code == 404
    answer = stranger.post(URL, {"name": "chain", "workflow": "report", "type": "x"})
    assert paths(answer) == ["workflow"]
