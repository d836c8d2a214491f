"""The arguments of docker/Dockerfile."""

from .settings import Settings

PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"})
"""Say how the builder reaches what goes into the image, not what that is."""


def build_args(settings: Settings, extra_ca_certificates: str) -> dict[str, str]:
    """Give the build arguments of the image; none is secret, since an image shows them.

    Args:
        settings: base image, package index, proxy.
        extra_ca_certificates: PEM texts of authorities to trust beside the public ones; may be empty.
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
        # Known to every builder without a declaration, and not kept in the image:
        # https://docs.docker.com/reference/dockerfile/#predefined-args
        "HTTP_PROXY": proxy.url,
        "HTTPS_PROXY": proxy.url,
        "NO_PROXY": ",".join(proxy.exceptions),
    }
    return {name: value for name, value in found.items() if value}
