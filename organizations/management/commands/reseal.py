"""`manage.py reseal`: seal all stored secrets with the first key of HORARIUM_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from organizations.resealing import reseal_all


class Command(BaseCommand):
    """The command."""

    help = (
        "Seal all stored secrets with the first key of HORARIUM_ENCRYPTION_KEYS, so that the others can go."
    )

    def handle(self, **options: Any) -> None:
        """Reseal, and end with an error where something could not be read."""
        del options
        done, unreadable = reseal_all()
        self.stdout.write(f"{done} stored secrets need the first key alone")
        if unreadable:
            raise CommandError(f"{unreadable} open with none of the keys; the log names them")
