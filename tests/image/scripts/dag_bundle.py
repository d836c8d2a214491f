# pyright: basic, reportMissingImports=false
# Airflow is in the image's environment, not in the program's.
"""Does with a DAG bundle what each line of its input says, and prints what came of it.

{"do": "initialize", "version": null}    then "refresh", "moved", "clean", "store", "requeue" and "release"
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from airflow.dag_processing.bundles.base import BundleUsageTrackingManager
from airflow.dag_processing.bundles.manager import DagBundlesManager
from airflow.dag_processing.manager import DagFileInfo
from airflow.dag_processing.processor import DagFileParsingResult

from airflow_ecs_image.dag_processor import DagProcessorManager

NAME = "dags-folder"


class Script:
    """The bundle of one process."""

    bundle: Any = None

    def initialize(self, version: str | None) -> None:
        """Have the files of a version, or of the current one."""
        self.bundle = DagBundlesManager().get_bundle(NAME, version)
        self.bundle.initialize()

    def refresh(self) -> None:
        """Follow the pointer."""
        self.bundle.refresh()

    def release(self) -> None:
        """End as a task does."""
        self.bundle = None

    def moved(self) -> bool:
        """Ask for the pointer."""
        return self.bundle.moved()

    def clean(self) -> None:
        """Delete what is not used, as Airflow does in workers."""
        BundleUsageTrackingManager().remove_stale_bundle_versions()

    def store(self, parsed_from: str, version: str) -> list[str]:
        """Hand over a result that comes when `version` is the current one; what is stored under which."""
        manager, stored = self._manager(), []
        manager._bundle_versions[NAME] = version
        manager.persist_parsing_result = lambda **given: stored.append(given["bundle_version"])
        result = DagFileParsingResult(fileloc="a.py", serialized_dags=[], import_errors=None)
        file = self._file(parsed_from)
        manager.handle_parsing_result(
            file, SimpleNamespace(had_callbacks=False, parsing_result=result, start_time=0.0)
        )
        return [*stored, "parsed" if manager._file_stats[file].last_finish_time else "not parsed"]

    def requeue(self, queued: str, present: str) -> list[str]:
        """Refresh while a file and a callback's are queued; the versions that both are read from."""
        manager = self._manager()
        callback = DagFileInfo(Path("a.py"), NAME, self.bundle.versions_dir / queued, queued)
        manager._file_queue.update({self._file(queued): None, callback: None})
        manager.purge_removed_files_from_queue({self._file(present)})
        return [file.bundle_path.name for file in manager._file_queue]

    def _manager(self) -> DagProcessorManager:
        manager = DagProcessorManager(max_runs=1)
        manager._dag_bundles = [self.bundle]
        return manager

    def _file(self, version: str) -> DagFileInfo:
        return DagFileInfo(Path("a.py"), NAME, self.bundle.versions_dir / version)


def main() -> None:
    """Read lines until there are none."""
    script = Script()
    for line in sys.stdin:
        given = json.loads(line)
        answer: dict[str, Any] = {}
        try:
            answer["answer"] = getattr(script, given.pop("do"))(**given)
            if script.bundle is not None:
                current = script.bundle.get_current_version()
                answer |= {"path": str(script.bundle.path), "version": current and current.version}
        except Exception as error:  # noqa: BLE001 - the test says which one it expects
            answer["error"] = f"{type(error).__name__}: {error}"
        sys.stdout.write(f"ANSWER {json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
