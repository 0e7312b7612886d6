"""Loops of workflows that start one another are found when a trigger is saved."""

from itertools import combinations, pairwise, product
from typing import Any

import pytest

from organizations.models import Organization
from schedules import services as schedules
from tests.conftest import MakeWorkflow
from tests.triggers.conftest import NOON, MakeTrigger
from triggers import services
from triggers.errors import InvalidTrigger
from triggers.loops import loop_through, shown
from triggers.models import Trigger
from workflows import services as workflows
from workflows.models import Workflow

NODES = range(4)
PAIRS = list(product(NODES, NODES))


def closure(edges: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Return which node is reached from which, each from itself too."""
    reached = {(node, node) for node in NODES} | edges
    while added := {(a, d) for (a, b), (c, d) in product(reached, edges) if b == c} - reached:
        reached |= added
    return reached


@pytest.mark.parametrize("count", range(6))
def test_in_every_small_graph_a_loop_is_found_where_there_is_one(count: int):
    for edges in map(set, combinations(PAIRS, count)):
        following = {node: [end for start, end in edges if start == node] for node in NODES}
        reached = closure(edges)
        for cause, target in ((0, 1), (0, 0)):
            loop = loop_through(following, causes=[cause], target=target)

            assert bool(loop) is ((target, cause) in reached)
            assert not loop or (loop[:2], loop[-1]) == ([cause, target], cause)
            assert all(step in edges for step in pairwise(loop[1:]))


def test_the_shortest_loop_is_shown():
    edges = {"load": ["clean", "extract"], "clean": ["tidy"], "tidy": ["extract"]}

    assert loop_through(edges, causes=["mail", "extract"], target="load") == ["extract", "load", "extract"]


def test_a_path_of_ten_thousand_is_walked():
    edges = {node: [node + 1] for node in range(10_000)}

    assert len(loop_through(edges, causes=[10_000], target=0)) == 10_002


def test_a_long_loop_is_shown_by_its_ends():
    names = [f"w{number}" for number in range(30)]

    assert shown(names).split(" → ")[5:8] == ["w5", "…", "w24"]
    assert shown(["a", "b", "a"]) == "a → b → a"


def after(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"workflow": name, **more} for name in names]


@pytest.mark.django_db
def test_two_chains_that_start_each_other_are_refused_with_the_path(
    make_trigger: MakeTrigger, extract: Workflow, load: Workflow
):
    make_trigger(load, name="one", after=after("extract"))

    with pytest.raises(InvalidTrigger, match="load → extract → load") as error:
        make_trigger(extract, name="two", after=after("load", states=["failed"]))

    assert [problem["path"] for problem in error.value.errors] == ["after"]


@pytest.mark.django_db
def test_a_workflow_after_itself_is_refused(make_trigger: MakeTrigger, load: Workflow):
    with pytest.raises(InvalidTrigger, match="load → load"):
        make_trigger(load, after=after("load"))


@pytest.mark.django_db
def test_one_end_of_a_join_suffices_for_a_loop(
    make_trigger: MakeTrigger, make_workflow: MakeWorkflow, extract: Workflow, load: Workflow
):
    mail = make_workflow(name="mail")
    make_trigger(mail, name="one", after=after("load"))

    with pytest.raises(InvalidTrigger, match="mail → load → mail"):
        make_trigger(load, name="two", after=after("extract", "mail"))


@pytest.mark.django_db
@pytest.mark.parametrize("section", ["steps", "on_failure", "always", "compensate"])
def test_a_step_that_starts_a_child_is_a_part_of_a_loop(
    organization: Organization, make_trigger: MakeTrigger, load: Workflow, section: str
):
    step = {"id": "sub", "kind": "workflow", "workflow": "load"}
    first: dict[str, Any] = {"id": "first", "kind": "set", "values": {"kind": "workflow"}}
    if section == "compensate":
        first["compensate"] = {"kind": "workflow", "workflow": "load"}
    definition = {"steps": [first]} if section != "steps" else {"steps": [first, step]}
    if section in {"on_failure", "always"}:
        definition[section] = [step]
    parent = workflows.create(organization, name="parent", definition=definition)

    with pytest.raises(InvalidTrigger, match="load → parent → load"):
        make_trigger(parent, after=after("load"))


@pytest.mark.django_db
def test_the_end_of_a_schedules_run_closes_no_loop(
    organization: Organization, make_trigger: MakeTrigger, extract: Workflow, load: Workflow
):
    rules = [{"kind": "cron", "expression": "0 6 * * *"}]
    schedules.create(organization, now=NOON, name="nightly", workflow=extract, rules=rules)
    make_trigger(load, name="one", after=[{"schedule": "nightly"}])

    second = make_trigger(extract, name="two", after=after("load"))

    assert Trigger.objects.count() == 2
    assert services.cautions(Trigger.objects.get(name="one")) == services.cautions(second) == []


@pytest.mark.django_db
def test_a_paused_trigger_closes_a_loop_only_when_it_is_resumed(
    make_trigger: MakeTrigger, extract: Workflow, load: Workflow
):
    first = make_trigger(load, name="one", after=after("extract"))
    services.pause(first, by="ada", now=NOON)
    make_trigger(extract, name="two", after=after("load"))
    services.change(first, now=NOON, description="still paused")

    with pytest.raises(InvalidTrigger, match="extract → load → extract"):
        services.resume(first, by="ada", now=NOON)

    first.refresh_from_db()
    assert first.state == "paused"


@pytest.mark.django_db
def test_a_change_may_turn_a_chain_round(make_trigger: MakeTrigger, extract: Workflow, load: Workflow):
    trigger = make_trigger(load, after=after("extract"))

    turned = services.change(trigger, now=NOON, workflow=extract, after=after("load"))

    assert turned.version == 2


@pytest.mark.django_db
def test_the_graph_of_many_chains_costs_few_statements(
    make_trigger: MakeTrigger, make_workflow: MakeWorkflow, django_assert_max_num_queries
):
    made = [make_workflow(name=f"w{number}") for number in range(30)]
    for number, (before, following) in enumerate(pairwise(made)):
        make_trigger(following, name=f"t{number}", after=after(before.name))

    with django_assert_max_num_queries(15):
        trigger = make_trigger(made[-1], name="last", after=after("w0"))
    with pytest.raises(InvalidTrigger, match="w29 → w1 → w2"):
        services.change(trigger, now=NOON, workflow=made[1], after=after("w29"))


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("filters", "is_warned"),
    [
        ({}, True),
        ({"data.workflow": "load"}, True),
        ({"data.workflow": "extract"}, False),
        ({"data.schedule": "nightly"}, False),
    ],
)
def test_triggers_by_types_of_runs_are_warned_of_a_loop(
    make_trigger: MakeTrigger, extract: Workflow, load: Workflow, filters: dict[str, Any], *, is_warned: bool
):
    make_trigger(load, name="one", pattern="workflow.completed")
    second = make_trigger(extract, name="two", pattern="workflow.*", filters=filters)

    found = services.cautions(second)

    assert [caution["path"] for caution in found] == (["type"] if is_warned else [])


@pytest.mark.django_db
def test_a_chain_is_warned_of_a_trigger_that_any_run_fires(
    make_trigger: MakeTrigger, extract: Workflow, load: Workflow
):
    make_trigger(extract, name="one", pattern="workflow.*")
    chain = make_trigger(load, name="two", after=after("extract"))

    (caution,) = services.cautions(chain)

    assert (caution["path"], "extract → load → extract" in caution["message"]) == ("after", True)


@pytest.mark.django_db
def test_one_trigger_by_the_types_of_runs_is_not_warned_of(make_trigger: MakeTrigger, load: Workflow):
    assert services.cautions(make_trigger(load, pattern="workflow.failed")) == []
