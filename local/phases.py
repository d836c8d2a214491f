"""The phases of `make up`: each is printed when it starts, and timed."""

import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager


class Phases:
    """How long each phase took, those of an earlier process included."""

    def __init__(self, earlier: Mapping[str, float]) -> None:
        self.seconds = dict(earlier)

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Print and time one phase."""
        print(f"==> {name}", flush=True)
        start = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - start

    def summary(self) -> str:
        """Return a line per phase, and one for all."""
        lines = [f"{seconds:7.1f} s  {name}" for name, seconds in self.seconds.items()]
        return "\n".join([*lines, f"{sum(self.seconds.values()):7.1f} s  in all"])
