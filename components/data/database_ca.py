"""Refuses a database whose certificate the image could not check, before anything is made."""

from pathlib import Path

import pulumi

from ..base.lookups import UnusableError
from ..model.image import context
from ..model.services import database_ca
from ..model.settings.settings import Settings


def check_database_ca(settings: Settings, region: str, project: Path) -> None:
    """Check the certificates that go into the image; those in an existing image are unknown.

    Raises:
        UnusableError: they lack the region's certificates.
    """
    bundle = context.file(project, database_ca.BUNDLE)
    if not bundle.is_file():
        return  # a customized image, with its certificates elsewhere
    pem = bundle.read_text()
    if settings.image.extra_ca_file:
        pem += (project / settings.image.extra_ca_file).read_text()
    error = database_ca.error(settings.database, region, database_ca.regions(pem))
    if error is None:
        return
    if settings.image.uri:
        needed = database_ca.needed_region(settings.database, region)
        pulumi.log.warn(
            f"the image must hold the certificates of Amazon RDS in {needed}, which verify-full needs: "
            f"{database_ca.BUNDLE} here does not, and what the existing image holds is not known"
        )
        return
    raise UnusableError([error])
