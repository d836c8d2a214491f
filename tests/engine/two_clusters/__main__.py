"""A program of somebody else's: two clusters beside each other."""

import pulumi

from components import AirflowCluster
from components.model.settings.settings import Executor, ImageSettings, Nat, Settings, VpcSettings

image = ImageSettings(uri=pulumi.Config().require("image"))
small = Settings(image=image, nat=Nat.NONE, protect_data=False, discard_data=True, rollout_settling_seconds=0)
large = Settings(
    image=image,
    executor=Executor.CELERY,
    nat=Nat.NONE,
    protect_data=False,
    discard_data=True,
    rollout_settling_seconds=0,
    vpc=VpcSettings(cidr="10.30.0.0/16"),
)
for name, settings in {"small": small, "large": large}.items():
    pulumi.export(name, AirflowCluster(name, settings).cluster_name)
