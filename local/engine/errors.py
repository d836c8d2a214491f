"""What stops the engine, told in one line."""


class EngineError(Exception):
    """The engine cannot be had: what is missing, and what to do."""
