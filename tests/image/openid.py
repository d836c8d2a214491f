# pyright: basic, reportMissingTypeStubs=false
# The provider's library carries few types.
"""An OpenID provider on loopback, with TLS, and a TLS load balancer in front of an API server.

The provider asks for no password. A user's claims go into the ID token as they are, so that a user who
claims to be another audience, issuer or time makes a token that a careless client would take.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import flask
import oidc_provider_mock
import requests
import werkzeug
from werkzeug.serving import make_server

from tests.image.certificates import Authority

TAMPERED = "tampered"
"""The user whose ID token is changed on its way."""
START_SECONDS = 120


@dataclass
class Provider:
    """A running provider.

    Attributes:
        url: its issuer URL.
        challenged: whether each login proved by PKCE (S256) that it ends where it began.
    """

    url: str
    server: Any
    challenges: set[str] = field(default_factory=set[str])
    challenged: list[bool] = field(default_factory=list[bool])

    @classmethod
    def start(cls, address: str, authority: Authority, folder: Path, users: dict[str, Any]) -> "Provider":
        """Start one that knows these users: claims by subject."""
        folder.mkdir()
        certificate, key = authority.issue(address, folder)
        known = [oidc_provider_mock.User(sub=sub, claims=claims) for sub, claims in users.items()]
        app = oidc_provider_mock.app(require_nonce=True, user_claims=known)
        server = make_server(address, 0, app, threaded=True, ssl_context=(str(certificate), str(key)))
        provider = cls(f"https://{address}:{server.server_port}", server)
        app.before_request(provider._see)
        app.after_request(provider._tamper)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return provider

    def stop(self) -> None:
        """End it."""
        self.server.shutdown()
        self.server.server_close()

    def _see(self) -> None:
        request = flask.request
        if request.path.endswith("/authorize") and request.args.get("code_challenge_method") == "S256":
            self.challenges.add(request.args["code_challenge"])
        if request.path.endswith("/token"):
            verifier = parse_qs(request.get_data(as_text=True)).get("code_verifier", [""])[0]
            digest = hashlib.sha256(verifier.encode()).digest()
            self.challenged.append(base64.urlsafe_b64encode(digest).decode().rstrip("=") in self.challenges)

    def _tamper(self, response: werkzeug.Response) -> werkzeug.Response:
        token = response.get_json(silent=True)
        if isinstance(token, dict) and "id_token" in token:
            header, payload, signature = token["id_token"].split(".")
            claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
            if claims["sub"] == TAMPERED:
                claims["groups"] = ["airflow-admins"]
                payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
                response.set_data(json.dumps({**token, "id_token": f"{header}.{payload}.{signature}"}))
        return response


@dataclass
class Front:
    """A haproxy that ends TLS and says so, as an Application Load Balancer does.

    Attributes:
        url: where it serves.
        ca: the file of the authority that signed for it.
    """

    url: str
    ca: str
    process: subprocess.Popen[bytes]

    @classmethod
    def start(cls, address: str, target: str, authority: Authority, folder: Path) -> "Front":
        """Serve https://`address`:8443 and hand on to `target`."""
        folder.mkdir()
        certificate, key = authority.issue(address, folder)
        both = folder / "both.pem"
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        (folder / "haproxy.cfg").write_text("\n".join(_configuration(address, target, both)) + "\n")
        program = shutil.which("haproxy", path="/usr/sbin:/usr/local/sbin:/usr/bin")
        if program is None:
            raise FileNotFoundError("haproxy is not installed: apt-get install haproxy")
        (folder / "ca.pem").write_text(authority.pem())
        process = subprocess.Popen([program, "-db", "-f", folder / "haproxy.cfg"])
        return cls(f"https://{address}:8443", str(folder / "ca.pem"), process)

    def wait(self) -> None:
        """Wait until what is behind it answers."""
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if requests.get(f"{self.url}/api/v2/version", verify=self.ca, timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            assert time.monotonic() < deadline, "the load balancer does not answer"
            time.sleep(0.2)

    def stop(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()


def _configuration(address: str, target: str, certificate: Path) -> Iterable[str]:
    return (
        "defaults",
        "  mode http",
        "  timeout connect 5s",
        "  timeout client 60s",
        "  timeout server 60s",
        "frontend https",
        f"  bind {address}:8443 ssl crt {certificate}",
        "  option forwardfor",
        "  http-request set-header X-Forwarded-Proto https",
        "  http-request set-header X-Forwarded-Port 8443",
        "  default_backend api-server",
        "backend api-server",
        # From an address of its own, which no server trusts by itself: a load balancer is another machine.
        f"  server one {target} source {address}",
    )
