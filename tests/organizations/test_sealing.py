"""What is sealed opens with the keys of this platform and with no others."""

import pytest
from cryptography.fernet import Fernet
from django.conf import settings

from organizations.errors import Unsealable
from organizations.sealing import reseal, seal, unseal

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch):
    """Set the keys, and what other settings are named."""

    def use(*keys: str, **others: str) -> None:
        environment = settings.ENVIRONMENT.model_copy(update={"encryption_keys": list(keys)})
        for name, value in {"ENVIRONMENT": environment, **others}.items():
            monkeypatch.setattr(settings, name, value)

    return use


@pytest.mark.parametrize("keys", [(), (NEW,)])
@pytest.mark.parametrize("value", ["grüße", b"\x00\xff", "", "x" * 100_000])
def test_what_was_sealed_opens_again(use, keys: tuple[str, ...], value: str | bytes):
    use(*keys)

    sealed = seal(value)

    assert (
        unseal(sealed) == unseal(memoryview(sealed)) == (value.encode() if isinstance(value, str) else value)
    )


def test_a_sealed_value_neither_shows_it_nor_looks_the_same_twice():
    assert seal("hunter2") != seal("hunter2")
    assert b"hunter2" not in seal("hunter2")


def test_the_first_key_seals_and_all_open(use):
    use(OLD)
    sealed = seal("hunter2")

    use(NEW, OLD)

    assert unseal(sealed) == b"hunter2"
    assert Fernet(NEW).decrypt(seal("x")) == b"x"


def test_without_its_key_a_value_does_not_open_and_the_setting_is_named(use):
    use(OLD)
    sealed = seal("hunter2")

    use(NEW)

    with pytest.raises(Unsealable, match="HORARIUM_ENCRYPTION_KEYS") as refused:
        unseal(sealed)
    assert "hunter2" not in str(refused.value)


def test_a_changed_byte_does_not_open():
    sealed = bytearray(seal("hunter2"))
    sealed[20] ^= 1

    with pytest.raises(Unsealable):
        unseal(bytes(sealed))


def test_without_keys_another_secret_key_opens_nothing(use):
    sealed = seal("hunter2")

    use(SECRET_KEY="another" * 10)

    with pytest.raises(Unsealable, match="SECRET_KEY"):
        unseal(sealed)


def test_what_was_sealed_before_there_were_keys_stays_readable(use):
    use()
    sealed = seal("hunter2")

    use(NEW)

    assert unseal(sealed) == b"hunter2"


def test_a_resealed_value_needs_the_first_key_alone(use):
    use(OLD)
    sealed = seal("hunter2")

    use(NEW, OLD)
    resealed = reseal(sealed)

    assert Fernet(NEW).decrypt(resealed) == b"hunter2"
    with pytest.raises(Unsealable):
        reseal(b"nonsense")
