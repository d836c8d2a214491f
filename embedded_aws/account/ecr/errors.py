# pyright: basic
# moto has no types.
"""What ECR refuses, in its own words: https://docs.aws.amazon.com/AmazonECR/latest/APIReference/."""

from __future__ import annotations

from moto.core.exceptions import ServiceException


class EcrError(ServiceException):
    """A refusal, by its code and text; moto looks codes up by a class's module, so it is our own."""


def tag_taken(tag: str, repository: str) -> EcrError:
    """Say that another image has the tag, and tags do not move here.

    https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html
    """
    return EcrError(
        "ImageTagAlreadyExistsException",
        f"The image tag '{tag}' already exists in the '{repository}' repository and cannot be overwritten "
        "because the repository is immutable.",
    )


def already_there(repository: str, registry_id: str, digest: str, tag: str) -> EcrError:
    """Say that this very image has this very tag already."""
    return EcrError(
        "ImageAlreadyExistsException",
        f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name "
        f"'{repository}' in registry with id '{registry_id}'",
    )


def layers_missing(repository: str, digests: list[str]) -> EcrError:
    """Say that a manifest names what was not uploaded."""
    return EcrError(
        "LayersNotFoundException",
        f"Layers with digests '[{', '.join(digests)}]' required for pushing image into repository with name "
        f"'{repository}' in the registry do not exist",
    )


def denied(caller: str, action: str, resource: str) -> EcrError:
    """Say that another account's repository does not let somebody in."""
    return EcrError(
        "AccessDeniedException",
        f"User: {caller} is not authorized to perform: {action} on resource: {resource} because no "
        f"resource-based policy allows the {action} action",
    )
