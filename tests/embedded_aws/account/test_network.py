"""Security groups and private names of the embedded account."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

RULE = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}


@pytest.mark.conformance(
    operation="ec2:RevokeSecurityGroupIngress",
    says="A rule that does not exist is named in the error.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="InvalidSecurityGroupRuleId.NotFound",
)
@pytest.mark.conformance(
    operation="ec2:RevokeSecurityGroupEgress",
    says="An egress rule that does not exist is named in the error.",
    source="https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html",
    error="InvalidSecurityGroupRuleId.NotFound",
)
@pytest.mark.parametrize("direction", ["ingress", "egress"])
def test_a_rule_that_is_gone_is_named(stage: Any, direction: str) -> None:
    """Clients that repeat a request wait for this very error, and take the rule for revoked."""
    group = stage.ec2.create_security_group(
        GroupName=stage.name("group"), Description="a group", VpcId=stage.vpc
    )["GroupId"]
    authorize = getattr(stage.ec2, f"authorize_security_group_{direction}")
    revoke = getattr(stage.ec2, f"revoke_security_group_{direction}")
    (rule,) = authorize(GroupId=group, IpPermissions=[RULE])["SecurityGroupRules"]
    revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    with pytest.raises(ClientError, match=rule["SecurityGroupRuleId"]) as refused:
        revoke(GroupId=group, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])
    error: Any = refused.value
    assert error.response["Error"]["Code"] == "InvalidSecurityGroupRuleId.NotFound"


@pytest.mark.conformance(
    operation="servicediscovery:CreatePrivateDnsNamespace",
    says="A VPC has several private namespaces, but not two of one name.",
    source="https://docs.aws.amazon.com/cloud-map/latest/api/API_CreatePrivateDnsNamespace.html",
)
def test_a_vpc_has_several_private_namespaces(stage: Any) -> None:
    """Those of two clusters; only a second one of the same name is refused."""
    one, another = stage.name("one"), stage.name("another")
    for name in (one, another):
        stage.servicediscovery.create_private_dns_namespace(Name=f"{name}.internal", Vpc=stage.vpc)
    with pytest.raises(ClientError, match="ConflictingDomainExists"):
        stage.servicediscovery.create_private_dns_namespace(Name=f"{one}.internal", Vpc=stage.vpc)
