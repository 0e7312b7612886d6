"""What triggers and webhooks have done, in numbers, and what they have left out, with reasons."""

from django.db import models

from organizations.models import Organization


class SkipReason(models.TextChoices):
    """Why an event that a trigger wants has started nothing."""

    RATE_LIMITED = "rate_limited"  # more came than `rate_limit` allows
    DEBOUNCED = "debounced"  # a later one of the burst took its place
    INCOMPLETE = "incomplete"  # the others it was to be joined with did not end in time
    NO_KEY = "no_key"  # what it is to be joined by is not in it
    EXPRESSION_FAILED = "expression_failed"  # of the input or of a key; a condition that fails is no match
    TOO_EXPENSIVE = "too_expensive"  # the conditions of all triggers on this event took too long together
    INVALID_INPUT = "invalid_input"  # does not fit the workflow
    TOO_DEEP = "too_deep"  # too many ends and events led to it: a loop
    NOT_STARTABLE = "not_startable"  # the workflow is archived
    OVERLAP = "overlap"  # another of its key was active
    LIMIT = "limit"  # a limit of the workflow was full
    BUFFER_FULL = "buffer_full"  # too many waited already
    REPEATED = "repeated"  # the join has started already for its key
    PAUSED = "paused"  # the trigger was, when what it had gathered was to start


class Skip(models.Model):
    """Events that matched a trigger and started nothing; several alike, one after the other, are one row."""

    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    trigger = models.ForeignKey("triggers.Trigger", models.CASCADE, db_index=False, related_name="skips")
    event_id = models.BigIntegerField(help_text="The event, or the last one.")
    count = models.PositiveIntegerField(default=1)
    reason = models.CharField(max_length=20, choices=SkipReason.choices)
    detail = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-id")
        verbose_name = "skipped event"
        verbose_name_plural = "skipped events"
        indexes = (
            models.Index(fields=["trigger", "-at", "-id"], name="skip_of_trigger"),
            models.Index(fields=["at"], name="skip_age"),
        )

    def __str__(self) -> str:
        return f"{self.reason}: event {self.event_id}"


class Tally(models.Model):
    """Counters of one trigger or webhook, apart from its settings: they change all the time.

    `window_count` starts were counted since `window_at`, for the rate limit.
    """

    owner_id = models.UUIDField(primary_key=True)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="+")
    matched = models.PositiveBigIntegerField(default=0, help_text="Events, or deliveries, that were wanted.")
    started = models.PositiveBigIntegerField(default=0)
    skipped = models.PositiveBigIntegerField(default=0, help_text="Wanted, and started nothing.")
    rejected = models.PositiveBigIntegerField(
        default=0, help_text="Requests to a webhook that could not prove who sent them."
    )
    last_matched_at = models.DateTimeField(null=True)
    last_started_at = models.DateTimeField(null=True)
    last_execution_id = models.UUIDField(null=True)
    last_problem = models.TextField(blank=True, default="")
    last_problem_at = models.DateTimeField(null=True)
    window_at = models.DateTimeField(null=True)
    window_count = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.matched} matched"
