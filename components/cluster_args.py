"""What parts of a cluster are made from: its workload, and what all of them share."""

from .data.data_stores import DataStoresArgs
from .data.uploaded_dags import UploadedDagsArgs
from .existing.existing import Existing
from .image.image import ImageArgs
from .image.source import BuildArgs
from .model.workload.workload import Workload
from .services.shared_infrastructure import SharedInfrastructure


def data_stores(
    workload: Workload, shared: SharedInfrastructure, found: Existing, dags: UploadedDagsArgs | None
) -> DataStoresArgs:
    """Give what the data stores are made from."""
    return DataStoresArgs(
        workload=workload,
        subnet_ids=shared.network.private_subnet_ids,
        security_group_ids=shared.security_group_ids,
        defaults=shared.defaults,
        existing=found,
        dags=dags,
        access=shared.access,
    )


def image(
    workload: Workload, shared: SharedInfrastructure, found: Existing, source: BuildArgs | str
) -> ImageArgs:
    """Give what the image is made from."""
    return ImageArgs(
        source=source,
        architectures=workload.architectures,
        repository=found.repository,
        pull_account_ids=workload.settings.image.pull_account_ids,
        kms_key_arn=shared.defaults.kms_key_arn,
        discard_data=workload.settings.discard_data,
        access=shared.access,
    )
