# pyright: basic
# moto has no types for its backends.
"""What calls of KMS, and of services that encrypt with its keys, need: the keys included.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html,
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssystemsmanager.html
"""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import dynamodb_backends
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends
from moto.sqs.models import sqs_backends
from moto.ssm.models import ssm_backends

from embedded_aws.account.authorization.needs import Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from embedded_aws.account.authorization.calls import Call
    from embedded_aws.account.authorization.needs import Place
    from embedded_aws.account.iam.conditions import Value

_KEY_ID_LENGTH = 36
"""moto's ciphertext begins with the id of its key."""
_NO_SECRET = {"GetRandomPassword", "ListSecrets"}
_WRITE_SECRET = {"CreateSecret", "PutSecretValue", "UpdateSecret"}
_PARAMETERS = ("Name", "Names", "Path")
_OF_MESSAGES = {
    "ReceiveMessage": ["kms:Decrypt"],
    "SendMessage": ["kms:GenerateDataKey", "kms:Decrypt"],
    "SendMessageBatch": ["kms:GenerateDataKey", "kms:Decrypt"],
}
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html"""
_ITEMS = ("Item", "Items", "Query", "Scan")
"""What an operation on a table's items ends with."""


def of_kms(call: Call, place: Place) -> list[Need]:
    """List what a call of KMS needs."""
    given = call.string("KeyId", "TargetKeyId") or _key_of_ciphertext(call.string("CiphertextBlob"))
    encryption_context: Any = call.parameters.get("EncryptionContext") or {}
    context = {f"kms:EncryptionContext:{name}": str(value) for name, value in encryption_context.items()}
    if call.operation == "ReEncrypt":
        source = _key_arn(_key_of_ciphertext(call.string("CiphertextBlob")), place)
        target = _key_arn(call.string("DestinationKeyId"), place)
        return [Need("kms:ReEncryptFrom", source or "*"), Need("kms:ReEncryptTo", target or "*")]
    return [Need(f"kms:{call.operation}", _key_arn(given, place) or "*", context)]


def of_secrets(call: Call, place: Place) -> list[Need]:
    """List what a call of Secrets Manager needs; a missing secret is evaluated by the name given."""
    if call.operation in _NO_SECRET:
        return [Need(f"secretsmanager:{call.operation}")]
    if call.operation == "BatchGetSecretValue":
        each = [of_secret("GetSecretValue", name, place) for name in call.strings("SecretIdList")]
        return [Need("secretsmanager:BatchGetSecretValue"), *(need for needs in each for need in needs)]
    given = call.string("SecretId", "Name")
    return of_secret(call.operation, given, place, call.string("KmsKeyId"))


def of_secret(operation: str, given: str, place: Place, new_key: str = "") -> list[Need]:
    """List what an operation on one secret needs."""
    secret: Any = secretsmanager_backends[place.account_id][place.region].secrets.get(given)
    arn = given if _is_arn(given) else place.arn("secretsmanager", f"secret:{given}")
    context: dict[str, Value] = {"secretsmanager:SecretId": given}
    if secret is not None:
        arn = secret.arn
        context |= {
            f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in getattr(secret, "tags", None) or []
        }
    found = [Need(f"secretsmanager:{operation}", arn, context, has_all_tags=True)]
    key = new_key or getattr(secret, "kms_key_id", None) or ""
    named = {"SecretARN": arn}
    if operation == "GetSecretValue" and secret is not None:
        found += of_key("secretsmanager", ["kms:Decrypt"], key, place, named)
    if operation in _WRITE_SECRET:
        found += of_key("secretsmanager", ["kms:GenerateDataKey", "kms:Decrypt"], key, place, named)
    return found


def of_parameters(call: Call, place: Place) -> list[Need]:
    """List what a call of SSM needs: on parameters; of others the resource is not known."""
    names = [name for kind in _PARAMETERS for name in call.strings(kind)]
    if "Parameter" not in call.operation or call.operation == "DescribeParameters" or not names:
        return [Need(f"ssm:{call.operation}")]
    found = []
    for name in names:
        arn = parameter_arn(name, place)
        found.append(Need(f"ssm:{call.operation}", arn))
        stored: Any = ssm_backends[place.account_id][place.region].get_parameters([name]).get(name)
        if (
            stored is not None
            and stored.parameter_type == "SecureString"
            and call.parameters.get("WithDecryption")
        ):
            found += of_key("ssm", ["kms:Decrypt"], stored.keyid or "", place, {"PARAMETER_ARN": arn})
    return found


def of_queue_key(call: Call, queue_arn: str, place: Place) -> list[Need]:
    """List what SQS asks of a queue's customer managed key in the caller's name."""
    queue: Any = sqs_backends[place.account_id][place.region].queues.get(queue_arn.rpartition(":")[2])
    key = getattr(queue, "kms_master_key_id", None) or ""
    return of_key("sqs", _OF_MESSAGES.get(call.operation, []), key, place, {"aws:sqs:arn": queue_arn})


def of_table_key(call: Call, table_arn: str, place: Place) -> list[Need]:
    """List what DynamoDB asks of a table's customer managed key: it decrypts the table's own key.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
    """
    name = table_arn.partition(":table/")[2].partition("/")[0]
    table: Any = dynamodb_backends[place.account_id][place.region].tables.get(name)
    key = (getattr(table, "sse_specification", None) or {}).get("KMSMasterKeyId", "")
    if not call.operation.endswith(_ITEMS) or _is_aws_managed(key, "alias/aws/dynamodb", place):
        return []
    context = {"aws:dynamodb:tableName": name, "aws:dynamodb:subscriberId": place.account_id}
    return of_key("dynamodb", ["kms:Decrypt"], key, place, context)


def _is_aws_managed(key: str, alias: str, place: Place) -> bool:
    """Whether a key is the one of an alias of AWS's own."""
    own = kms_backends[place.account_id][place.region].get_key_id_from_alias(alias)
    return own is not None and key.endswith(own)


def parameter_arn(given: str, place: Place) -> str:
    """Return a parameter's ARN, of its name or ARN, without the version or label."""
    name = given.partition(":parameter/")[2] if _is_arn(given) else given.partition(":")[0]
    return place.arn("ssm", f"parameter/{name.lstrip('/')}")


def of_key(
    service: str, actions: Iterable[str], key: str, place: Place, encryption_context: Mapping[str, str]
) -> list[Need]:
    """List what a service asks of a customer managed key in the caller's name; AWS's own keys ask nothing.

    The encryption context names the ciphertext: https://docs.aws.amazon.com/kms/latest/developerguide/encrypt_context.html
    """
    arn = None if "alias/aws/" in key else _key_arn(key, place)
    if arn is None:
        return []
    context: dict[str, Value] = {"kms:ViaService": f"{service}.{place.region}.amazonaws.com"}
    context |= {f"kms:EncryptionContext:{name}": value for name, value in encryption_context.items()}
    return [Need(action, arn, context) for action in actions]


def _key_arn(given: str, place: Place) -> str | None:
    """Return the ARN of a key of an id, alias or ARN; None: nobody names one."""
    if not given:
        return None
    if ":key/" in given:
        return given
    keys = kms_backends[place.account_id][place.region]
    alias = f"alias/{given.partition('alias/')[2]}" if "alias/" in given else ""
    key_id = keys.get_key_id_from_alias(alias) if alias else given
    return place.arn("kms", f"key/{key_id}") if key_id else None


def _key_of_ciphertext(blob: str) -> str:
    try:
        return base64.b64decode(blob)[:_KEY_ID_LENGTH].decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _is_arn(given: str) -> bool:
    return given.startswith("arn:") and given.count(":") >= 6  # noqa: PLR2004 - parts of an ARN
