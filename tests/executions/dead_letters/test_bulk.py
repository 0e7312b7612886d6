"""Many dead letters at once, and those that are too old or too many."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings

import clock
from events.models import Event
from executions import dead_letters
from executions.models import DeadLetter, Execution
from tests.executions.dead_letters.conftest import breaks

pytestmark = pytest.mark.django_db


@pytest.fixture
def fail(define, run):
    """Make so many dead letters of one workflow, the oldest first."""

    def fail(count, *, name="report", **parts):
        workflow = define(breaks("b"), name=name, **parts)
        return [DeadLetter.objects.get(execution=run(workflow)) for _ in range(count)]

    return fail


@pytest.fixture
def many(organization):
    """Do something to many dead letters of the organization."""

    def many(service, wanted=None, **options):
        usual = {"by": "ada", "now": clock.now(), "limit": 100}
        return service(organization.pk, wanted or {}, **{**usual, **options})

    return many


def states():
    return list(DeadLetter.objects.order_by("pk").values_list("resolution", flat=True))


@pytest.mark.parametrize("from_failed", [True, False])
def test_all_that_match_are_redriven(fail, many, from_failed):
    fail(2)
    fail(1, name="other")

    done = many(dead_letters.redrive_many, {"workflow": "report"}, from_failed=from_failed)

    assert (done.matched, done.done, done.failed, done.remaining, done.next) == (2, 2, [], 0, None)
    assert states() == ["redriven", "redriven", "open"]
    assert Execution.objects.filter(source="redrive").count() == 2


def test_one_that_cannot_be_redriven_stops_no_other(fail, many):
    _, bad = fail(2)
    Execution.objects.filter(pk=bad.execution_id).update(priority=9, queue="no queue")

    done = many(dead_letters.redrive_many)

    assert (done.done, [refusal.id for refusal in done.failed]) == (1, [bad.pk])
    assert "queue" in done.failed[0].error
    assert states() == ["redriven", "open"]


def test_a_bug_in_one_redrive_stops_no_other_and_is_not_shown(fail, many):
    broken, _ = fail(2)
    Execution.objects.filter(pk=broken.execution_id).update(input=["secret"])

    done = many(dead_letters.redrive_many)

    assert (done.done, [refusal.id for refusal in done.failed]) == (1, [broken.pk])
    assert "secret" not in done.failed[0].error


def test_a_call_after_the_other_goes_on_behind_those_that_were_refused(fail, many):
    letters = fail(3)
    Execution.objects.filter(pk=letters[0].execution_id).update(queue="no queue")

    first = many(dead_letters.redrive_many, limit=2)
    assert (first.done, first.remaining, first.next) == (1, 1, letters[1].pk)
    second = many(dead_letters.redrive_many, limit=2, after=first.next)

    assert (second.matched, second.done, second.next) == (1, 1, None)
    assert states() == ["open", "redriven", "redriven"]


@pytest.mark.parametrize("service", [dead_letters.redrive_many, dead_letters.discard_many])
def test_a_dry_run_only_counts(fail, many, service):
    fail(2)

    done = many(service, dry_run=True)

    assert (done.matched, done.done, done.remaining) == (2, 0, 2)
    assert states() == ["open", "open"]


def test_discarded_ones_have_the_note_and_are_told_of_once(fail, many):
    letters = fail(3)

    done = many(dead_letters.discard_many, {"ids": [letter.pk for letter in letters[:2]]}, note="known")

    assert (done.done, states()) == (2, ["discarded", "discarded", "open"])
    (event,) = Event.objects.filter(type="dead_letter.discarded")
    assert event.data == {"count": 2, "dead_letter": str(letters[0].pk), "by": "ada", "note": "known"}


def test_what_was_settled_before_is_not_meant(fail, many):
    first, _ = fail(2)
    dead_letters.discard(first, by="kim", now=clock.now())

    assert many(dead_letters.discard_many).done == 1
    first.refresh_from_db()
    assert first.resolved_by == "kim"


def test_each_filter_narrows(fail, many):
    old, new = fail(1)[0], fail(1, name="other")[0]
    DeadLetter.objects.filter(pk=old.pk).update(cause="ambiguous", reason="Card 100% declined")
    Execution.objects.filter(pk=old.execution_id).update(schedule_id=uuid4())
    old.refresh_from_db()
    schedule = str(Execution.objects.get(pk=old.execution_id).schedule_id)
    between = new.created_at

    for wanted, count in (
        ({"workflow": "report"}, 1),
        ({"workflow": str(new.execution.workflow_id)}, 1),
        ({"workflow": "nothing"}, 0),
        ({"schedule": schedule}, 1),
        ({"schedule": "nothing"}, 0),
        ({"cause": "ambiguous"}, 1),
        ({"reason_contains": "card 100%"}, 1),
        ({"created_after": between}, 1),
        ({"created_before": between}, 1),
        ({"ids": [old.pk, uuid4()]}, 1),
        ({"workflow": "report", "created_after": between}, 0),
    ):
        assert many(dead_letters.discard_many, wanted, dry_run=True).matched == count, wanted


def test_another_organizations_letters_are_never_meant(fail, many):
    (letter,) = fail(1)

    done = dead_letters.discard_many(uuid4(), {"ids": [letter.pk]}, by="ada", now=clock.now(), limit=9)

    assert (done.matched, states()) == (0, ["open"])


@pytest.fixture
def bounds(monkeypatch):
    """Set the bounds of open dead letters."""

    def bounds(**wanted):
        monkeypatch.setattr(settings, "ENVIRONMENT", settings.ENVIRONMENT.model_copy(update=wanted))

    return bounds


def test_letters_that_are_too_old_are_discarded_with_a_note(fail, bounds):
    old, _ = fail(2)
    now = clock.now()
    bounds(dead_letter_days=90)
    DeadLetter.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=90, seconds=1))

    assert dead_letters.discard_old(now=now) == 1

    old.refresh_from_db()
    assert (old.resolution, old.resolved_by, old.note) == (
        "discarded",
        "retention",
        "open for more than 90 days",
    )
    assert states() == ["discarded", "open"]
    assert Event.objects.get(type="dead_letter.discarded").data["count"] == 1


def test_the_oldest_beyond_the_bound_are_discarded_with_a_note(fail, bounds):
    fail(3)
    bounds(dead_letters_max=1)

    assert dead_letters.discard_old(now=clock.now()) == 2
    assert dead_letters.discard_old(now=clock.now()) == 0

    assert states() == ["discarded", "discarded", "open"]
    assert DeadLetter.objects.earliest("pk").note == "more than 1 were open"
