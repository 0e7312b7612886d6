"""The versions of a schedule's settings: what each changed, and how the fires change with them."""

from schedules.versions.difference import FiresChanged, fires_changed

__all__ = ["FiresChanged", "fires_changed"]
