"""What people and programs may do to triggers: one function, one transaction."""

from triggers.models import SETTINGS
from triggers.services.caution import cautions
from triggers.services.editing import change, create
from triggers.services.standing import delete, pause, resume

__all__ = ["SETTINGS", "cautions", "change", "create", "delete", "pause", "resume"]
