"""A version of the DAGs as an archive, and the pointer to the current version.

The image reads both: docker/airflow_ecs_image/dag_archives.py.
"""

import gzip
import hashlib
import io
import json
import tarfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

from ..image_contract import DAG_FOLDER, files_of

PREFIX: Final = "dags"
"""What the keys of all objects begin with."""
POINTER_KEY: Final = f"{PREFIX}/current"
MAX_BYTES: Final = 100 * 1024 * 1024
"""Of all files together: every worker unpacks each version that it runs."""


class DagArchiveError(ValueError):
    """Files that make no version, or an archive or pointer that is not one; the message says why."""


@dataclass(frozen=True)
class DagArchive:
    """The files of one version.

    Attributes:
        version: the SHA-256 of the tar archive; the same files have the same one on every machine.
        content: that archive, compressed by gzip, whose bytes depend on the machine's zlib.
    """

    version: str
    content: bytes

    @property
    def key(self) -> str:
        """Its object's key."""
        return key_of(self.version)


@dataclass(frozen=True, kw_only=True)
class Pointer:
    """Which version is current.

    Attributes:
        version: its name.
        pushed_at: when it became the current one, in ISO 8601.
        pushed_by: the ARN of the identity that made it so.
        message: why; may be empty.
    """

    version: str
    pushed_at: str
    pushed_by: str
    message: str = ""

    def to_json(self) -> bytes:
        """Write it as its object holds it."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    @classmethod
    def of_json(cls, text: bytes) -> "Pointer":
        """Read it.

        Raises:
            DagArchiveError: it is not a pointer.
        """
        try:
            value = json.loads(text)
            return cls(**{field.name: str(value.get(field.name, "")) for field in fields(cls)})
        except (ValueError, AttributeError) as error:
            raise DagArchiveError(f"{POINTER_KEY} is not a pointer: {error}") from None


def key_of(version: str) -> str:
    """Give the key of a version's object."""
    return f"{PREFIX}/versions/{version}.tar.gz"


def archive_of(project: Path) -> DagArchive:
    """Make an archive of a project's DAGs, without times and owners.

    Raises:
        DagArchiveError: there is no such folder, or it holds too much.
    """
    folder = project / DAG_FOLDER
    if not folder.is_dir():
        raise DagArchiveError(f"there is no folder {folder}")
    files = files_of(project, [DAG_FOLDER])
    if (size := sum(file.stat().st_size for file in files)) > MAX_BYTES:
        raise DagArchiveError(
            f"{folder} must hold at most {MAX_BYTES >> 20} MiB; it holds {size >> 20}. Data and programs "
            "belong in the data bucket and in the image"
        )
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for file in files:
            content = file.read_bytes()
            member = tarfile.TarInfo(file.relative_to(folder).as_posix())
            member.size = len(content)
            member.mode = 0o755 if file.stat().st_mode & 0o100 else 0o644
            tar.addfile(member, io.BytesIO(content))
    plain = written.getvalue()
    return DagArchive(hashlib.sha256(plain).hexdigest(), gzip.compress(plain, mtime=0))


def extract(archive: DagArchive, folder: Path) -> None:
    """Write an archive's files into a folder.

    Raises:
        DagArchiveError: the archive is not that of its version.
    """
    plain = gzip.decompress(archive.content)
    if (found := hashlib.sha256(plain).hexdigest()) != archive.version:
        raise DagArchiveError(f"the archive of version {archive.version} has the hash {found}")
    with tarfile.open(fileobj=io.BytesIO(plain), mode="r:") as tar:
        tar.extractall(folder, filter="data")
