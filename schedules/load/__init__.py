"""Which schedules repeat each other or crowd together, and what the next days will ask for."""
