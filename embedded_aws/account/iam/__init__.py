"""Whether IAM allows a request: identity policies, a permissions boundary, explicit denies and conditions.

Strict: an element, an operator or a condition key that is not modelled here is an error, never a yes.
Not modelled: policies of resources, of sessions and of organizations, and policy variables.
"""

from .errors import UnmodelledError
from .evaluation import Decision, decide

__all__ = ["Decision", "UnmodelledError", "decide"]
