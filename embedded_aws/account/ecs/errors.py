"""Why a task cannot start."""


class StartError(Exception):
    """A task cannot start; the text is its stoppedReason."""
