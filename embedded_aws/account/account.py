"""What the parts of one running account share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from embedded_aws.account import keys
from embedded_aws.account.addresses import Addresses
from embedded_aws.account.certificate_authority import CertificateAuthority
from embedded_aws.account.ecr.blobs import Blobs
from embedded_aws.account.ecs.control_groups import ControlGroups
from embedded_aws.account.eventbridge import EventBus
from embedded_aws.account.hosts_file import HostsFile

if TYPE_CHECKING:
    from pathlib import Path


class Account:
    """One account: its folder, endpoint, keys, addresses, names, certificates; the lock of its ECS state."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.endpoint = f"http://127.0.0.1:{port}"
        self.port = port
        self.keys = keys.Keys(keys.own(home))
        self.addresses = Addresses(port)
        self.authority = CertificateAuthority(home)
        self.hosts_file = HostsFile(home / "hosts")
        self.blobs = Blobs(home / "ecr", self.endpoint)
        """The parts of the images in ECR."""
        self.control_groups = ControlGroups.make()
        """Hold containers to their memory; None: this user can have none."""
        self.event_bus = EventBus()
        """Delivers the events of services."""
        self.lock = threading.RLock()
        """Held by whoever reads or changes ECS state."""
        self.changed = threading.Condition(self.lock)
        """Told about every change of ECS state; tasks and the service scheduler wait on it."""

    def notify(self) -> None:
        """Wake everybody who waits for a change."""
        with self.lock:
            self.changed.notify_all()
