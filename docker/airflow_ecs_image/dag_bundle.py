# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Airflow's DAG bundle of archives in S3: each version has a folder of its own, which never changes.

A task runs the files of its run's version; the DAG processor follows the pointer. Whoever uses a version
holds Airflow's lock on it. Airflow itself deletes, in workers, LocalExecutor's schedulers and DAG processors,
the folders that nobody has locked for a while (`BundleUsageTrackingManager`).
https://airflow.apache.org/docs/apache-airflow/stable/administration-and-deployment/dag-bundles.html
"""

import logging
import os
from pathlib import Path
from typing import Any

from airflow.dag_processing.bundles.base import BaseDagBundle, BundleVersion, BundleVersionLock

from airflow_ecs_image.dag_archives import DagArchives, touch

log = logging.getLogger(__name__)


class DagArchiveBundle(BaseDagBundle):
    """DAGs as archives under a prefix of a bucket.

    Without a version it is the current one when it is initialized, and after each refresh. With a version it
    never reads the pointer.
    """

    supports_versioning = True

    def __init__(self, *, bucket: str, prefix: str, **of_airflow: Any) -> None:
        super().__init__(**of_airflow)
        self._archives = DagArchives(bucket, prefix)
        self._used, self._hold = "", None

    def initialize(self) -> None:
        """Have the files on disk."""
        self._use(self.version or self._archives.current())
        super().initialize()

    @property
    def path(self) -> Path:
        """Where the files are; before it is initialized, where there are none."""
        version = self._used or self.version
        return self.versions_dir / version if version else self.base_dir

    def get_current_version(self) -> BundleVersion | None:
        """Give the version whose files are at `path`."""
        return BundleVersion(version=self._used) if self._used else None

    def refresh(self) -> None:
        """Move to the version that the pointer names."""
        if self.version:
            raise RuntimeError("a bundle of one version is not refreshed")
        current = self._archives.current()
        if current != self._used:
            self._use(current)
            # After a rollback the folder is an old one, and the DAG processor would not look at its files.
            touch(self.path)

    def moved(self) -> bool:
        """Whether the pointer names another version by now; one request, whose answer is mostly empty."""
        try:
            return self._archives.current() != self._used
        except Exception as error:  # noqa: BLE001 - whatever boto3 finds: credentials, network, permissions
            log.warning("DAG bundle %s: the pointer cannot be read: %s", self.name, error)
            return False

    def _use(self, version: str) -> None:
        """Have a version's files, and lock them; the lock on the version before is given up last."""
        folder = self.versions_dir / version
        hold = self._there(version, folder)
        while not folder.is_dir():  # it was deleted before it was locked
            hold.release()
            hold = self._there(version, folder)
        before, self._hold, self._used = self._hold, hold, version
        if before is not None:
            before.release()

    def _there(self, version: str, folder: Path) -> BundleVersionLock:
        """Unpack a version where it is not there yet, and lock it.

        In this order: a lock's file of a version without a folder would end Airflow's deletion for good.
        """
        if not folder.is_dir():
            with self.lock():
                # Another process may have unpacked it meanwhile; with the lock, no other one does so now.
                if not folder.is_dir():
                    self._archives.unpack(version, folder, self.base_dir / "staging")
        return _held(self.name, version)


def _held(name: str, version: str) -> BundleVersionLock:
    """Lock a version by a file that is still there once the lock is taken.

    Whoever deletes a version has that lock, and deletes the file last.
    """
    while True:
        lock = BundleVersionLock(bundle_name=name, bundle_version=version)
        lock.acquire()
        try:
            there = Path(lock.lock_file_path).stat().st_ino == os.fstat(lock.lock_file.fileno()).st_ino
        except FileNotFoundError:
            there = False
        if there:
            return lock
        lock.release()
