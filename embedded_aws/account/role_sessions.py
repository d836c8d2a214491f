# pyright: basic
# boto3's clients have no types.
"""Calls that an AWS service makes with a role: that role's policies decide them."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from collections.abc import Generator

    from embedded_aws.account.account import Account


@contextmanager
def client(account: Account, service: str, region: str, role_arn: str) -> Generator[Any]:
    """Give a client of an AWS service; its key ends with the block."""
    session = uuid.uuid4().hex
    key = account.keys.of_session(session, role_arn)
    try:
        yield boto3.client(
            service,
            endpoint_url=account.endpoint,
            region_name=region,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.token,
        )
    finally:
        account.keys.forget(session)
