"""Two people who close a loop of workflows together, each with one half of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.races.connections import at_once, beside
from tests.triggers.conftest import NOON
from triggers import services
from triggers.errors import InvalidTrigger
from triggers.models import Trigger

pytestmark = pytest.mark.django_db(transaction=True)

Chain = Callable[[str, str], Trigger]


@pytest.fixture
def chain(organization: Organization, make_workflow: MakeWorkflow) -> Chain:
    """Make a trigger that starts one of two workflows after the other."""
    made = {name: make_workflow(name=name) for name in ("extract", "load")}

    def make(before: str, following: str) -> Trigger:
        settings: dict[str, Any] = {"workflow": made[following], "after": [{"workflow": before}]}
        return services.create(organization, now=NOON, name=f"{following}-after-{before}", **settings)

    return make


def test_the_second_half_waits_for_the_first_and_is_refused(chain: Chain) -> None:
    result = beside(partial(chain, "extract", "load"), partial(chain, "load", "extract"))

    assert isinstance(result, InvalidTrigger)
    assert "load → extract → load" in str(result)
    assert Trigger.objects.count() == 1


def test_of_two_halves_at_once_one_is_saved(chain: Chain) -> None:
    results = at_once(partial(chain, "extract", "load"), partial(chain, "load", "extract"))

    assert sorted(type(result).__name__ for result in results) == ["InvalidTrigger", "Trigger"]


def test_a_half_that_is_resumed_waits_for_the_other_one_too(chain: Chain) -> None:
    first = chain("extract", "load")
    services.pause(first, by="ada", now=NOON)

    result = beside(partial(chain, "load", "extract"), partial(services.resume, first, by="ada", now=NOON))

    first.refresh_from_db()
    assert (type(result), first.state) == (InvalidTrigger, "paused")
