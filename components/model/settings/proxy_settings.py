"""Egress through an HTTP proxy."""

from dataclasses import dataclass

from .errors import Errors, at, name_of
from .rules import each, matching
from .setting import Section, setting

URL = matching(
    r"(https?://[^\s@/]+/?)?", "a URL such as http://proxy.example.com:3128, with no password in it"
)


@dataclass(frozen=True, kw_only=True)
class ProxySettings(Section):
    """The proxy of image build and tasks."""

    url: str = setting("", "HTTP_PROXY and HTTPS_PROXY of build and tasks. Empty: none.", URL)
    exceptions: tuple[str, ...] = setting(
        (),
        "NO_PROXY in addition to what a task always reaches directly: names and domains such as "
        ".amazonaws.com, where the VPC has endpoints.",
        each(r"[A-Za-z0-9.*:/-]+", "host names, domains or networks"),
    )

    def errors(self) -> Errors:
        """Yield the errors between settings."""
        if self.exceptions and not self.url:
            yield at("exceptions", f"needs {name_of('url')}. Set it, or remove {name_of('exceptions')}")
