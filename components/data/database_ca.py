"""Refuses a database whose certificate the image could not check, before anything is made."""

from pathlib import Path

import pulumi

from ..base.lookups import UnusableError
from ..model.services import database_ca
from ..model.settings.settings import Settings


def check_database_ca(settings: Settings, region: str, project: Path) -> None:
    """Look into the files that go into the image. What is in an image that is there already, nobody can see.

    Raises:
        UnusableError: they lack the region's certificates.
    """
    bundle = project / database_ca.BUNDLE
    if not bundle.is_file():
        return  # an image of somebody's own, which has its certificates elsewhere
    pem = bundle.read_text()
    if settings.image.extra_ca_file:
        pem += (project / settings.image.extra_ca_file).read_text()
    error = database_ca.error(settings.database, region, database_ca.regions(pem))
    if error is None:
        return
    if settings.image.uri:
        pulumi.log.warn(f"{error}. This holds for an image built from here; imageUri's own file is not known")
        return
    raise UnusableError([error])
