"""Changes of the host's models, and its signals, are told as events: with the change or not at all."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import F, FileField, Value
from django.db.models.functions import Concat
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal

import events
from events import changes
from events.models import Event
from organizations.errors import NoSuchOrganization
from organizations.models import Organization

paid = Signal()

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget(organization: Organization) -> Iterator[None]:
    """Watch nothing any more, in an organization of one's own."""
    signals = (post_save, post_delete, paid)
    before = [list(signal.receivers) for signal in signals]
    yield
    for signal, receivers in zip(signals, before, strict=True):
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


def told() -> list[tuple[str, Any]]:
    """Return type and data of what was published."""
    return [(event.type, event.data["data"]) for event in Event.objects.order_by("pk")]


def test_a_row_is_told_when_it_is_created_updated_and_deleted():
    events.watch_model(Group, prefix="auth.group")

    group = Group.objects.create(name="ops")
    pk = group.pk
    group.save()
    group.delete()

    fields = {"id": pk, "name": "ops"}
    assert told() == [
        ("auth.group.created", {"pk": pk, "fields": fields}),
        ("auth.group.updated", {"pk": pk, "fields": fields, "changed": None}),
        ("auth.group.deleted", {"pk": pk, "fields": fields}),
    ]
    row = Event.objects.earliest("pk")
    assert (row.source, row.subject) == ("/django/auth/group", str(pk))


def test_an_update_of_named_fields_says_which_and_tells_nothing_of_others():
    events.watch_model(User, prefix="user", fields=["email", "username"], on=["updated"])
    user = User.objects.create(username="kim")

    user.save(update_fields=["email", "last_name"])
    user.save(update_fields=["last_name"])

    assert told() == [
        ("user.updated", {"pk": user.pk, "fields": {"email": "", "username": "kim"}, "changed": ["email"]})
    ]


def test_a_password_is_told_only_where_it_is_named():
    events.watch_model(User, prefix="user", on=["created"])
    events.watch_model(User, prefix="login", on=["created"], fields=["password"])

    User.objects.create(username="kim", password="hash")

    (_, user), (_, login) = told()
    assert "password" not in user["fields"]
    assert login["fields"] == {"password": "hash"}


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_is_not_told():
    events.watch_model(Group, prefix="auth.group")

    with transaction.atomic():
        Group.objects.create(name="ops")
        assert len(told()) == 1
        transaction.set_rollback(True)

    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_cannot_be_told_is_not_made():
    events.watch_model(Group, prefix="auth.group", organization="nobody")

    with pytest.raises(NoSuchOrganization, match="nobody"), transaction.atomic():
        Group.objects.create(name="ops")

    assert not Group.objects.exists()


def test_watching_twice_tells_once():
    for _ in range(2):
        events.watch_model(Group, prefix="auth.group")
        events.watch_signal(paid, type="order.paid")

    Group.objects.create(name="ops")
    paid.send(sender=None)

    assert len(told()) == 2


def test_fixtures_are_not_told():
    events.watch_model(Group, prefix="auth.group")

    post_save.send(Group, instance=Group(name="ops"), created=True, raw=True, using="default")

    assert told() == []


def test_organization_and_subject_may_depend_on_the_row(other_organization: Organization):
    events.watch_model(
        Group, prefix="group", organization=lambda group: group.name, subject=lambda group: f"of {group.name}"
    )

    Group.objects.create(name="globex")

    row = Event.objects.get()
    assert (row.organization, row.subject) == (other_organization, "of globex")


def test_a_key_of_another_row_and_what_the_database_computed_are_told_as_values():
    events.watch_model(ContentType, prefix="type", fields=["model"], on=["updated"])
    kind = ContentType.objects.get_for_model(Group)

    kind.model = Concat(F("model"), Value("s"))
    kind.save()

    assert told()[0][1]["fields"] == {"model": "groups"}


def test_rows_of_another_database_are_told_after_its_commit(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
):
    monkeypatch.setattr(changes, "DEFAULT_DB_ALIAS", "events live elsewhere")
    events.watch_model(Group, prefix="auth.group")

    with django_capture_on_commit_callbacks(execute=True):
        Group.objects.create(name="ops")
        assert told() == []

    assert [type_ for type_, _ in told()] == ["auth.group.created"]


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), "2026-11-20T12:00:00+00:00"),
        (date(2026, 11, 20), "2026-11-20"),
        (timedelta(hours=1, seconds=1), "P0DT01H00M01S"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), str(UUID(int=1))),
        (FileField.attr_class(Group(), FileField(), "a/b.pdf"), "a/b.pdf"),
        ({"json": [1]}, {"json": [1]}),
        (None, None),
    ],
)
def test_values_are_told_as_json(value: Any, plain: Any):
    assert changes._plain(value) == plain


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"fields": ["nmae"]}, "cannot tell nmae"), ({"on": ["saved"]}, "saved is none of created")],
)
def test_a_misspelt_watch_is_refused_at_once(wrong: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        events.watch_model(Group, prefix="auth.group", **wrong)


def test_a_type_that_nobody_may_send_is_refused_at_once():
    with pytest.raises(ValueError, match=r"prefix: .*workflow"):
        events.watch_model(Group, prefix="workflow")
    with pytest.raises(ValueError, match=r"type: .*schedule"):
        events.watch_signal(Signal(), type="schedule.paused")


def test_a_signal_is_told_with_what_it_carries(other_organization: Organization):
    events.watch_signal(
        paid,
        type="order.paid",
        data=lambda sender, order, **_: {"order": order},
        subject=lambda sender, order, **_: f"order-{order}",
        organization="globex",
        source="/shop",
    )

    paid.send(sender=None, order=7)

    row = Event.objects.get()
    assert told() == [("order.paid", {"order": 7})]
    assert (row.source, row.subject, row.organization) == ("/shop", "order-7", other_organization)


def test_only_the_sender_that_is_watched_is_told():
    events.watch_signal(paid, type="order.paid", sender=Group)

    paid.send(sender=User)
    paid.send(sender=Group)

    assert told() == [("order.paid", None)]
