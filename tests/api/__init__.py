"""The REST API, as its clients see it."""
