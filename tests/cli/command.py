"""The command `airflow-ecs` in a process of its own that has its libraries loaded already.

Not proved: that the installed script `airflow-ecs` starts it, which `tests/test_wheel.py` shows.
"""

import sys
from multiprocessing import get_context
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import TextIO

from cli import airflow_api, bootstrap, check_image, comment, cost, dags, preview
from cli.app import main

LOADED = (airflow_api, bootstrap, check_image, comment, cost, dags, preview)


def airflow_ecs(*words: str) -> CompletedProcess[str]:
    """Run it with these arguments to its end."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = get_context("fork").Process(target=_main, args=(words, out, err))
        process.start()
        process.join()
        out.seek(0)
        err.seek(0)
        assert process.exitcode is not None
        return CompletedProcess(words, process.exitcode, out.read(), err.read())


def _main(words: tuple[str, ...], out: TextIO, err: TextIO) -> None:
    sys.stdout, sys.stderr = out, err
    main(words)
