"""What can go wrong with images."""

from __future__ import annotations


class ImageError(RuntimeError):
    """An image cannot be made or named as asked; the message says what, where, why and what to do."""


class DockerfileError(ImageError):
    """One line of a Dockerfile is wrong, or asks for what cannot be done here."""

    def __init__(self, path: str, line: int, error: str) -> None:
        super().__init__(f"{path}:{line}: {error}")


class ImageNotFoundError(ImageError):
    """The store holds no image under a reference; worded as a stopped ECS task words it."""

    def __init__(self, reference: str, reason: str = "not found") -> None:
        super().__init__(
            f"CannotPullContainerError: pull image manifest has been retried 1 time(s): "
            f"failed to resolve ref {reference}: {reason}"
        )
