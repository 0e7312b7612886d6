"""The recurrence core, tested without database, Django or Celery."""
