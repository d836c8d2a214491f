"""Finds secrets where they must not be."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote, quote_plus, unquote, urlsplit

from tests.local.cluster.running import Cluster


def disclosed(secrets: Iterable[str], contents: Mapping[str, str]) -> list[str]:
    """Name the texts in which a secret stands: as it is, in base64, in hex, URL-encoded or JSON-escaped."""
    forms = {form for secret in secrets for form in _forms(secret)}
    return sorted(name for name, text in contents.items() if any(form in text for form in forms))


def secrets_of(cluster: Cluster) -> set[str]:
    """Read every secret of the stack, and the passwords inside its URLs and the master user's."""
    values = {cluster.secret(kind) for kind in cluster.outputs["secret_arns"]}
    passwords = {unquote(password) for value in values if (password := urlsplit(value).password)}
    passwords.add(json.loads(cluster.secret("database-master"))["password"])
    # A PEM file is logged line by line.
    lines = {line for line in cluster.secret("jwt-private-keys").splitlines() if not line.startswith("-----")}
    fernet = base64.urlsafe_b64decode(cluster.secret("fernet-key"))
    return values | passwords | lines | {base64.standard_b64encode(fernet).decode(), fernet.hex()}


def contents_of(cluster: Cluster) -> dict[str, str]:
    """Gather what many may read of the stack: task definitions, outputs, logs, state."""
    return {
        "what `up` said": cluster.log,
        "stack outputs": json.dumps(cluster.outputs),
        "exported state": cluster.pulumi("stack", "export"),
        **_task_definitions(cluster.client("ecs")),
        **_container_logs(cluster.client("logs")),
        **_task_logs(cluster.client("s3"), cluster.outputs["logs_bucket"]),
    }


def _forms(secret: str) -> set[str]:
    raw = secret.encode()
    # Inside a longer text base64 has three faces; the characters at the edges mix with the neighbours.
    faces = {
        encode(b"\0" * shift + raw).decode().rstrip("=")[4 if shift else 0 : -1]
        for shift in range(3)
        for encode in (base64.standard_b64encode, base64.urlsafe_b64encode)
    }
    return {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], raw.hex(), *faces}


def _task_definitions(ecs: Any) -> dict[str, str]:
    arns = [arn for page in _pages(ecs, "list_task_definitions") for arn in page["taskDefinitionArns"]]
    found = {arn: ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"] for arn in arns}
    return {arn: json.dumps(definition["containerDefinitions"]) for arn, definition in found.items()}


def _container_logs(logs: Any) -> dict[str, str]:
    groups = [
        group["logGroupName"] for page in _pages(logs, "describe_log_groups") for group in page["logGroups"]
    ]
    return {
        group: "\n".join(
            event["message"]
            for page in _pages(logs, "filter_log_events", logGroupName=group)
            for event in page["events"]
        )
        for group in groups
    }


def _task_logs(s3: Any, bucket: str) -> dict[str, str]:
    keys = [
        found["Key"]
        for page in _pages(s3, "list_objects_v2", Bucket=bucket)
        for found in page.get("Contents", [])
    ]
    return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys}


def _pages(client: Any, operation: str, **arguments: str) -> Iterable[Any]:
    return client.get_paginator(operation).paginate(**arguments)
