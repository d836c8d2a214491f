"""Passwords that are generated once, and kept in the state."""

from collections.abc import Sequence

import pulumi
import pulumi_random as random

from ..model.secrets import named


def passwords(
    name: str, value_names: Sequence[str], *, length: int, opts: pulumi.ResourceOptions
) -> list[pulumi.Output[str]]:
    """Generate a password for each name, in their order.

    Args:
        name: what the resource of the first one is called.
        value_names: those of the passwords.
        length: characters of each. Letters and digits only: Airflow expands `$` and `~` in its environment.
        opts: of the resources.
    """
    return [
        random.RandomPassword(named(name, one), length=length, special=False, opts=opts).result
        for one in value_names
    ]
