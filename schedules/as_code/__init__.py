"""Schedules as code: a file says what schedules and calendars there shall be."""
