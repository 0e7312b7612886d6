"""What the tables of executions have in common."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

PRIORITY = (MinValueValidator(0), MaxValueValidator(9))  # 9 is claimed first
DEFAULT_PRIORITY = 5
DEFAULT_QUEUE = "default"


def final_iff_finished(final: frozenset[str], name: str) -> models.CheckConstraint:
    """Return the constraint that exactly the rows in a final state have an end."""
    is_final = models.Q(state__in=sorted(final))
    is_finished = models.Q(finished_at__isnull=False)
    return models.CheckConstraint(condition=(is_final & is_finished) | (~is_final & ~is_finished), name=name)
