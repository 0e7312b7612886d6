"""Queues as operators see them: settings, what waits and for how long, moves, limits and aging."""
