"""What AWS names the resources that metrics are of."""

from collections.abc import Mapping

import pulumi

from ..model.alarm import NameOf


def name_of(value: str | NameOf, names: Mapping[str, pulumi.Input[str]]) -> pulumi.Input[str]:
    """Give a dimension's value, or a namespace: as it stands, or a resource's name once it is known.

    Raises:
        KeyError: the cluster does not have that resource.
    """
    if isinstance(value, str):
        return value
    name = names[value.resource]
    return pulumi.Output.concat(name, value.suffix) if value.suffix else name
