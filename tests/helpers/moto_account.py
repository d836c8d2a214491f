"""An AWS account of plain moto, for tests that need S3 and no cluster: it answers who has its key."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

from embedded_aws.account.authorization import authorize
from embedded_aws.account.guard import Guard
from embedded_aws.account.keys import Key, Keys


@dataclass(frozen=True)
class PlainAccount:
    """A running account: its address, and the only key that it knows."""

    address: str
    key: Key

    @property
    def login(self) -> dict[str, str]:
        """Variables by which a process finds this account, as it would find AWS's."""
        return {
            "AWS_ACCESS_KEY_ID": self.key.id,
            "AWS_ENDPOINT_URL": self.address,
            "AWS_SECRET_ACCESS_KEY": self.key.secret,
        }

    def environment(self, region: str) -> dict[str, str]:
        """Return these variables and those of a region."""
        return {**self.login, "AWS_DEFAULT_REGION": region, "AWS_REGION": region}


@contextmanager
def empty_account() -> Generator[PlainAccount]:
    """Serve an account; a process has one, so it is emptied first."""
    moto_api_backend.reset()
    key = Key.new()
    application = Guard(DomainDispatcherApplication(create_backend_app), Keys(key), authorize)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=MotoRequestHandler)
    serving = Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield PlainAccount(f"http://127.0.0.1:{server.server_port}", key)
    finally:
        server.shutdown()
        serving.join()
