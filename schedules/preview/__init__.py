"""The times ahead of a schedule, saved or about to be, with what is special about each."""

from schedules.preview.cautions import cautions
from schedules.preview.services import Preview, preview
from schedules.preview.upcoming import Upcoming, upcoming

__all__ = ["Preview", "Upcoming", "cautions", "preview", "upcoming"]
