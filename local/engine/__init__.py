"""A Pulumi engine for this machine: the one on PATH, or one built where plugins cannot be downloaded."""

from local.engine.environment import environment
from local.engine.errors import EngineError

__all__ = ["EngineError", "environment"]
