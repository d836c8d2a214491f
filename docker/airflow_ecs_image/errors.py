"""The two kinds of error that a start can meet."""


class PermanentError(RuntimeError):
    """Waiting does not heal this; the text says what, where and what to do."""


class NotReadyError(RuntimeError):
    """Waiting may heal this; the text says what is waited for."""
