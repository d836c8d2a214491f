"""The rendered program as a Terraform plan, which is what scanners read.

A resource's type, and most names of its inputs, follow Pulumi's own rules for Terraform's; what refers to
another resource by its made-up id or ARN is written as a reference, which the scanners' graph checks follow.

Format: https://developer.hashicorp.com/terraform/internals/json-format
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from components.model.rendered import Rendered
from embedded_aws.engine.bridge.names import snake, terraform_type

MAPS: Final = {"tags", "triggers", "variables"}
"""Inputs that are mappings in Terraform too, not blocks."""
REFERENCES: Final = {
    "allocation_id": "aws_eip",
    "bucket": "aws_s3_bucket",
    "cluster": "aws_ecs_cluster",
    "db_subnet_group_name": "aws_db_subnet_group",
    "execution_role_arn": "aws_iam_role",
    "key_id": "aws_kms_key",
    "kms_key_id": "aws_kms_key",
    "listener_arn": "aws_lb_listener",
    "load_balancer_arn": "aws_lb",
    "parameter_group_name": "aws_db_parameter_group",
    "referenced_security_group_id": "aws_security_group",
    "repository": "aws_ecr_repository",
    "resource_arn": "aws_lb",
    "role": "aws_iam_role",
    "route_table_id": "aws_route_table",
    "secret_id": "aws_secretsmanager_secret",
    "security_group_id": "aws_security_group",
    "security_group_ids": "aws_security_group",
    "security_groups": "aws_security_group",
    "subnet_id": "aws_subnet",
    "subnet_ids": "aws_subnet",
    "subnets": "aws_subnet",
    "target_group_arn": "aws_lb_target_group",
    "task_definition": "aws_ecs_task_definition",
    "task_role_arn": "aws_iam_role",
    "vpc_id": "aws_vpc",
    "vpc_security_group_ids": "aws_security_group",
}


class _Known:
    """Terraform's types: those of EC2 have no prefix."""

    def __contains__(self, name: object) -> bool:
        return not str(name).startswith("aws_ec2_")


def plan(stack: Iterable[Rendered]) -> dict[str, Any]:
    """Write the plan of making a stack."""
    resources = [one for one in stack if one.type.startswith("aws:")]
    addresses = {_address(one) for one in resources}
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [_planned(one) for one in resources]}},
        "resource_changes": [_changed(one) for one in resources],
        "configuration": {"root_module": {"resources": [_configured(one, addresses) for one in resources]}},
    }


def _type(one: Rendered) -> str:
    return terraform_type(one.type, _Known())


def _label(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def _address(one: Rendered) -> str:
    return f"{_type(one)}.{_label(one.name)}"


def _planned(one: Rendered) -> dict[str, Any]:
    return {
        "address": _address(one),
        "mode": "managed",
        "type": _type(one),
        "name": _label(one.name),
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "schema_version": 0,
        "values": _block(one.inputs),
    }


def _changed(one: Rendered) -> dict[str, Any]:
    planned = _planned(one)
    return {
        **{key: planned[key] for key in ("address", "mode", "type", "name", "provider_name")},
        "change": {"actions": ["create"], "before": None, "after": planned["values"], "after_unknown": {}},
    }


def _configured(one: Rendered, addresses: set[str]) -> dict[str, Any]:
    return {
        "address": _address(one),
        "mode": "managed",
        "type": _type(one),
        "name": _label(one.name),
        "provider_config_key": "aws",
        "expressions": _expressions(_block(one.inputs), addresses),
        "schema_version": 0,
    }


def _expressions(block: dict[str, Any], addresses: set[str]) -> dict[str, Any]:
    expressions: dict[str, Any] = {}
    for key, value in block.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            expressions[key] = [_expressions(each, addresses) for each in value]  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        elif found := _references(key, value, addresses):
            expressions[key] = {"references": found}
        else:
            expressions[key] = {"constant_value": value}
    return expressions


def _references(key: str, value: Any, addresses: set[str]) -> list[str]:
    values: list[Any] = [*value] if isinstance(value, list) else [value]
    strings = [each for each in values if isinstance(each, str)]
    wanted = [f"{REFERENCES.get(key)}.{_label(each.split('/')[-1].removesuffix('.id'))}" for each in strings]
    wanted += [f"aws_lb.{_label(each.removesuffix('.elb'))}" for each in strings if each.endswith(".elb")]
    found = [address for address in wanted if address in addresses]
    return [part for address in found for part in (f"{address}.id", address)]


def _block(inputs: Any) -> dict[str, Any]:
    block: dict[str, Any] = {}
    for key, value in inputs.items():
        name = snake(key)
        if isinstance(value, dict):
            block[name] = value if name in MAPS else [_block(value)]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            block[_singular(name)] = [_block(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
        else:
            block[name] = int(value) if isinstance(value, float) and value.is_integer() else value
    return block


def _singular(name: str) -> str:
    return re.sub(r"ies$", "y", name) if name.endswith("ies") else name.removesuffix("s")


def text(stack: Iterable[Rendered]) -> str:
    """Write the plan as a file holds it."""
    return json.dumps(plan(stack))
