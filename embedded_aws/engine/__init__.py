"""A Pulumi engine for this machine: the one on PATH, or one built where plugins cannot be downloaded."""

from embedded_aws.engine.environment import environment
from embedded_aws.engine.errors import EngineError

__all__ = ["EngineError", "environment"]
