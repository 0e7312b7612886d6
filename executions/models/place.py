"""The places that executions hold, or wait for, in the limits of their workflows."""

from django.db import models

from executions.models.execution import Execution


class Place(models.Model):
    """An execution in one limit: waiting, then admitted, then released when the execution has ended.

    A limit of starts in a period counts what was admitted within it; a limit of
    what runs at once counts what is admitted and not released.
    """

    group_key = models.UUIDField(help_text="Made of the workflow, the limit and the value of its key.")
    execution = models.ForeignKey(Execution, models.CASCADE, related_name="places")
    limit = models.PositiveIntegerField()
    per_seconds = models.PositiveIntegerField(null=True, help_text="Period of a limit of starts.")
    admitted_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(
                fields=["group_key"],
                condition=models.Q(admitted_at__isnull=True, released_at__isnull=True),
                name="place_wanted",
            ),
            models.Index(
                fields=["group_key"],
                condition=models.Q(admitted_at__isnull=False, released_at__isnull=True),
                name="place_held",
            ),
            models.Index(
                fields=["group_key", "admitted_at"],
                condition=models.Q(per_seconds__isnull=False),
                name="place_of_a_rate",
            ),
        )
        constraints = (
            models.UniqueConstraint(fields=["execution", "group_key"], name="place_once_per_execution"),
        )

    def __str__(self) -> str:
        return f"place of {self.execution_id}"
