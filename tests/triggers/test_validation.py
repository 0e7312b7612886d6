"""What is refused of a trigger: each field by its name, all at once."""

from datetime import timedelta
from typing import Any

import pytest

from organizations.models import Organization
from schedules import services as schedules
from tests.conftest import MakeWorkflow
from tests.triggers.conftest import NOON, MakeTrigger
from triggers.errors import InvalidTrigger
from triggers.validation import filter_problems
from workflows import services as workflows
from workflows.models import Workflow

SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
CHAIN = [{"workflow": "extract"}]
JOIN = [{"workflow": "extract"}, {"workflow": "clean"}]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sources(make_workflow: MakeWorkflow) -> None:
    make_workflow(name="extract")
    make_workflow(name="clean")


@pytest.fixture
def target(make_workflow: MakeWorkflow, load: Workflow) -> Workflow:
    """Make an archived workflow `old` and an archived schedule `over` beside what is started."""
    workflows.archive(make_workflow(name="old"))
    rules = [{"kind": "cron", "expression": "0 6 * * *"}]
    over = schedules.create(load.organization, now=NOON, name="over", workflow=load, rules=rules)
    schedules.archive(over, by="ada", now=NOON)
    return load


def problems(make_trigger: MakeTrigger, load: Workflow, settings: dict[str, Any]) -> dict[str, str]:
    """Return what is wrong with settings, by path; empty where they are saved."""
    try:
        make_trigger(load, **settings)
    except InvalidTrigger as error:
        return {problem["path"]: problem["message"] for problem in error.errors}
    return {}


@pytest.mark.parametrize(
    "settings",
    [
        {"pattern": "workflow.failed"},
        {"pattern": "schedule.*"},
        {"pattern": "*", "source": "horarium"},
        {"filters": {"data.lines.0.sku": "a", "subject": None, "partitionkey": 1, "data": {"a": [1]}}},
        {"condition": "event.data.total > 100 && has(event.subject)"},
        {"input": {"to": "${{ event.data.mail }}", "list": [1, "${{ event.id }}"]}},
        {"input": "${{ event.data }}"},
        {"input": {}},
        {"after": JOIN, "join_window": timedelta(days=30), "group_key": "event.data.fire_at"},
        {"after": CHAIN, "debounce": SECOND, "debounce_max": SECOND, "group_key": "event.subject"},
        {"debounce": DAY, "debounce_max": timedelta(days=7)},
        {"batch_size": 1000, "batch_window": DAY},
        {"rate_limit": 1, "rate_period": SECOND},
        {"rate_period": MINUTE},
        {"pattern": "workflow.step.*"},
        {"pattern": "workflow.*", "source": "horarium"},
        {"pattern": "workflows.gone"},
        {"condition": "true"},
        {"group_key": "'all'", "debounce": SECOND},
        {"overlap": "queue", "concurrency_limit": 5, "concurrency_key": "event.subject"},
        {"overlap": "cancel_other"},
    ],
)
def test_sound_settings_are_saved(make_trigger: MakeTrigger, load: Workflow, settings: dict[str, Any]):
    assert problems(make_trigger, load, settings) == {}


@pytest.mark.parametrize(
    ("settings", "path", "remedy"),
    [
        ({"name": "On Order"}, "name", "start with a letter"),
        ({"name": "schema"}, "name", "choose another"),
        ({"description": "x" * 2001}, "description", "at most 2000"),
        ({"description": "a\0b"}, "description", "take it out"),
        ({"priority": 10}, "priority", "from 0 to 9"),
        ({"queue": "a b"}, "queue", "use letters"),
        ({"pattern": ""}, "type", "or give `after`"),
        ({"pattern": "order.created", "after": CHAIN}, "type", "leave the other one empty"),
        ({"pattern": "order.*.x"}, "type", "a prefix such as"),
        ({"pattern": "a b"}, "type", "write a type"),
        ({"pattern": "x" * 256}, "type", "255 characters"),
        ({"pattern": "workflow.complete"}, "type", "did you mean workflow.completed?"),
        ({"pattern": "workflow.nosuch.*"}, "type", "did you mean"),
        ({"pattern": "worker.*"}, "type", "did you mean"),
        ({"pattern": "calendar.9"}, "type", "begin with circuit., dead_letter."),
        ({"source": "x" * 256}, "source", "255 characters"),
        ({"source": "/my shop"}, "source", "percent-encode"),
        ({"source": "/shop\u200b"}, "source", "percent-encode"),
        ({"source": "/shop\n"}, "source", "control characters"),
        ({"after": CHAIN, "source": "/shop"}, "source", "leave it out"),
        ({"filters": [1]}, "filters", "write an object"),
        ({"filters": {f"data.a{n}": 1 for n in range(21)}}, "filters", "at most 20"),
        ({"filters": {"body.x": 1}}, "filters.body.x", "write a path"),
        ({"filters": {"type.x": 1}}, "filters.type.x", "write a path"),
        ({"filters": {"data..x": 1}}, "filters.data..x", "write a path"),
        ({"filters": {"data.x": "y" * 1000}}, "filters.data.x", "1,000"),
        ({"filters": {"data.x": float("nan")}}, "filters.data.x", "not JSON"),
        ({"condition": "event."}, "condition", "not a CEL expression"),
        ({"condition": "input.x == 1"}, "condition", "only `event`"),
        ({"condition": "secrets.x == event.id"}, "condition", "reads secrets"),
        ({"condition": "foo == 1"}, "condition", "unknown variable 'foo'; only `event` is there"),
        ({"condition": "1"}, "condition", "never true"),
        ({"condition": "'a'"}, "condition", "never true"),
        ({"condition": "1 / 0 == 1"}, "condition", "division by zero"),
        ({"condition": "(" * 200 + "1" + ")" * 200}, "condition", "1:97: nested too deep; write it"),
        ({"group_key": "[][0]", "debounce": MINUTE}, "group_key", "[][0]"),
        ({"input": [1]}, "input", "write null"),
        ({"input": "order ${{ event.id }}"}, "input", "gives text"),
        ({"input": {"a": "${{ steps.b.output }}"}}, "input.a", "only `event`"),
        ({"input": {"a": [{"b": "${{ foo.x }}"}]}}, "input.a[0].b", "unknown variable 'foo'; only `event`"),
        ({"input": {"a": 1, "b": "${{ event.id"}}, "input.b", "never closed"),
        ({"input": {"a": "x" * 20_001}}, "input", "20,000"),
        ({"input": {"a": [1, float("nan")]}}, "input.a[1]", "not JSON"),
        ({"debounce": SECOND / 2}, "debounce", "from 1s to 1d"),
        ({"debounce": 2 * DAY}, "debounce", "from 1s to 1d"),
        ({"debounce_max": MINUTE}, "debounce_max", "give that too"),
        ({"debounce": MINUTE, "debounce_max": SECOND}, "debounce_max", "from 1m to 7d"),
        ({"batch_size": 1, "batch_window": MINUTE}, "batch_size", "from 2 to 1000"),
        ({"batch_size": 5}, "batch_window", "such as 5m"),
        ({"batch_window": MINUTE}, "batch_window", "give that too"),
        ({"batch_size": 5, "batch_window": MINUTE, "debounce": MINUTE}, "batch_size", "take one of them out"),
        ({"after": JOIN, "debounce": MINUTE}, "debounce", "leave it out"),
        ({"after": JOIN, "batch_size": 2, "batch_window": MINUTE}, "batch_size", "leave it out"),
        ({"after": JOIN, "join_window": SECOND}, "join_window", "from 1m to 30d"),
        ({"after": CHAIN, "join_window": MINUTE}, "join_window", "name two or more"),
        ({"group_key": "event.subject"}, "group_key", "nothing is gathered"),
        ({"rate_limit": 0}, "rate_limit", "from 1"),
        ({"rate_limit": 1, "rate_period": 2 * DAY}, "rate_period", "from 1s to 1d"),
        ({"rate_period": 2 * MINUTE}, "rate_period", "belongs to `rate_limit`"),
        ({"overlap": "often"}, "overlap", "write one of"),
        ({"concurrency_key": "event.subject"}, "concurrency_key", "give an `overlap`"),
        ({"concurrency_limit": 2}, "concurrency_limit", "write 1, or"),
        ({"concurrency_limit": 2, "overlap": "cancel_other"}, "concurrency_limit", "write 1, or"),
        ({"concurrency_limit": 0, "overlap": "skip"}, "concurrency_limit", "from 1 to"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(
    make_trigger: MakeTrigger, load: Workflow, settings: dict[str, Any], path: str, remedy: str
):
    found = problems(make_trigger, load, settings)

    assert list(found) == [path]
    assert remedy in found[path]


@pytest.mark.parametrize(
    ("after", "path", "remedy"),
    [
        ({"workflow": "extract"}, "after", "write a list"),
        (CHAIN * 11, "after", "at most 10"),
        (["extract"], "after[0]", "write a list"),
        ([{}], "after[0]", "name either one"),
        ([{"workflow": "extract", "schedule": "nightly"}], "after[0]", "name either one"),
        ([{"workflow": 5}], "after[0]", "by its id or name"),
        ([{"workflow": "extract", "state": "failed"}], "after[0].state", "take it out"),
        ([{"workflow": "extract", "states": []}], "after[0].states", "some of cancelled, completed"),
        ([{"workflow": "extract", "states": ["ended"]}], "after[0].states", "some of"),
        ([{"workflow": "extract", "states": ["failed", "failed"]}], "after[0].states", "each once"),
        ([*CHAIN, {"workflow": "nothing"}], "after[1].workflow", "there is no workflow 'nothing'"),
        ([{"schedule": "extract"}], "after[0].schedule", "there is no schedule"),
        ([{"workflow": "a\0b"}], "after[0].workflow", "there is no workflow"),
        ([{"workflow": "old"}], "after[0].workflow", "is archived"),
        ([{"schedule": "over"}], "after[0].schedule", "is archived"),
        ([*CHAIN, {**CHAIN[0], "states": ["failed"]}], "after[1].workflow", "in one entry"),
    ],
)
def test_a_wrong_end_is_named_with_its_remedy(
    make_trigger: MakeTrigger, target: Workflow, after: Any, path: str, remedy: str
):
    found = problems(make_trigger, target, {"after": after})

    assert list(found) == [path]
    assert remedy in found[path]


def test_all_problems_are_told_at_once(make_trigger: MakeTrigger, load: Workflow):
    wrong = {"name": "X", "pattern": "a b", "condition": "(", "filters": {"x.y": 1}, "rate_limit": 0}

    assert set(problems(make_trigger, load, wrong)) == {
        "name",
        "type",
        "condition",
        "filters.x.y",
        "rate_limit",
    }


def test_an_archived_workflow_is_not_started(make_trigger: MakeTrigger, load: Workflow):
    workflows.archive(load)

    assert "restore it" in problems(make_trigger, load, {})["workflow"]


def test_another_organizations_workflows_and_ends_do_not_exist(make_trigger: MakeTrigger, load: Workflow):
    other = Organization.objects.create(slug="globex", name="Globex")
    theirs = workflows.create(
        other, name="theirs", definition={"steps": [{"id": "a", "kind": "set", "values": {}}]}
    )

    assert "no such workflow" in problems(make_trigger, theirs, {})["workflow"]
    for named in ("theirs", str(theirs.pk)):
        found = problems(make_trigger, load, {"after": [{"workflow": named}]})
        assert list(found) == ["after[0].workflow"]


def test_of_a_webhook_headers_have_parts_too():
    filters = {"headers.x-github-event": "push", "data.ref": "main"}

    assert not list(filter_problems(filters, of_delivery=True))
    assert len(list(filter_problems(filters))) == 1


@pytest.mark.parametrize(
    ("path", "remedy"),
    [
        ("headers.X-GitHub-Event", "write headers.x-github-event"),
        ("x", "headers.x-event"),
        ("partitionkey", "headers.x-event"),
        ("type.x", "headers.x-event"),
        ("data..x", "headers.x-event"),
    ],
)
def test_a_webhooks_filter_that_would_never_match_is_refused(path: str, remedy: str):
    (problem,) = filter_problems({path: "push"}, of_delivery=True)

    assert problem["path"] == f"filters.{path}"
    assert remedy in problem["message"]
