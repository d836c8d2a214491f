"""Size and number of tasks, which every service has as settings, with their defaults."""

from dataclasses import dataclass

from ..aws import fargate
from ..aws.fargate import Capacity
from .errors import Errors, at, name_of
from .rules import between
from .setting import Section, setting


@dataclass(frozen=True, kw_only=True)
class SizeSettings(Section):
    """CPU and memory of tasks that are alike."""

    cpu_units: int = setting(1024, "CPU of one task, in units of 1/1024 vCPU: a size of Fargate's.")
    memory_mib: int = setting(2048, "Memory of one task, MiB: a size of Fargate's for the CPU.")

    def errors(self) -> Errors:
        """Yield an error for each size that Fargate does not have."""
        if error := fargate.cpu_units_error(self.cpu_units):
            yield at("cpu_units", error)
        elif error := fargate.memory_error(self.cpu_units, self.memory_mib):
            yield at("memory_mib", f"{error}, or change {name_of('cpu_units')}")


@dataclass(frozen=True, kw_only=True)
class TaskSettings(SizeSettings):
    """Size and number of tasks that are alike, and the capacity that they run on."""

    count: int = setting(
        1, "Number of tasks. A change replaces all of them, the new ones first.", between(0, 100)
    )
    scaled_externally: bool = setting(
        default=False,
        doc="Leave the number of tasks to whoever scales the service at ECS, such as your own scaling "
        "target: neither `pulumi up` nor a refresh changes it back. The service starts with its count; a "
        "changed count, and `asleep`, are still applied once: suspend your scaling before.",
    )

    @property
    def capacity(self) -> Capacity:
        """The capacity that the tasks run on."""
        return Capacity()


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(TaskSettings):
    """Size and number of the tasks of one service.

    These defaults are those of the API server, the scheduler and the workers. `Settings` has other ones for
    further services, and the modules of one-off tasks have theirs, which no setting changes.
    """

    spot: bool = setting(
        default=False,
        doc="Run on Fargate Spot, and on nothing else, for a third of the price: AWS may take a task back "
        "with two minutes' notice, or have none to give. A change replaces the tasks, the new ones first.",
    )

    @property
    def capacity(self) -> Capacity:
        """The capacity that the tasks run on: Spot and nothing else, or no Spot."""
        return Capacity(spot_percent=100 if self.spot else 0)
