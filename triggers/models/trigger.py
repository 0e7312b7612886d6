"""A trigger: which events start a workflow, and how."""

from datetime import timedelta

from django.core.validators import MinValueValidator
from django.db import models
from uuid_utils.compat import uuid7

from events.models import TEXT
from executions.admitting.overlap import OverlapPolicy
from executions.models import DEFAULT_PRIORITY, DEFAULT_QUEUE, PRIORITY
from organizations.models import Organization
from workflows.models import NAME, Workflow

SETTINGS = (
    "workflow",
    "name",
    "description",
    "pattern",
    "source",
    "filters",
    "condition",
    "after",
    "input",
    "group_key",
    "join_window",
    "debounce",
    "debounce_max",
    "batch_size",
    "batch_window",
    "rate_limit",
    "rate_period",
    "concurrency_key",
    "concurrency_limit",
    "overlap",
    "priority",
    "queue",
)


class TriggerState(models.TextChoices):
    """Whether a trigger starts anything."""

    ACTIVE = "active"
    PAUSED = "paused"


class Trigger(models.Model):
    """A source of starts of one workflow: events that are sent, or the ends of other executions.

    Either `pattern` names types of events, or `after` names what must have
    ended: `[{"workflow": id, "states": ["completed"]} | {"schedule": id, …}]`, one
    for a chain, several for "when all of them have". `filters` is a map from
    dotted paths in the event to values that must be there; `condition`,
    `group_key` and `concurrency_key` are expressions over `event`; `input` is a
    template over it, null for the event's data, or for the output of what ended.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, db_index=False, related_name="triggers")
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="triggers")
    name = models.CharField(max_length=100, validators=[NAME])
    description = models.TextField(blank=True, max_length=2000)
    state = models.CharField(
        max_length=10, choices=TriggerState.choices, default=TriggerState.ACTIVE, editable=False
    )

    pattern = models.CharField(max_length=TEXT, blank=True)
    source = models.CharField(max_length=TEXT, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    condition = models.TextField(blank=True)
    after = models.JSONField(default=list, blank=True)
    input = models.JSONField(null=True, blank=True)

    group_key = models.TextField(
        blank=True, help_text="What is debounced, batched or joined together; all unless given."
    )
    join_window = models.DurationField(
        default=timedelta(days=1), help_text="How long the first of several ends waits for the others."
    )
    debounce = models.DurationField(null=True, blank=True, help_text="Start once nothing came for this long.")
    debounce_max = models.DurationField(
        null=True, blank=True, help_text="Start at the latest so long after the first."
    )
    batch_size = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Start with this many.")
    batch_window = models.DurationField(
        null=True, blank=True, help_text="Start with fewer so long after the first."
    )
    rate_limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="Starts in each `rate_period`; more are dropped and recorded."
    )
    rate_period = models.DurationField(default=timedelta(minutes=1))

    concurrency_key = models.TextField(blank=True, help_text="Starts with one value compete for the places.")
    concurrency_limit = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    overlap = models.CharField(
        max_length=16,
        choices=[(one.value, one.value.replace("_", " ")) for one in OverlapPolicy],
        default=OverlapPolicy.ALLOW_ALL.value,
        help_text="What a start does while others of its key are active.",
    )
    priority = models.PositiveSmallIntegerField(default=DEFAULT_PRIORITY, validators=PRIORITY)
    queue = models.CharField(max_length=63, default=DEFAULT_QUEUE)

    version = models.PositiveIntegerField(default=1, editable=False)
    created_by = models.CharField(max_length=150, blank=True, editable=False)
    created_at = models.DateTimeField(editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=["organization", "name"], name="trigger_name_once"),
            models.CheckConstraint(
                condition=models.Q(state__in=TriggerState.values), name="trigger_state_known"
            ),
            models.CheckConstraint(
                condition=models.Q(pattern="") ^ models.Q(after=[]), name="trigger_has_one_cause"
            ),
            models.CheckConstraint(
                condition=models.Q(debounce__isnull=True) | models.Q(batch_size__isnull=True),
                name="trigger_gathers_in_one_way",
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def is_join(self) -> bool:
        """Return whether several ends must come together."""
        return len(self.after) > 1

    @property
    def gathers(self) -> bool:
        """Return whether a match waits for others, or for quiet, before it starts anything."""
        return self.is_join or self.debounce is not None or self.batch_size is not None
