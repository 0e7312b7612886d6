"""What is published when a watched row changes, or a watched signal is sent; see `signals`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, transaction
from django.db.models import BinaryField, Field, FileField, Model
from django.utils.duration import duration_iso_string

from events.publishing import SOURCE, publish
from events.signals import Change, Owner

SECRET = "password"  # noqa: S105 - the field of Django's users, told only where somebody names it


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Whom a model's changes are told as what; see `signals.watch_model`."""

    prefix: str
    fields: Sequence["Field[Any, Any]"]
    on: frozenset[Change]
    organization: Callable[[Any], Owner] | Owner
    subject: Callable[[Any], str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """What a signal is told as; see `signals.watch_signal`."""

    type: str
    data: Callable[..., Any] | None
    organization: Callable[..., Owner] | Owner
    subject: Callable[..., str] | None
    source: str | None


def fields_of(model: type[Model], names: Collection[str] | None) -> list["Field[Any, Any]"]:
    """Return the fields that are told: those named, or all that may be.

    Raises:
        ValueError: there is no such field, or it holds bytes or many rows.
    """
    told = [field for field in model._meta.concrete_fields if not isinstance(field, BinaryField)]
    if names is None:
        return [field for field in told if field.name != SECRET]
    by_name = {field.name: field for field in told}
    if unknown := [name for name in names if name not in by_name]:
        raise ValueError(f"fields: {model._meta.label} cannot tell {', '.join(unknown)}")
    return [by_name[name] for name in names]


def tell_of_save(
    watch: Watch,
    *,
    instance: Model,
    created: bool,
    raw: bool,
    using: str,
    update_fields: frozenset[str] | None = None,
    **_: Any,
) -> None:
    """Publish that a row was created or updated."""
    change: Change = "created" if created else "updated"
    names = [field.name for field in watch.fields]
    changed = None if update_fields is None else [name for name in names if name in update_fields]
    if raw or change not in watch.on or (not created and changed == []):
        return
    extra = {} if created else {"changed": changed}
    _tell(watch, change, instance=instance, using=using, **extra)


def tell_of_deletion(watch: Watch, *, instance: Model, using: str, **_: Any) -> None:
    """Publish that a row was deleted."""
    if "deleted" in watch.on:
        _tell(watch, "deleted", instance=instance, using=using)


def tell_of_signal(relay: Relay, sender: Any, **arguments: Any) -> None:
    """Publish that a signal was sent."""
    arguments.pop("signal", None)
    owner = relay.organization(sender, **arguments) if callable(relay.organization) else relay.organization
    publish(
        relay.type,
        relay.data(sender, **arguments) if relay.data else None,
        source=relay.source,
        subject=relay.subject(sender, **arguments) if relay.subject else "",
        organization=owner,
    )


def _tell(watch: Watch, change: Change, *, instance: Model, using: str, **extra: Any) -> None:
    fields = {field.name: _plain(_value(instance, field, using=using)) for field in watch.fields}
    owner = watch.organization(instance) if callable(watch.organization) else watch.organization
    tell = partial(
        publish,
        f"{watch.prefix}.{change}",
        {"pk": _plain(instance.pk), "fields": fields, **extra},
        source=f"{SOURCE}/{instance._meta.app_label}/{instance._meta.model_name}",
        subject=watch.subject(instance) if watch.subject else str(instance.pk),
        organization=owner,
    )
    if using == DEFAULT_DB_ALIAS:
        tell()
    else:
        transaction.on_commit(tell, using=using)


def _value(instance: Model, field: "Field[Any, Any]", *, using: str) -> Any:
    """Return what the row holds; what was saved as an expression is known to the database alone."""
    value = getattr(instance, field.attname)
    if not hasattr(value, "resolve_expression"):
        return value
    rows = type(instance)._base_manager.using(using).filter(pk=instance.pk)  # noqa: SLF001 - documented by Django
    return rows.values_list(field.attname, flat=True).get()


def _plain(value: Any) -> Any:
    """Return a column's value as JSON; one that has no such form is left as it is, and refused."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_iso_string(value)
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, FileField.attr_class):
        return value.name or None
    return value
