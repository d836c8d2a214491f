"""Two resources, one after the other, that take as long as the stack says; the first says when it begins."""

import time
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, ResourceProvider


class _Wait(ResourceProvider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        if props["begun"]:
            Path(props["begun"]).touch()
        time.sleep(float(props["seconds"]))
        return CreateResult("waited", props)


class Wait(Resource):
    """Takes its time to be made."""

    def __init__(
        self, name: str, seconds: float, begun: str, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(_Wait(), name, {"seconds": seconds, "begun": begun}, opts)


seconds = pulumi.Config().require_float("seconds")
first = Wait("first", seconds, pulumi.Config().get("begun") or "")
Wait("second", seconds, "", pulumi.ResourceOptions(depends_on=[first]))
pulumi.export("seconds", seconds)
pulumi.export("password", pulumi.Output.secret("planted-password"))
