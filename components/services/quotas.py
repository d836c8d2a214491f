"""What the account lets run at once, against what a deployment needs."""

import pulumi
import pulumi_aws as aws

from ..base.lookups import advisory
from ..model.workload.vcpus import peak_vcpus
from ..model.workload.workload import Workload


def warn_of_quotas(workload: Workload, invoke: pulumi.InvokeOptions) -> None:
    """Warn where a deployment needs more vCPUs than the account may run on Fargate: new accounts have 6.

    It stays a warning: what else runs in the account is not known, and quotas are raised at any time.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-quotas.html#service-quotas-fargate
    """
    for quota, needed in peak_vcpus(workload).items():
        found = advisory(
            f"the quota {quota.name}",
            lambda code=quota.code: aws.servicequotas.get_service_quota(
                service_code="fargate", quota_code=code, opts=invoke
            ),
        )
        if found is not None and needed > found.value:
            pulumi.log.warn(
                f"a deployment runs up to {needed:g} vCPUs, and this account may run {found.value:g}: tasks "
                f"beyond that do not start. Request more: aws service-quotas request-service-quota-increase "
                f"--service-code fargate --quota-code {quota.code} --desired-value {needed:.0f}"
            )
