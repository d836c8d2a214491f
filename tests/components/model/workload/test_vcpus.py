"""What runs at once in a deployment."""

from components.model.settings.settings import Executor, ServiceSettings, Settings
from components.model.workload.vcpus import ON_DEMAND, SPOT, peak_vcpus
from components.model.workload.workload import workload


def test_a_deployment_runs_each_service_twice() -> None:
    """The API server's two containers are one task; one-off tasks count once."""
    everything = workload(Settings())
    one_off = sum(service.size.cpu_units for service in everything.one_off) / 1024
    sizes = [task[0].size.cpu_units * task[0].count / 1024 for task in everything.tasks]
    assert peak_vcpus(everything) == {ON_DEMAND: 2 * sum(sizes) + one_off}


def test_spot_has_a_quota_of_its_own_and_what_sleeps_takes_none() -> None:
    """Only what runs counts."""
    spot = Settings(
        executor=Executor.CELERY, triggerer=ServiceSettings(cpu_units=512, memory_mib=1024, spot=True)
    )
    asleep = peak_vcpus(workload(Settings(asleep=True)))
    assert peak_vcpus(workload(spot))[SPOT] == 1
    assert asleep == {ON_DEMAND: sum(one.size.cpu_units for one in workload(Settings()).one_off) / 1024}
