"""The two kinds of fault that a start can meet."""


class LastingFaultError(RuntimeError):
    """Waiting does not heal this; the text says what, where and what to do."""


class NotReadyError(RuntimeError):
    """Waiting may heal this; the text says what is waited for."""
