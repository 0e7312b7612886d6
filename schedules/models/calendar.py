"""Named calendars, shared by schedules, whose times are excluded."""

from django.db import models
from uuid_utils.compat import uuid7

from organizations.models import Organization
from workflows.models import NAME


class Calendar(models.Model):
    """A set of times at which schedules that use it do not fire.

    `entries` is a JSON list; `schedules.calendars` has the shapes. Deleting one
    that a schedule uses is refused by `schedules.services.delete_calendar`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="calendars")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    entries = models.JSONField(default=list)
    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["organization", "name"], name="calendar_name_once"),)

    def __str__(self) -> str:
        return self.name
