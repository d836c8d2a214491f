"""`Secrets` and `StoredSecret` under mocks: what is generated, and that it is known by ARN only."""

import base64
from collections.abc import Mapping, Sequence

import pulumi
import pytest

from components.base.stored_secret import StoredSecret, StoredSecretArgs
from components.data.secrets import Secrets, SecretsArgs
from components.model.secrets import GENERATED, Secret
from tests.helpers.pulumi_mocks import Recording, record

FIRST = dict.fromkeys(GENERATED, ("1",))


def _secrets(
    *,
    discard_data: bool = False,
    flower: bool = False,
    protect: bool = False,
    names: Mapping[Secret, Sequence[str]] | None = None,
    former: str = "",
) -> Recording:
    return record(
        lambda: Secrets(
            "air",
            SecretsArgs(
                discard_data=discard_data,
                kms_key_arn=None,
                names={**FIRST, **(names or {})},
                former_fernet_keys=pulumi.Output.from_input(former) if former else None,
                protect=protect,
                flower=flower,
            ),
        )
    )


def test_the_fernet_key_is_one_that_fernet_takes() -> None:
    """32 random bytes in the URL-safe alphabet: the standard one breaks where the key holds + or /."""
    recording = _secrets()
    assert recording.one("RandomBytes", "air-fernet-key").inputs == {"length": 32}
    stored = recording.one("SecretVersion", "air-fernet-key").inputs["secretString"]
    assert len(base64.urlsafe_b64decode(stored)) == 32
    assert not {"+", "/"} & set(stored)


def test_the_keys_of_restored_data_stand_after_the_own_ones() -> None:
    """They decrypt, and encrypt nothing."""
    own, *others = (
        _secrets(former="old,older").one("SecretVersion", "air-fernet-key").inputs["secretString"].split(",")
    )
    assert own == _secrets().one("SecretVersion", "air-fernet-key").inputs["secretString"]
    assert others == ["old", "older"]


def test_a_key_with_hard_characters_is_written_in_the_url_safe_alphabet() -> None:
    """The real class of `cryptography` takes it."""
    from cryptography.fernet import Fernet  # noqa: PLC0415, only here

    from components.data.secrets import _url_safe  # noqa: PLC0415  # pyright: ignore[reportPrivateUsage]

    standard = base64.b64encode(b"\xfb\xff" * 16).decode()
    assert {"+", "/"} & set(standard)
    fernet = Fernet(_url_safe(standard))
    assert fernet.decrypt(fernet.encrypt(b"x")) == b"x"


def test_fernet_keys_stand_as_airflow_reads_them() -> None:
    """The one that encrypts first; each decrypts what the other one encrypted."""
    from cryptography.fernet import Fernet, MultiFernet  # noqa: PLC0415, only here

    def keys(*names: str) -> list[str]:
        recording = _secrets(names={Secret.FERNET_KEY: names})
        return recording.one("SecretVersion", "air-fernet-key").inputs["secretString"].split(",")

    (former,) = keys("1")
    (new,) = keys("2")
    assert former != new
    assert keys("1", "2") == [former, new]
    assert keys("2", "1") == [new, former]
    token = Fernet(former).encrypt(b"x")
    both = MultiFernet([Fernet(new), Fernet(former)])
    assert Fernet(new).decrypt(both.rotate(token)) == b"x"


@pytest.mark.parametrize(("names", "locked"), [(["1"], "air-fernet-key"), (["2", "1"], "air-fernet-key-2")])
def test_the_fernet_key_in_use_cannot_be_deleted(names: list[str], locked: str) -> None:
    """As by an `up` with a stack file from before a rotation. The former one can."""
    recording = _secrets(protect=True, names={Secret.FERNET_KEY: names})
    assert [one.name for one in recording.all("RandomBytes") if one.protect] == [locked]
    assert not [one for one in _secrets().all("RandomBytes") if one.protect]


@pytest.mark.parametrize("kind", [Secret.API_SECRET_KEY, Secret.ADMIN_PASSWORD])
def test_another_name_is_another_value_of_the_same_secret(kind: Secret) -> None:
    """So it has another version, and what uses it restarts."""
    recording = _secrets(names={kind: ("2",)})
    assert (
        recording.one("SecretVersion", f"air-{kind}")
        .inputs["secretString"]
        .startswith(f"planted-air-{kind}-2")
    )
    assert f"air-{kind}" not in recording.names("RandomPassword")


def _jwt_keys(*names: str) -> list[str]:
    """The private keys that are stored, as PEM, one after the other."""
    recording = _secrets(names={Secret.JWT_PRIVATE_KEYS: names})
    stored = recording.one("SecretVersion", "air-jwt-private-keys").inputs["secretString"]
    return [f"{key}-----END PRIVATE KEY-----\n" for key in stored.split("-----END PRIVATE KEY-----\n")[:-1]]


def test_the_random_bytes_are_the_private_key_of_the_tokens() -> None:
    """As `cryptography`, which Airflow uses too, writes the same key."""
    from cryptography.hazmat.primitives import serialization as pem  # noqa: PLC0415, only here
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    assert _secrets().one("RandomBytes", "air-jwt-private-key-1").inputs == {"length": 32}
    (stored,) = _jwt_keys("1")
    key = Ed25519PrivateKey.from_private_bytes(b"air-jwt-private-key-1".ljust(32, b"0"))
    assert stored.encode() == key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())


def test_a_key_keeps_its_value_wherever_its_name_stands() -> None:
    """The three steps of a rotation: trust the new key too, sign with it, drop the old one."""
    (old,) = _jwt_keys("1")
    (new,) = _jwt_keys("2")
    assert old != new
    assert _jwt_keys("1", "2") == [old, new]
    assert _jwt_keys("2", "1") == [new, old]


@pytest.mark.parametrize(("name", "length"), [("air-api-secret-key", 64), ("air-admin-password", 24)])
def test_each_secret_is_random_and_stored(name: str, length: int) -> None:
    """Letters and digits only: Airflow would expand `$` and `~`."""
    recording = _secrets()
    assert recording.one("RandomPassword", name).inputs == {"length": length, "special": False}
    version = recording.one("SecretVersion", name)
    assert version.clear == {"secretId": f"{name}.id", "secretString": "[secret]"}
    assert version.inputs["secretString"] == f'planted-{name}-/"é+$~%'


def test_flower_has_a_login_of_its_own_where_it_runs() -> None:
    """In the form `user:password` that Flower wants."""
    login = _secrets(flower=True).one("SecretVersion", "air-flower-login").inputs["secretString"]
    assert login.startswith("flower:planted-air-flower-login")
    assert "air-flower-login" not in _secrets().names("SecretVersion")


@pytest.mark.parametrize(("discard_data", "days"), [(False, 7), (True, 0)])
def test_a_deleted_secret_is_kept_for_a_week_or_gone_at_once(*, discard_data: bool, days: int) -> None:
    """Gone at once: a stack that is made again must not stumble over its own old names."""
    windows = {
        one.inputs["recoveryWindowInDays"] for one in _secrets(discard_data=discard_data).all("Secret")
    }
    assert windows == {days}


def test_the_outputs_are_arns() -> None:
    """No value leaves the component in plaintext."""
    recording = _secrets(flower=True)
    outputs = recording.outputs[recording.one("Secrets").urn]
    assert set(outputs["arns"]) == {
        "fernet-key",
        "api-secret-key",
        "jwt-private-keys",
        "admin-password",
        "flower-login",
    }
    assert all(arn.startswith("arn:aws:secretsmanager:") for arn in outputs["arns"].values())
    assert "planted" not in recording.in_plaintext()


def test_a_value_given_in_plaintext_is_stored_as_a_secret() -> None:
    """The component marks it, whoever hands it over."""
    args = StoredSecretArgs(value="in-plaintext", description="d", discard_data=False, kms_key_arn=None)
    recording = record(lambda: StoredSecret("s", args))
    assert "in-plaintext" not in recording.in_plaintext()
    assert recording.one("SecretVersion").inputs == {"secretId": "s.id", "secretString": "in-plaintext"}
