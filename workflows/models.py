"""What runs: workflows and their immutable versions."""

from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models
from uuid_utils.compat import uuid7

from organizations.models import Organization

NAME = RegexValidator(
    r"^(?!schema\Z)[a-z][a-z0-9_-]{0,99}\Z",  # `schema` is a page of the API
    "Start with a letter; use lower-case letters, digits, hyphens and underscores, 100 at most; not `schema`.",
)


class Workflow(models.Model):
    """A name under which versions of a definition are kept."""

    class State(models.TextChoices):
        ACTIVE = "active"  # may be started
        ARCHIVED = "archived"  # kept for its history; refuses new executions

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="workflows")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    state = models.CharField(max_length=10, choices=State.choices, default=State.ACTIVE, editable=False)
    current_version = models.ForeignKey(
        "WorkflowVersion", models.PROTECT, null=True, editable=False, related_name="+"
    )
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "name"], name="workflow_name_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=["active", "archived"]), name="workflow_state_known"
            ),
        )

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """A frozen definition. A database trigger refuses every change."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    created_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["WorkflowVersion"]]

    class Meta:
        ordering = ("workflow", "-number")
        constraints = (
            models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_number_once"),
        )

    def __str__(self) -> str:
        return f"{self.workflow.name} v{self.number}"


class Activation(models.Model):
    """A version became the current one of its workflow. Rows are only ever added."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="activations")
    version = models.ForeignKey(WorkflowVersion, models.CASCADE, related_name="+")
    note = models.CharField(max_length=500, blank=True)
    by = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[models.Manager["Activation"]]

    class Meta:
        ordering = ("workflow", "-id")

    def __str__(self) -> str:
        return f"{self.version} became current"
