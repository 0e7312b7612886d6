"""Events that wait to start one execution together."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from uuid_utils.compat import uuid7

from organizations.models import Organization
from triggers.models.trigger import Trigger


class Gathering(models.Model):
    """What a trigger has gathered under one key: the last of a burst, a batch, or the ends of a join.

    `event_ids` are in the order in which they came; of a join each stands at
    the place of what it is the end of, and is 0 where that has not ended. It is
    due when it is complete, or its time is over.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    trigger = models.ForeignKey(Trigger, models.CASCADE, db_index=False, related_name="gatherings")
    key = models.CharField(max_length=150, blank=True)
    event_ids = ArrayField(models.BigIntegerField())
    count = models.PositiveIntegerField(help_text="Events that came, those that others have replaced too.")
    size = models.PositiveIntegerField(default=0, help_text="Characters of their data, as JSON.")
    first_at = models.DateTimeField()
    due_at = models.DateTimeField()
    is_complete = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = (models.Index(fields=["due_at", "id"], name="gathering_due"),)
        constraints = (models.UniqueConstraint(fields=["trigger", "key"], name="gathering_once_per_key"),)

    def __str__(self) -> str:
        return f"{self.trigger}: {self.key}"

    @property
    def gathered_by(self) -> str:
        """Return the key under which it was gathered; a complete one stands under a name of its own."""
        return self.key.rpartition("#")[0] if self.is_complete else self.key
