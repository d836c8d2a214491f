"""The command `airflow-ecs` in a process of its own that has its libraries loaded already.

Not proved: that the script `airflow-ecs` starts it, which `test_github_repository` shows.
"""

import sys
from multiprocessing import get_context
from subprocess import CompletedProcess
from tempfile import TemporaryFile
from typing import TextIO

from operations.__main__ import main


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
    sys.argv, sys.stdout, sys.stderr = ["airflow-ecs", *words], out, err
    main()
