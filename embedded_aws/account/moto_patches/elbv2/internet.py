# pyright: basic
# moto has no types for its backends.
"""Internet-facing load balancers need an internet gateway in their VPC.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend, FakeLoadBalancer

from embedded_aws.account.moto_patches.ec2.vpc import has_internet_gateway


def install() -> None:
    """Refuse an internet-facing load balancer in a VPC without an internet gateway."""
    create = ELBv2Backend.create_load_balancer

    def create_load_balancer(self: ELBv2Backend, *args: Any, **kwargs: Any) -> FakeLoadBalancer:
        scheme = kwargs.get("scheme") or "internet-facing"
        mapped = [mapping["SubnetId"] for mapping in kwargs.get("subnet_mappings") or []]
        for subnet_id in [*(kwargs.get("subnet_ids") or []), *mapped] if scheme == "internet-facing" else []:
            vpc_id = self.ec2_backend.get_subnet(subnet_id).vpc_id
            if not has_internet_gateway(self.ec2_backend, vpc_id):
                raise ELBClientError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")
        return create(self, *args, **kwargs)

    ELBv2Backend.create_load_balancer = create_load_balancer
