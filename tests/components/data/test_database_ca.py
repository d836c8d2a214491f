"""The regions whose databases the image can check, as the certificates in its own file say.

That RDS really signs with these, AWS alone could show.
"""

from pathlib import Path
from typing import Any

import boto3
import pytest

from components.base.lookups import UnusableError
from components.data.database_ca import check_database_ca
from components.model.services import database_ca
from components.model.settings.database_settings import DatabaseSettings, SslMode
from components.model.settings.errors import stack_key
from components.model.settings.image_settings import ImageSettings
from components.model.settings.settings import Settings
from tests.helpers.checkout import ROOT

PEM = (ROOT / database_ca.BUNDLE).read_text()
TRUSTED = database_ca.regions(PEM)
MADE = DatabaseSettings()


def there(host: str) -> DatabaseSettings:
    """A database that is there already."""
    return DatabaseSettings(host=host, secret_arn="arn:aws:secretsmanager:eu-west-1:123456789012:secret:s")


def known_regions() -> set[str]:
    """The regions with RDS that botocore knows, of all partitions that a customer can have."""
    session: Any = boto3.Session()
    partitions = ("aws", "aws-cn", "aws-us-gov")
    return {one for name in partitions for one in session.get_available_regions("rds", partition_name=name)}


def test_a_region_has_its_certificates_or_is_refused() -> None:
    """No third way: every region with RDS that botocore knows is one or the other."""
    known = known_regions()
    refused = {region for region in known if database_ca.error(MADE, region, TRUSTED)}
    assert refused == known - TRUSTED
    assert known & TRUSTED
    assert {"us-east-1", "eu-west-1", "ap-southeast-2", "us-west-2", "eu-central-1"} <= TRUSTED


def test_what_is_no_root_of_a_region_does_not_count() -> None:
    """Public authorities, AWS's trials of a region, what stands in a comment."""
    names = "\n".join(line for line in PEM.splitlines() if line.startswith("#"))
    assert not database_ca.regions(names)
    assert database_ca.regions("# Amazon RDS il-central-1 Root CA\n" + PEM) == TRUSTED
    assert not any("Beta" in region for region in TRUSTED)


def test_the_error_names_the_remedy() -> None:
    """One line."""
    error = database_ca.error(MADE, "il-central-1", frozenset({"eu-west-1"}))
    assert error is not None
    message = error.render(stack_key)
    assert message.startswith("databaseSslMode verify-full needs the certificates")
    assert "\n" not in message
    assert "Amazon RDS in il-central-1" in message
    assert "`make database-ca`" in message
    assert "imageExtraCaFile" in message


@pytest.mark.parametrize(
    ("settings", "needed"),
    [
        (MADE, "il-central-1"),
        (DatabaseSettings(ssl_mode=SslMode.REQUIRE), None),
        (there("db.example.com"), None),
        (there("Main.abc123.eu-west-1.rds.amazonaws.com"), "eu-west-1"),
        (there("main.cluster-abc123.cn-north-1.rds.amazonaws.com.cn"), "cn-north-1"),
        (there("main.proxy-abc123.eu-west-1.rds.amazonaws.com"), None),
    ],
)
def test_the_databases_own_region_is_what_counts(settings: DatabaseSettings, needed: str | None) -> None:
    """The cluster's for one that is made; nothing is asked of a database that is not RDS's own."""
    assert database_ca.needed_region(settings, "il-central-1") == needed


def test_a_custom_image_is_not_checked(tmp_path: Path) -> None:
    """A project with its own Dockerfile has its certificates elsewhere, whatever its extra file holds."""
    (tmp_path / "docker").mkdir()
    (tmp_path / "docker" / "Dockerfile").touch()
    (tmp_path / "extra.pem").write_text("")
    settings = Settings(image=ImageSettings(extra_ca_file="extra.pem"))
    check_database_ca(settings, "il-central-1", tmp_path)
    bundle = tmp_path / database_ca.BUNDLE
    bundle.parent.mkdir()
    bundle.write_text(PEM)
    with pytest.raises(UnusableError, match="il-central-1"):
        check_database_ca(settings, "il-central-1", tmp_path)
