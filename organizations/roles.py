"""The four roles, each including all before it."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a member or an API key may do."""

    VIEWER = "viewer"  # reads everything of the organization
    OPERATOR = "operator"  # starts, cancels, pauses, redrives
    EDITOR = "editor"  # writes workflows and schedules
    ADMIN = "admin"  # members and API keys

    def includes(self, other: "Role") -> bool:
        """Return whether this role may do what `other` may."""
        order = list(Role)
        return order.index(self) >= order.index(other)
