"""A key can be taken out of use without writing every secret anew."""

from io import StringIO

import pytest
from cryptography.fernet import Fernet
from django.conf import settings
from django.core.management import CommandError, call_command

from organizations import secrets
from organizations.models import Organization, Secret

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()

pytestmark = pytest.mark.django_db


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Set the keys."""

    def use(*keys: str) -> None:
        environment = settings.ENVIRONMENT.model_copy(update={"encryption_keys": list(keys)})
        monkeypatch.setattr(settings, "ENVIRONMENT", environment)

    return use


def test_resealed_secrets_need_the_first_key_alone(use, organization: Organization):
    use(OLD)
    secrets.put(organization, name="stripe", value="hunter2", by="ada")

    use(NEW, OLD)
    for _ in range(2):
        call_command("reseal", stdout=(said := StringIO()))

    use(NEW)
    assert secrets.value_of(organization.pk, "stripe") == b"hunter2"
    assert said.getvalue() == "1 stored secrets need the first key alone\n"


def test_a_secret_that_no_key_opens_stops_no_other_and_stays(use, organization: Organization):
    use(OLD)
    lost, _ = secrets.put(organization, name="lost", value="hunter2", by="ada")
    use(NEW)
    secrets.put(organization, name="stripe", value="hunter2", by="ada")

    with pytest.raises(CommandError, match=r"^1 open with none"):
        call_command("reseal", stdout=(said := StringIO()))

    assert said.getvalue().startswith("1 stored")
    assert bytes(Secret.objects.get(name="lost").sealed) == bytes(lost.sealed)
