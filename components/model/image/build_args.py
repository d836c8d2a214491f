"""The arguments of docker/Dockerfile."""

from collections.abc import Mapping
from typing import Final

from ..settings.dag_settings import DagSourceKind
from ..settings.settings import Architecture, Settings

REVISION: Final = "SOURCE_REVISION"
DAG_SOURCE: Final = "DAG_SOURCE"
NOT_CONTENT: Final = frozenset(
    {"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "PACKAGE_INDEX_CA_CERTIFICATES", REVISION}
)
"""Arguments for how the builder downloads, or of the commit: they do not change the image's content."""


def build_args(
    settings: Settings, extra_ca_certificates: str, *, airflow_version: str, revision: str
) -> dict[str, str]:
    """Give the build arguments of the image; none is secret, since an image shows them.

    Args:
        settings: base image, package index, proxy, address of the sources.
        extra_ca_certificates: PEM certificates to trust in addition to the public ones; may be empty.
        airflow_version: for the image's labels.
        revision: the commit that the image is made from, for its labels; may be empty.
    """
    proxy = settings.proxy
    found = {
        "BASE_IMAGE": settings.image.base,
        "EXTRA_CA_CERTIFICATES": extra_ca_certificates,
        "PACKAGE_INDEX_URL": settings.image.package_index_url,
        # Apart from the above: with other authorities for the database no package is installed again.
        "PACKAGE_INDEX_CA_CERTIFICATES": extra_ca_certificates
        if settings.image.package_index_url or proxy.url
        else "",
        "AIRFLOW_VERSION": airflow_version,
        "SOURCE_URL": settings.image.source_url,
        REVISION: revision,
        DAG_SOURCE: "" if settings.dag.source is DagSourceKind.IMAGE else settings.dag.source,
        # Known to every builder without a declaration, and not kept in the image:
        # https://docs.docker.com/reference/dockerfile/#predefined-args
        "HTTP_PROXY": proxy.url,
        "HTTPS_PROXY": proxy.url,
        "NO_PROXY": ",".join(proxy.exceptions),
    }
    return {name: value for name, value in found.items() if value}


def of_content(build_args: Mapping[str, str], architecture: Architecture) -> list[str]:
    """Return what, in addition to the files, changes the image, for its tag.

    Which commit it is made from does not, but whether one is known does: an image that nobody can trace never
    takes the place of one that can be.
    """
    named = [f"{name}={value}" for name, value in build_args.items() if name not in NOT_CONTENT]
    return [architecture, *named, *(["traceable"] if build_args.get(REVISION) else [])]
