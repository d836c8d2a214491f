"""The arguments of docker/Dockerfile."""

from .settings import Settings


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
        # Known to every builder without a declaration, and not kept in the image:
        # https://docs.docker.com/reference/dockerfile/#predefined-args
        "HTTP_PROXY": proxy.url,
        "HTTPS_PROXY": proxy.url,
        "NO_PROXY": ",".join(proxy.exceptions),
    }
    return {name: value for name, value in found.items() if value}
