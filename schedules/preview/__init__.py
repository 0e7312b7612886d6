"""The times ahead of a schedule, saved or about to be, with what is special about each."""

from schedules.preview.cautions import cautions, cautions_of
from schedules.preview.services import Preview, preview
from schedules.preview.upcoming import Ahead, Upcoming, ahead, upcoming

__all__ = ["Ahead", "Preview", "Upcoming", "ahead", "cautions", "cautions_of", "preview", "upcoming"]
