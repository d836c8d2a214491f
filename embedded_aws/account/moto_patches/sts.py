# pyright: basic
# moto has no types for its backends.
"""Who somebody is that calls with a task's key, and of which roles sessions are.

A task's key is a session of the task's role, named after the task.
https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.sts.models import STSBackend

from embedded_aws.account.authorization.roles import role_of
from embedded_aws.account.keys import role_arns

if TYPE_CHECKING:
    from embedded_aws.account.keys import Keys

_get_caller_identity = STSBackend.get_caller_identity
_assume_role = STSBackend.assume_role


def install(keys: Keys) -> None:
    """Let moto know the account's own keys of roles."""

    def get_caller_identity(self: STSBackend, access_key_id: str, region: str) -> tuple[str, str, str]:
        key = keys.find(access_key_id)
        if key is None or not key.role_arn:
            return _get_caller_identity(self, access_key_id, region)
        caller = role_of(key.role_arn, key.session).caller
        roles = iam_backends[caller.account_id][self.partition].roles.values()
        role_id = next((role.id for role in roles if role.arn == key.role_arn), "")
        return f"{role_id}:{key.session}", caller.session_arn, caller.account_id

    def assume_role(self: STSBackend, *args: Any, **kwargs: Any) -> Any:
        session: Any = _assume_role(self, *args, **kwargs)
        session.of_existing_role = session.role_arn in role_arns()
        return session

    STSBackend.get_caller_identity = get_caller_identity
    STSBackend.assume_role = assume_role
