"""Random workflows on the real tables: whatever their steps do, in whatever order, they end, and end right."""

import random
from datetime import timedelta
from typing import Any

import pytest

import clock
from executions import engine, queries, services
from executions.advancing import planned
from executions.errors import IllegalMove, LostLease
from executions.models import Execution, Source, StepRun
from executions.queries import Claim
from executions.rules import verdicts
from executions.rules.outcomes import Completed, Expanded, Failed, Lost, Outcome, Released, Skipped, Waiting
from executions.services import Start
from executions.states import EXECUTION_FINAL, STEP_FINAL
from organizations.models import Organization
from workflows import services as workflow_services
from workflows.definition import Definition
from workflows.services import definition_of

pytestmark = pytest.mark.django_db(transaction=True)

MOST_TURNS = 2_000
SET = {"kind": "set", "values": {}}
TASK = {"kind": "task", "task": "tests.elsewhere", "external": True}  # nobody runs it: outcomes are drawn
RETRY = {"retry": {"max_attempts": 2, "initial": "0s", "jitter": "none"}}


def definition(chance: random.Random) -> dict[str, Any]:
    """Return a random workflow of all sections."""
    return {
        "steps": [_step(chance, f"s{n}", [f"s{m}" for m in range(n)]) for n in range(chance.randint(1, 6))],
        "on_failure": [
            _hook(chance, f"f{n}", [f"f{m}" for m in range(n)]) for n in range(chance.randint(0, 2))
        ],
        "always": [_hook(chance, f"z{n}", [f"z{m}" for m in range(n)]) for n in range(chance.randint(0, 2))],
        **({"output": {"x": 1}} if chance.random() < 0.4 else {}),
    }


def _step(chance: random.Random, step_id: str, before: list[str]) -> dict[str, Any]:
    step = _hook(chance, step_id, before)
    if chance.random() < 0.4:
        step["compensate"] = SET
    return step


def _hook(chance: random.Random, step_id: str, before: list[str]) -> dict[str, Any]:
    needs = [other for other in before if chance.random() < 0.5]
    step: dict[str, Any] = {"id": step_id, "needs": needs, **SET, **(RETRY if chance.random() < 0.3 else {})}
    if chance.random() < 0.4:
        step |= {"for_each": list(range(chance.randint(0, 5)))}
        step["fail_when"] = chance.choice(["first_item", "any_item", "every_item", "never"])
        if chance.random() < 0.6:
            step["max_parallel"] = chance.randint(1, 3)
    if chance.random() < 0.2:
        step |= TASK | {"delivery": "at_most_once"}
        del step["values"]
    return step


def outcome(chance: random.Random, held: Claim, whole: Definition) -> Outcome:
    """Return how an attempt of a claimed step ends this time."""
    step = whole.step(held.step)
    dice = chance.random()
    if dice < 0.06:
        return Lost()
    if dice < 0.12:
        return Released(was_interrupted=chance.random() < 0.5)
    if dice < 0.22:
        return Failed(error="no", error_class="X", was_interrupted=chance.random() < 0.3)
    if dice < 0.27:
        return Waiting(clock.now() - timedelta(seconds=1))
    if step.for_each is not None and not held.is_item:
        return Expanded(step.for_each) if dice > 0.32 else Skipped()
    return Skipped() if dice < 0.31 and not held.is_item else Completed(held.item_index)


def live(execution: Execution, chance: random.Random) -> None:
    """Let three workers run it to its end, one of them stale now and then; cancel it at some time, or not."""
    whole = definition_of(execution.version_id)
    slots = [queries.Slot("default", worker=f"w{n}", lease=timedelta(hours=1)) for n in range(3)]
    held: list[Claim] = []
    stale: list[tuple[Claim, Outcome]] = []
    cancel_at = chance.randint(0, 40)
    for turn in range(MOST_TURNS):
        if turn == cancel_at:
            _cancel(execution)
        queries.release_due(100)
        if len(held) < len(slots) and (claimed := queries.claim(chance.choice(slots))):
            held.append(claimed)
            continue
        if stale and chance.random() < 0.3:
            _refused(*chance.choice(stale))
            continue
        if not held:
            break
        one = held.pop(chance.randrange(len(held)))
        ends = outcome(chance, one, whole)
        slot = chance.choice(slots) if chance.random() < 0.7 and len(held) < len(slots) else None
        following = engine.finish(one, ends, now=clock.now(), slot=slot)
        held += [following] if following else []
        stale.append((one, ends))


def _refused(claimed: Claim, ends: Outcome) -> None:
    with pytest.raises(LostLease):
        engine.finish(claimed, ends, now=clock.now())


def _cancel(execution: Execution) -> None:
    try:
        services.cancel(execution, by="ada", now=clock.now())
    except IllegalMove:
        execution.refresh_from_db()
        plan = planned(execution.pk, definition_of(execution.version_id))
        assert execution.state in EXECUTION_FINAL or plan.result is not None


def check(execution: Execution) -> None:
    """Hold an ended execution against what its sections promise."""
    execution.refresh_from_db()
    assert execution.state in EXECUTION_FINAL
    rows = list(execution.step_runs.all())
    assert {row.state for row in rows} <= STEP_FINAL
    whole = definition_of(execution.version_id)
    states = {row.step: row.state for row in rows if row.item_index < 0}
    for step in [*whole.steps, *whole.on_failure, *whole.always]:
        if any(row.step == step.id and row.attempt for row in rows):
            assert all(states[need] == "completed" for need in step.needs)
    assert all(step.id in states for step in whole.always if not step.needs)
    if execution.state == "completed":
        assert all(states[step.id] in {"completed", "skipped"} for step in [*whole.steps, *whole.always])
        assert not any(".compensate" in step for step in states)
    else:
        _check_undone(whole, rows, states)
    if whole.on_failure:
        assert (whole.on_failure[0].id in states) == (execution.state == "failed" and _broke(whole, states))
    _check_items(rows)


def _broke(whole: Definition, states: dict[str, str]) -> bool:
    body = [states.get(step.id) for step in whole.steps] + [states.get("workflow.output", "completed")]
    return not all(state in {"completed", "skipped"} for state in body)


def _check_undone(whole: Definition, rows: list[StepRun], states: dict[str, str]) -> None:
    if not _broke(whole, states) and not any(".compensate" in step for step in states):
        return  # it was a step of `always` that failed, or a cancel that came after the body
    done = {row.step for row in rows if row.state == "completed"}
    for step in whole.steps:
        if step.compensate is not None:
            assert (step.id in done) == (f"{step.id}.compensate" in states)


def _check_items(rows: list[StepRun]) -> None:
    for whole in rows:
        items = [row for row in rows if row.step == whole.step and row.item_index >= 0]
        if whole.item_index < 0 and items and whole.state == "completed":
            assert whole.output == [
                row.output if row.state == "completed" else None
                for row in sorted(items, key=lambda row: row.item_index)
            ]


@pytest.mark.parametrize("seed", range(120))
def test_a_random_workflow_ends_as_its_steps_say(
    seed: int, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verdicts, "CRASH_DELAY", timedelta(0))
    chance = random.Random(seed)
    workflow = workflow_services.create(organization, name="random", definition=definition(chance))
    started = services.start(Start(workflow=workflow, source=Source.MANUAL), now=clock.now())
    execution = Execution.objects.get(pk=started.id)

    live(execution, chance)

    check(execution)
