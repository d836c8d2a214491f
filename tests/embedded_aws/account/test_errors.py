# pyright: basic
# boto3's answers have no types.
"""Errors of AWS's API reference, one call each: what does not exist, exists, is in use or is malformed.

What it does not prove: the messages, which the reference does not give, and errors that docs/conformance.md
lists as not modelled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.embedded_aws.conformance import errors, services

from . import missing, refusals
from .conftest import client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .conftest import Stage


def refused(stage: Stage, operation: str, **given: Any) -> str:
    """Call an operation such as `ecs:RunTask`; return the code with which it is refused."""
    service, _, name = operation.partition(":")
    call = getattr(client(stage.environment, services.SERVICES[service].client), xform_name(name))
    with pytest.raises(ClientError) as error:
        call(**given)
    return error.value.response["Error"]["Code"]


def held(operation: str, sentence: str, error: str) -> pytest.MarkDecorator:
    """Mark a case; an error of the whole service is none of the operation's page."""
    service, _, name = operation.partition(":")
    listed = services.errors(service, name)
    shown = error if error in listed or service in services.WITHOUT_ERRORS else ""
    source = services.WITHOUT_ERRORS.get(service, services.reference(operation))
    return pytest.mark.conformance(operation=operation, says=sentence, source=source, error=shown)


def _missing() -> Iterator[Any]:
    for one in missing.ALL:
        for name, given in one.calls.items():
            operation = f"{one.service}:{name}"
            mark = held(operation, one.sentence, one.error)
            yield pytest.param(operation, one.error, given, id=f"{operation} {one.error}", marks=mark)


@pytest.mark.parametrize(("operation", "error", "given"), list(_missing()))
def test_what_does_not_exist_is_an_error(
    stage: Stage, operation: str, error: str, given: dict[str, Any]
) -> None:
    """Not an empty answer, and not a success."""
    assert refused(stage, operation, **given) == error


@pytest.fixture(scope="module")
def made(stage: Stage) -> Iterator[refusals.Made]:
    """What the refused calls are about; what runs is ended."""
    found = refusals.Made(stage)
    yield found
    if "busy_cluster" in vars(found):
        for task in found.ecs.list_tasks(cluster=found.busy_cluster)["taskArns"]:
            found.ecs.stop_task(cluster=found.busy_cluster, task=task)
    if "database" in vars(found):
        found.rds.modify_db_instance(DBInstanceIdentifier=found.database, DeletionProtection=False)
        found.rds.delete_db_instance(DBInstanceIdentifier=found.database, SkipFinalSnapshot=True)
    for spare in ("spare_database", "managed_database"):
        if name := vars(found).get(spare):
            found.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def _refusals() -> Iterator[Any]:
    for one in refusals.ALL:
        name = " ".join(word for word in (one.operation, one.error, one.also) if word)
        yield pytest.param(one, id=name, marks=held(one.operation, one.sentence, one.error))


@pytest.mark.parametrize("refusal", list(_refusals()))
def test_what_cannot_be_done_is_an_error(made: refusals.Made, refusal: refusals.Refusal) -> None:
    """Because of what there is, or because of a value that AWS does not take."""
    assert refused(made.stage, refusal.operation, **refusal.given(made)) == refusal.error


@pytest.mark.parametrize("operation", errors.without())
def test_an_operation_that_is_missing_is_an_error(stage: Stage, operation: str) -> None:
    """So docs/conformance.md says: whoever adds one takes it off that list."""
    service, _, name = operation.partition(":")
    assert name in services.operations(service)
    place = {"endpoint_url": stage.environment["AWS_ENDPOINT_URL"], "region_name": "us-east-1"}
    call = boto3.client(
        services.SERVICES[service].client,  # type: ignore[call-overload]
        aws_access_key_id=stage.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=stage.environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        **place,
    )
    with pytest.raises(ClientError) as error:
        getattr(call, xform_name(name))()
    assert error.value.response["Error"]["Code"] == "UnsupportedOperation"
