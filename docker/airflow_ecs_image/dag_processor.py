# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Airflow's DAG processor for DAG bundles whose versions have a folder each.

Airflow 3.3 stores what it has parsed under the bundle's version of the moment when the result is there: a
file that was parsed, or queued, before a refresh would be stored as if it came from the new version. Here the
folder says what a file was parsed from. A result of another version is dropped, and the file parsed again.
"""

import dataclasses
import sys
from collections import OrderedDict
from typing import Any

from airflow.dag_processing.manager import DagFileInfo, DagFileProcessorManager

from airflow_ecs_image.dag_bundle import DagArchiveBundle


class DagProcessorManager(DagFileProcessorManager):
    """Airflow's own, which stores a DAG only under the version that it was parsed from."""

    def should_skip_refresh(self, *, bundle: Any, **state: Any) -> bool:
        """Refresh as soon as the pointer has moved; to look at it writes no row and no line of a log."""
        if not super().should_skip_refresh(bundle=bundle, **state):
            return False
        return not (isinstance(bundle, DagArchiveBundle) and bundle.moved())

    def purge_removed_files_from_queue(self, present: set[DagFileInfo]) -> None:
        """Let queued files be parsed from the version that is there now; called after a refresh."""
        super().purge_removed_files_from_queue(present)
        paths = {file.presence_key: file.bundle_path for file in present}
        self._file_queue = OrderedDict.fromkeys(
            # Callbacks name the version that they run in.
            file if file.bundle_version else dataclasses.replace(file, bundle_path=paths[file.presence_key])
            for file in self._file_queue
        )

    def handle_parsing_result(self, file: DagFileInfo, proc: Any, **session: Any) -> None:
        """Store a result, unless its file is of another version than Airflow would store it under.

        What is dropped counts as not parsed, so that the file's time, that of the refresh, is later than that
        of its last parsing.
        """
        bundle = next(one for one in self._dag_bundles if one.name == file.bundle_name)
        version = self._bundle_versions.get(file.bundle_name)
        stored = proc.parsing_result is not None
        if stored and isinstance(bundle, DagArchiveBundle) and file.bundle_path.name != version:
            self.log.info("%s was parsed from %s, not from %s", file.rel_path, file.bundle_path.name, version)
            return
        super().handle_parsing_result(file, proc, **session)


def main(arguments: list[str]) -> None:
    """Run `airflow dag-processor` with this manager."""
    from airflow.__main__ import main as airflow  # noqa: PLC0415 - it reads the command line
    from airflow.cli.commands import dag_processor_command  # noqa: PLC0415

    dag_processor_command.DagFileProcessorManager = DagProcessorManager
    sys.argv = ["airflow", "dag-processor", *arguments]
    airflow()
