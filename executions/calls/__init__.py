"""What other applications may ask for, by Celery tasks that they call by name."""
