"""Whether IAM allows a request: policies of identities and resources, boundaries, denies, conditions.

Strict: an element, an operator or a condition key that is not modelled here is an error, never a yes.
Not modelled: policies of other accounts' resources, of sessions and of organizations, and policy variables.
"""

from .errors import UnmodelledError
from .evaluation import Decision, about_caller, condition_keys, decide
from .resource_policies import Caller, ResourcePolicy, Service

__all__ = [
    "Caller",
    "Decision",
    "ResourcePolicy",
    "Service",
    "UnmodelledError",
    "about_caller",
    "condition_keys",
    "decide",
]
