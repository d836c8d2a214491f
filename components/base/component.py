"""What every component of the project shares."""

import pulumi


class Component(pulumi.ComponentResource):
    """A component whose type token follows from its class, and whose outputs are its annotations."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(f"airflow-ecs:index:{type(self).__name__}", name, {}, opts)

    def _child(self, opts: pulumi.ResourceOptions | None = None) -> pulumi.ResourceOptions:
        """Options of a resource that this component owns."""
        return pulumi.ResourceOptions.merge(pulumi.ResourceOptions(parent=self), opts)

    def _register(self) -> None:
        """Register every annotated output; the last statement of a component's constructor."""
        self.register_outputs({output: getattr(self, output) for output in type(self).__annotations__})
