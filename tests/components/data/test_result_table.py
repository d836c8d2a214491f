"""`ResultTable` under mocks."""

import pytest

from components.data.result_table import ResultTable, ResultTableArgs
from tests.helpers.pulumi_mocks import record


@pytest.mark.parametrize("protect", [True, False])
def test_the_table_in_full(*, protect: bool) -> None:
    """Paid by use, items with an end, locked twice."""
    args = ResultTableArgs(kms_key_arn=None, protect=protect)
    table = record(lambda: ResultTable("air-results", args)).one("Table")
    assert table.inputs == {
        "attributes": [{"name": "task_id", "type": "S"}],
        "billingMode": "PAY_PER_REQUEST",
        "deletionProtectionEnabled": protect,
        "hashKey": "task_id",
        "pointInTimeRecovery": {"enabled": False},
        "serverSideEncryption": {"enabled": False},
        "ttl": {"attributeName": "expires", "enabled": True},
    }
    assert table.protect is protect


def test_a_customer_managed_key_encrypts_it() -> None:
    """`enabled` means that: DynamoDB always encrypts."""
    args = ResultTableArgs(kms_key_arn="arn:key", protect=True)
    table = record(lambda: ResultTable("air-results", args)).one("Table")
    assert table.inputs["serverSideEncryption"] == {"enabled": True, "kmsKeyArn": "arn:key"}
