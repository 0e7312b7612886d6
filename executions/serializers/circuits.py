"""Circuits as JSON, and what is said to open one by hand."""

from datetime import datetime, timedelta

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

import clock
from executions.circuits.targets import MAX_TARGET
from executions.models import Circuit
from organizations.strict import InstantField, StrictSerializer

TARGET = r"^(http|task):[^\s\x00-\x1f/?#]+$"
LONGEST = timedelta(days=366)  # that a target is left alone by itself; without `until` it is for good


class CircuitSerializer(serializers.ModelSerializer[Circuit]):
    """What all workers know of one target; the counts are those of the window."""

    class Meta:
        model = Circuit
        fields = (
            "id",
            "target",
            "state",
            "successes",
            "failures",
            "window_started_at",
            "opened_at",
            "retry_at",
            "probing_until",
            "last_error",
            "updated_at",
        )
        read_only_fields = fields


class HoldOpenSerializer(StrictSerializer):
    """How long a target is not to be called."""

    until = InstantField(
        required=False,
        allow_null=True,
        default=None,
        help_text="When one call tries it again; null is when it is reset.",
    )

    def validate_until(self, value: datetime | None) -> datetime | None:
        """Refuse an instant that would open nothing, or that nobody means."""
        now = clock.now()
        if value is not None and not now < value <= now + LONGEST:
            raise ValidationError(f"must lie in the future, {LONGEST.days} days ahead at most")
        return value


class NewCircuitSerializer(HoldOpenSerializer):
    """Which target is not to be called, and how long."""

    target = serializers.RegexField(
        TARGET,
        max_length=MAX_TARGET,
        # A field makes its check when it is made: what is set later is never said.
        error_messages={"invalid": "write http:<host>, with its port where it has one, or task:<name>"},
        help_text="`http:<host>`, with the port where it has one, or `task:<name>`.",
    )

    def validate_target(self, value: str) -> str:
        """Return the target as calls are counted: hosts have no capitals."""
        kind, _, name = value.partition(":")
        return f"{kind}:{name.lower()}" if kind == "http" else value
