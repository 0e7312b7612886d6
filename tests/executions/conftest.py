"""Groups of executions."""

from functools import partial

import pytest

from organizations.models import Organization
from tests.conftest import MakeWorkflow
from tests.executions.groups import SHAPES, Group, MakeGroup
from tests.executions.limited import MakeLimited, limited


@pytest.fixture
def make_group(make_workflow: MakeWorkflow) -> MakeGroup:
    """Make a group whose executions have the given policy, limit and shape."""

    def make(policy: str = "skip", *, limit: int = 1, shape: str = "one step") -> Group:
        return Group(make_workflow(*SHAPES[shape], name=shape.replace(" ", "-")), policy, limit)

    return make


@pytest.fixture
def make_limited(organization: Organization) -> MakeLimited:
    """Make a workflow with the given limits."""
    return partial(limited, organization)
