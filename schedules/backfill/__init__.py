"""Runs of a schedule for times in the past, on request: planned, handed out a few at a time, pausable."""
