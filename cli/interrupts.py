"""Commands that run until somebody ends them."""

import os
import signal
import sys
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import Final

CANCELLED: Final = 130
"""Exit code after Ctrl-C, as a shell gives it."""


@contextmanager
def ended_by_ctrl_c() -> Generator[None]:
    """End without a traceback after Ctrl-C or SIGTERM, and where nobody reads on, as with `| head`.

    Raises:
        SystemExit: 130 after a signal; 0 where the reader of stdout is gone.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        raise SystemExit(CANCELLED) from None
    except BrokenPipeError:
        # Python flushes stdout once more: https://docs.python.org/3/library/signal.html#note-on-sigpipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    finally:
        signal.signal(signal.SIGTERM, before)
