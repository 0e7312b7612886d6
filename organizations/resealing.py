"""Seal every stored value with the first key, so that the keys behind it can go."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import structlog
from django.apps import apps
from django.db.models import BinaryField, Model

from organizations.errors import Unsealable
from organizations.sealing import reseal

log = structlog.get_logger(__name__)

COLUMN = "sealed"  # of every model that keeps a sealed value


class Resealed(NamedTuple):
    """How many values now need the first key alone, and how many no key opens."""

    done: int
    unreadable: int


def reseal_all() -> Resealed:
    """Reseal the values of all organizations, row by row. Safe to repeat, and while others write."""
    outcomes = [_reseal(model, pk=pk, sealed=sealed) for model, pk, sealed in _stored()]
    return Resealed(done=sum(outcomes), unreadable=len(outcomes) - sum(outcomes))


def _stored() -> Iterator[tuple[type[Model], Any, bytes]]:
    for model in apps.get_models():
        if any(field.name == COLUMN and isinstance(field, BinaryField) for field in model._meta.fields):
            for pk, sealed in model._meta.base_manager.order_by("pk").values_list("pk", COLUMN).iterator():
                yield model, pk, sealed


def _reseal(model: type[Model], *, pk: Any, sealed: bytes) -> bool:
    try:
        value = reseal(sealed)
    except Unsealable:
        log.warning("a stored secret opens with no key", model=model._meta.label, id=str(pk))
        return False
    # Where somebody wrote meanwhile, theirs stays: it is sealed with the first key already.
    model._meta.base_manager.filter(pk=pk, sealed=sealed).update(sealed=value)
    return True
