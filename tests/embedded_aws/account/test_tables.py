# pyright: basic
# boto3's answers have no types.
"""DynamoDB: limits of what a request reads, when items end, and protection from deletion."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from embedded_aws.account import environment
from tests.embedded_aws.account.conftest import Stage, client

VALIDATION = "ValidationException"


@pytest.fixture
def dynamodb(stage: Stage) -> Any:
    """A client of the account."""
    return client(environment(stage.home), "dynamodb")


@pytest.fixture
def table(stage: Stage, dynamodb: Any) -> str:
    """A table's name."""
    name = stage.name("table")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def _refused(call: Any, **given: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call(**given)
    error = refused.value.response
    return error["Error"]["Code"], error["Error"]["Message"]


def _keys(*ids: str) -> list[dict[str, dict[str, str]]]:
    return [{"id": {"S": one}} for one in ids]


@pytest.mark.conformance(
    operation="dynamodb:BatchGetItem",
    says="A request names up to 100 items, each once.",
)
def test_a_batch_has_a_hundred_keys(dynamodb: Any, table: str) -> None:
    """Not one more."""
    keys = _keys(*(f"{number}" for number in range(101)))
    dynamodb.batch_get_item(RequestItems={table: {"Keys": keys[:100]}})
    assert _refused(dynamodb.batch_get_item, RequestItems={table: {"Keys": keys}})[0] == VALIDATION
    twice = {table: {"Keys": _keys("1", "1")}}
    assert _refused(dynamodb.batch_get_item, RequestItems=twice)[0] == VALIDATION


@pytest.mark.conformance(
    operation="dynamodb:BatchGetItem",
    says="An answer has up to 16 MB; what is beyond that is in `UnprocessedKeys`, to be asked for again.",
)
def test_an_answer_has_16_mb(dynamodb: Any, table: str) -> None:
    """The rest comes with the next request."""
    names = [f"{number}" for number in range(45)]
    for name in names:
        dynamodb.put_item(TableName=table, Item={"id": {"S": name}, "value": {"S": "x" * 390_000}})
    wanted: dict[str, Any] = {table: {"Keys": _keys(*names)}}
    sizes: list[int] = []
    while wanted:
        answer = dynamodb.batch_get_item(RequestItems=wanted)
        sizes.append(len(answer["Responses"][table]))
        wanted = answer["UnprocessedKeys"]
    assert sizes == [43, 2]


@pytest.mark.conformance(
    operation="dynamodb:UpdateTimeToLive",
    says="A change takes up to an hour, within which another one is a ValidationException.",
)
def test_when_items_end_is_changed_once_an_hour(dynamodb: Any, table: str) -> None:
    """Nor is what is so already."""
    off = {"Enabled": False, "AttributeName": "expires"}
    given = {"TableName": table, "TimeToLiveSpecification": off}
    assert _refused(dynamodb.update_time_to_live, **given) == (VALIDATION, "TimeToLive is already disabled")
    dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification={**off, "Enabled": True})
    found = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    assert found == {"AttributeName": "expires", "TimeToLiveStatus": "ENABLED"}
    assert "multiple times within a fixed interval" in _refused(dynamodb.update_time_to_live, **given)[1]


@pytest.mark.conformance(
    operation="dynamodb:UpdateTimeToLive",
    error="ResourceNotFoundException",
    says="The table does not exist.",
)
def test_a_table_that_is_not_there(dynamodb: Any) -> None:
    """In AWS's words."""
    given = {"TableName": "none", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "a"}}
    assert _refused(dynamodb.update_time_to_live, **given)[0] == "ResourceNotFoundException"


@pytest.mark.conformance(
    operation="dynamodb:DeleteTable",
    says="A table with deletion protection is not deleted.",
    source="https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithTables.Basics.html",
)
def test_deletion_protection(dynamodb: Any, table: str) -> None:
    """Until it is taken off."""
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=True)
    assert _refused(dynamodb.delete_table, TableName=table)[0] == VALIDATION
    dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=table)
