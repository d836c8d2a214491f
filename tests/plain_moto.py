"""An AWS account of plain moto, for tests that need S3 and no cluster."""

from collections.abc import Generator
from contextlib import contextmanager

import requests
from moto.server import ThreadedMotoServer


@contextmanager
def empty_account() -> Generator[str]:
    """Serve an account and give its address; a process has one account, so it is emptied first."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    requests.post(f"{address}/moto-api/reset", timeout=10).raise_for_status()
    try:
        yield address
    finally:
        server.stop()
