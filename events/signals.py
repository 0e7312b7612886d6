"""Tell of Django's signals, and of changes of models, as events: for the host project to ask for.

Call both from `AppConfig.ready()`. What they publish is part of the
transaction of the change: rolled back with it, and dispatched after its
commit. Without a transaction around it a change is committed before its event,
which then has a transaction of its own; `transaction.atomic` or
`ATOMIC_REQUESTS` makes them one. An event that cannot be published raises.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, Union

if TYPE_CHECKING:
    from django.db.models import Model
    from django.dispatch import Signal

    from organizations.models import Organization

Change: TypeAlias = Literal["created", "updated", "deleted"]
Owner: TypeAlias = Union["Organization", str, None]
CHANGES: tuple[Change, ...] = ("created", "updated", "deleted")


def watch_model(
    model: "type[Model]",
    *,
    prefix: str,
    fields: Collection[str] | None = None,
    on: Collection[Change] = CHANGES,
    organization: Callable[[Any], Owner] | Owner = None,
    subject: Callable[[Any], str] | None = None,
) -> None:
    """Publish `<prefix>.created`, `.updated` and `.deleted` for the rows of a model.

    The data is `{"pk", "fields": {name: value}}`, and of an update `changed`:
    the names in the `update_fields` of the save, or null where it had none. A
    save whose `update_fields` names nothing of `fields` tells nothing.

    What Django sends no signal for tells nothing: `QuerySet.update`,
    `bulk_create`, `bulk_update` and raw SQL; neither does `loaddata`.
    Many-to-many fields and bytes are left out; of a file its name is told. Of a
    model in another database it is told after that one's commit.

    Calling it again for the same model and prefix changes nothing.

    Args:
        prefix: how the types begin, such as `shop.order`.
        fields: what is told, and so read by whoever may read events; all but one called `password` unless given.
        organization: one or its slug, or a function of the row; may be left out while there is only one.
        subject: a function of the row; the primary key unless given.

    Raises:
        ValueError: the model has no such field, `on` names something else, or nobody may send types that begin so.
    """
    from django.db.models.signals import post_delete, post_save

    from events.changes import Watch, fields_of, tell_of_deletion, tell_of_save

    if unknown := set(on) - set(CHANGES):
        raise ValueError(f"on: {', '.join(sorted(unknown))} is none of {', '.join(CHANGES)}")
    _check_type(f"{prefix}.created", named="prefix")
    watch = Watch(
        prefix=prefix,
        fields=fields_of(model, fields),
        on=frozenset(on),
        organization=organization,
        subject=subject,
    )
    name = f"events:{model._meta.label}:{prefix}"
    post_save.connect(partial(tell_of_save, watch), sender=model, weak=False, dispatch_uid=name)
    post_delete.connect(partial(tell_of_deletion, watch), sender=model, weak=False, dispatch_uid=name)


def watch_signal(
    signal: "Signal",
    *,
    type: str,  # noqa: A002 - the word of CloudEvents
    data: Callable[..., Any] | None = None,
    sender: Any = None,
    organization: Callable[..., Owner] | Owner = None,
    subject: Callable[..., str] | None = None,
    source: str | None = None,
) -> None:
    """Publish an event whenever a signal is sent.

    `data`, `subject` and, where it is a function, `organization` are called
    with the sender and the keyword arguments of the signal.

    Calling it again for the same signal, sender and type changes nothing.

    Args:
        data: returns any JSON; without it the event has none.
        sender: only signals of this one count.

    Raises:
        ValueError: nobody may send this type.
    """
    from events.changes import Relay, tell_of_signal

    _check_type(type, named="type")
    relay = Relay(type=type, data=data, organization=organization, subject=subject, source=source)
    name = f"events:{type}"
    signal.connect(partial(tell_of_signal, relay), sender=sender, weak=False, dispatch_uid=name)


def _check_type(type_: str, *, named: str) -> None:
    """Refuse at the start of the process what would otherwise fail at each change."""
    from events.cloud_events.attributes import fault

    if problem := fault("type", type_):
        raise ValueError(f"{named}: {problem}")
